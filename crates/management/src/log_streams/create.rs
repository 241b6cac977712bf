//! Auth0: Create a log stream.

use grantd_model::{LogStream, LogStreamFault, LogStreamId};
use grantd_schema::Operation::CreateLogStream;
use grantd_store::Change;
use serde_json::Value;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// The contract's types that there are none of here.
const UNSUPPORTED: [&str; 7] =
    ["eventbridge", "eventgrid", "datadog", "splunk", "sumo", "segment", "mixpanel"];

/// Adds a stream, which begins to deliver at once.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(CreateLogStream)?;
    refuse_unsupported(&request.unchecked(CreateLogStream)?)?;
    let body = request.payload(CreateLogStream)?;
    let id = LogStreamId::generate(&*context.entropy);
    let secret = super::signing_secret(&*context.entropy);
    let stream = LogStream::from_request(id, body, secret, context.clock.now())??;
    super::check(context, &stream.settings.sink)?;
    context.store.commit(vec![Change::CreateLogStream(stream.clone())]).await?;
    view(&stream)
}

/// Whoever has streams of another type is told so, and not that some member of theirs is unknown.
fn refuse_unsupported(body: &Value) -> Result<(), LogStreamFault> {
    let kind = body.get("type").and_then(Value::as_str);
    match kind.filter(|kind| UNSUPPORTED.contains(kind)) {
        Some(kind) => Err(LogStreamFault::Unsupported(kind.to_owned())),
        None => Ok(()),
    }
}
