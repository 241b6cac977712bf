//! `/grantd/v1/log-streams/{id}/signing-secret`: what receivers check deliveries with (Standard Webhooks).
//!
//! Auth0 signs no deliveries. Whoever has the secret can make deliveries up, so it takes more than to read streams.

use grantd_model::{LogStream, Timestamp, Versioned};
use grantd_store::Change;
use serde::Serialize;

use super::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Request, log_streams};

const SCOPES: &[&str] = &["read:log_streams", "update:log_streams"];

/// The secret of a stream.
#[derive(Serialize)]
pub struct SigningSecretView {
    signing_secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    former_signs_until: Option<String>,
}

impl SigningSecretView {
    fn of(stream: &LogStream, now: Timestamp) -> Self {
        let former = stream.signing.former.as_ref().map(|(_, until)| until).filter(|until| now < **until);
        Self {
            signing_secret: stream.signing.current.expose_str().to_owned(),
            former_signs_until: former.map(ToString::to_string),
        }
    }
}

/// Shows the secret.
pub async fn get_log_stream_secret(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<SigningSecretView, Error> {
    caller.require_all(SCOPES)?;
    query::check_none(&request.query)?;
    let stream = log_streams::load(context, request.parameter("id")).await?;
    Ok(SigningSecretView::of(&stream.record, context.clock.now()))
}

/// Makes another secret and shows it. For a day both sign.
pub async fn rotate_log_stream_secret(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<SigningSecretView, Error> {
    caller.require_all(SCOPES)?;
    query::check_none(&request.query)?;
    while_stale(|| attempt(context, request.parameter("id"))).await
}

async fn attempt(context: &Context, id: &str) -> Result<SigningSecretView, Error> {
    let former = log_streams::load(context, id).await?;
    let now = context.clock.now();
    let signing = former.record.signing.rotated(log_streams::signing_secret(&*context.entropy), now);
    let stream = LogStream { signing, ..former.record };
    let update = Versioned { record: stream.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateLogStream(update)]).await?;
    Ok(SigningSecretView::of(&stream, now))
}
