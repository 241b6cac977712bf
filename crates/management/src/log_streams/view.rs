//! A log stream as the wire shows it.

use grantd_model::{LogStream, masked_endpoint, patch};

use crate::{Error, Members};

/// What is kept from who may not read streams.
const SECRETS: [&str; 2] = ["httpAuthorization", "httpCustomHeaders"];

/// Identifier and settings, in the contract's order.
pub(super) fn view(stream: &LogStream) -> Result<Members, Error> {
    let mut members = Members::new();
    members.insert("id".into(), stream.id.as_str().into());
    members.extend(patch::to_members(&stream.settings)?);
    Ok(members)
}

/// The same without what authenticates deliveries, which may be a part of the URL.
pub(super) fn view_without_secrets(stream: &LogStream) -> Result<Members, Error> {
    let mut members = view(stream)?;
    if let Some(sink) = members.get_mut("sink").and_then(serde_json::Value::as_object_mut) {
        for name in SECRETS {
            sink.shift_remove(name);
        }
        if let Some(endpoint) = sink.get_mut("httpEndpoint") {
            *endpoint = masked_endpoint(endpoint.as_str().unwrap_or_default()).into();
        }
    }
    Ok(members)
}
