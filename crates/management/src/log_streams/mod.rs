//! Log streams: where entries of the log are delivered (Auth0: Log streams).
//!
//! Of the contract's types only `http` can be made; the others are refused by name and never half stored.

mod create;
mod delete;
mod get;
mod list;
mod update;
mod view;

pub use create::create;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use update::update;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use grantd_model::{Entropy, LogDestination, LogStream, LogStreamFault, LogStreamSink, Secret, Versioned};
use zeroize::Zeroizing;

use crate::{Context, Error, Inexistent};

/// Length of the key in a signing secret, in bytes (Standard Webhooks: 24 to 64).
const SIGNING_KEY: usize = 32;

/// The stream with this id.
pub(crate) async fn load(context: &Context, id: &str) -> Result<Versioned<LogStream>, Error> {
    let stream = context.store.get_log_stream(&id.into()).await?;
    stream.ok_or(Error::NotFound(Inexistent::LogStream))
}

/// A new secret to sign deliveries with.
pub(crate) fn signing_secret(entropy: &dyn Entropy) -> Secret {
    let mut key = Zeroizing::new([0_u8; SIGNING_KEY]);
    entropy.fill(&mut *key);
    Secret::from(format!("whsec_{}", BASE64_STANDARD.encode(key.as_slice())))
}

/// The model's rules, and whether this server would go there: found out now and not when there is something to deliver.
fn check(context: &Context, sink: &LogStreamSink) -> Result<(), Error> {
    match sink.check()? {
        LogDestination::Webhook(url) => Ok((context.may_ask)(url).map_err(LogStreamFault::Unreachable)?),
        LogDestination::File(_) if context.has_log_files => Ok(()),
        LogDestination::File(_) => Err(LogStreamFault::NoFiles.into()),
    }
}
