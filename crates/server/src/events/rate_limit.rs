//! The events of rate limits: `api_limit` when one is hit, `api_limit_warning` when four fifths of one are used (Auth0: Log
//! event type codes). A limit is told of once a minute, however many requests come.

use grantd_model::{ClientId, LogEvent, LogEventKind, RateNotice};
use serde_json::json;

use super::Origin;
use crate::State;

/// A limit that a request came close to, or went beyond.
pub(crate) struct Approached<'r> {
    /// Which of the two.
    pub(crate) notice: RateNotice,
    /// Whose limit; none for that of all.
    pub(crate) client: Option<&'r ClientId>,
    /// What the bucket holds when it is full.
    pub(crate) limit: u32,
    /// The method of the request.
    pub(crate) method: &'r str,
    /// Its path.
    pub(crate) path: &'r str,
}

/// Records it.
pub(crate) fn noticed(state: &State, origin: &Origin<'_>, approached: &Approached<'_>) {
    let Approached { notice, client, limit, method, path } = *approached;
    let whose = if client.is_some() { "Client" } else { "Global" };
    let (kind, description) = match notice {
        RateNotice::Hit => (LogEventKind::RateLimitHit, format!("{whose} limit has been reached")),
        RateNotice::Warning => {
            (LogEventKind::RateLimitWarning, format!("80% of the {whose} limit has been reached"))
        }
    };
    tracing::warn!(client.id = client.map(ClientId::as_str), limit, path, "{description}");
    if !state.recorder.records() {
        return;
    }
    let known = state.follower.current().ok();
    let named = known.as_ref().zip(client).and_then(|(known, id)| known.client(id.as_str()));
    let details = json!({
        "limit": limit,
        "request": {"method": method.to_lowercase(), "path": path},
        "response": {},
    });
    state.recorder.record(&LogEvent {
        client_id: client.map(|client| client.as_str().into()),
        client_name: named.map(|client| client.name.as_str().into()),
        details: Some(details.into()),
        ..origin.event(state, kind, description)
    });
}
