//! The events of the Management API: `sapi` for what changed something, `mgmt_api_read` for what showed secrets
//! (Auth0: Log event type codes).

use grantd_management::{Body, Caller, Request};
use grantd_model::{LogEvent, LogEventKind, masked_endpoint};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Origin, clip};
use crate::State;

/// The longest body that an event repeats; of longer ones it says that they were.
const BODY: usize = 16 * 1024;
/// What stands in for a secret (Auth0).
const MASK: &str = "*****";
/// Members whose names have one of these in them are secrets, or have some in them.
const SECRET: [&str; 7] =
    ["secret", "password", "authorization", "private", "customheaders", "addons", "certificate"];
/// A URL that has a key in its path or its query at times.
const ENDPOINT: &str = "httpendpoint";
/// What an answer has in it that shows secrets.
const SHOWN: [&[u8]; 4] = [
    b"\"client_secret\":\"",
    b"\"signing_secret\":\"",
    b"\"httpAuthorization\":\"",
    b"\"httpCustomHeaders\":[{",
];

/// What was done, by whom.
pub(crate) struct Done<'r> {
    /// Who called.
    pub(crate) caller: &'r Caller,
    /// One sentence about the operation.
    pub(crate) summary: &'r str,
    /// Whether it changed the configuration.
    pub(crate) changes: bool,
    /// The head of the request.
    pub(crate) parts: &'r Parts,
    /// The request.
    pub(crate) request: &'r Request,
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The body of the answer.
    pub(crate) answer: &'r [u8],
}

/// Records what was done, where it is worth it, and waits until that is durable: nobody is told of a change that the
/// log may still forget.
pub(crate) async fn done(state: &State, done: Done<'_>) {
    // HEAD is answered as GET is, without its body (RFC 9110 §9.3.2): it shows nothing.
    let is_shown = done.parts.method != Method::HEAD;
    let kind = if done.changes {
        LogEventKind::ManagementWrite
    } else if is_shown && SHOWN.iter().any(|shown| contains(done.answer, shown)) {
        LogEventKind::ManagementReadOfSecrets
    } else {
        return;
    };
    if !state.recorder.records() {
        return;
    }
    record(state, kind, &done);
    state.recorder.durable().await;
}

fn record(state: &State, kind: LogEventKind, done: &Done<'_>) {
    let origin = Origin::of(&done.parts.headers, &done.parts.extensions);
    let known = state.follower.current().ok();
    let client = known.as_ref().and_then(|known| known.client(done.caller.client_id.as_str()));
    let path = done.parts.extensions.get::<axum::extract::OriginalUri>();
    let path = path.map_or_else(|| done.parts.uri.path(), |uri| uri.path());
    let details = json!({
        "request": {
            "method": done.parts.method.as_str().to_ascii_lowercase(),
            "path": clip(path),
            "query": clip(&done.request.query),
            "body": match &done.request.body {
                Body::Json(bytes) => shown(bytes),
                Body::Form(bytes) => json!({ "form_bytes": bytes.len() }),
                Body::Empty | Body::Other(_) => json!({}),
            },
            "auth": { "strategy": "jwt" },
        },
        "response": { "statusCode": done.status.as_u16(), "body": answered(kind, done) },
    });
    state.recorder.record(&LogEvent {
        client_id: Some(done.caller.client_id.as_str().into()),
        client_name: client.map(|client| client.name.as_str().into()),
        details: Some(details.into()),
        ..origin.event(state, kind, done.summary.trim_end_matches('.'))
    });
}

/// Of a reading only that it was one: what it showed is what must not stand here.
fn answered(kind: LogEventKind, done: &Done<'_>) -> Value {
    match kind {
        LogEventKind::ManagementWrite => shown(done.answer),
        _ => json!({}),
    }
}

/// A body without its secrets.
fn shown(body: &[u8]) -> Value {
    if body.len() > BODY {
        return json!({ "omitted_bytes": body.len() });
    }
    let mut value = serde_json::from_slice(body).unwrap_or_else(|_| json!({}));
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.to_ascii_lowercase();
                if SECRET.iter().any(|secret| name.contains(secret)) && !member.is_boolean() {
                    *member = MASK.into();
                } else if let (ENDPOINT, Some(endpoint)) = (name.as_str(), member.as_str()) {
                    *member = masked_endpoint(endpoint).into();
                } else {
                    mask(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_at_any_depth_and_nothing_else_is() {
        let body = json!({
            "name": "a", "client_secret": "s", "scopes": [{"value": "read:x"}],
            "sink": {"httpEndpoint": "https://x?key=t", "httpAuthorization": "Bearer t",
                     "httpCustomHeaders": [{"header": "a", "value": "t"}]},
            "signing_secret": "t", "addons": {"a": {"key": "k"}},
        });
        let masked = shown(body.to_string().as_bytes());
        assert_eq!(
            masked,
            json!({
                "name": "a", "client_secret": MASK, "scopes": [{"value": "read:x"}],
                "sink": {"httpEndpoint": "https://x/*****", "httpAuthorization": MASK, "httpCustomHeaders": MASK},
                "signing_secret": MASK, "addons": MASK,
            })
        );
    }

    #[test]
    fn a_body_that_is_too_long_or_no_json_is_not_repeated() {
        assert_eq!(shown(&vec![b' '; BODY + 1]), json!({ "omitted_bytes": BODY + 1 }));
        assert_eq!(shown(b"client_secret=s"), json!({}));
    }
}
