//! The events of the token endpoint: `seccft` and `feccft` (Auth0: Log event type codes).

use std::borrow::Cow;

use grantd_decision::Authorization;
use grantd_model::patch::Members;
use grantd_model::{LogDetails, LogEvent, LogEventKind};
use grantd_token::IssuedToken;
use serde_json::Value;

use super::{Origin, clip};
use crate::State;

/// What a request asked for, as far as it could be read.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    /// The client that was named.
    pub(crate) client_id: Option<String>,
    /// The API.
    pub(crate) audience: Option<String>,
    /// The scopes.
    pub(crate) scope: Option<String>,
    /// The organization.
    pub(crate) organization: Option<String>,
}

/// Why there was no token: what the caller was told, and the true reason.
pub(crate) struct Refused<'r> {
    /// `error` of the answer.
    pub(crate) error: &'r str,
    /// `error_description` of the answer.
    pub(crate) description: &'r str,
    /// What only the log learns.
    pub(crate) reason: String,
    /// The rule that denied.
    pub(crate) rule: Option<&'r str>,
    /// The client showed a key, and it did not prove the client.
    pub(crate) by_key: bool,
}

/// A client got a token for itself.
pub(crate) fn issued(
    state: &State,
    origin: &Origin<'_>,
    authorization: &Authorization<'_>,
    token: &IssuedToken,
) {
    if !state.recorder.records() {
        return;
    }
    let event = of_exchange(state, origin, LogEventKind::TokenIssued, "Client Credentials for Access Token");
    let organization = authorization.organization;
    state.recorder.record(&LogEvent {
        client_id: Some(authorization.client.client_id.as_str().into()),
        client_name: Some(authorization.client.name.as_str().into()),
        organization_id: organization.map(|organization| organization.id.as_str().into()),
        organization_name: organization.map(|organization| organization.name.as_str().into()),
        audience: Some(authorization.api.identifier.as_str().into()),
        scope: token.scope.as_deref().map(Cow::Borrowed),
        details: Some(LogDetails::Token { access_token_jti: &token.jti }),
        ..event
    });
}

/// A client, or a stranger, got none. The sentence is Auth0's; the true reason is in the details.
pub(crate) fn refused(state: &State, origin: &Origin<'_>, asked: &Asked, refused: &Refused<'_>) {
    if !state.recorder.records() {
        return;
    }
    let description = if refused.by_key { "Failed client authentication" } else { refused.description };
    let event = of_exchange(state, origin, LogEventKind::TokenDenied, clip(description));
    let known = state.follower.current().ok();
    let client = known.as_ref().zip(asked.client_id.as_deref()).and_then(|(known, id)| known.client(id));
    state.recorder.record(&LogEvent {
        client_id: text(asked.client_id.as_deref()).filter(|id| !id.is_empty()),
        client_name: client.map(|client| client.name.as_str().into()),
        organization_id: text(asked.organization.as_deref()),
        audience: text(asked.audience.as_deref()),
        scope: text(asked.scope.as_deref()),
        details: Some(details(refused).into()),
        ..event
    });
}

/// What somebody asked for, as far as the log repeats it.
fn text(asked: Option<&str>) -> Option<Cow<'_, str>> {
    asked.map(clip).map(Cow::Borrowed)
}

/// What the log learns beyond the answer.
fn details(refused: &Refused<'_>) -> Value {
    let reason = clip(&refused.reason);
    let mut details = Members::new();
    details.insert("error".into(), refused.error.into());
    details.extend(refused.rule.map(|rule| ("rule".to_owned(), rule.into())));
    if refused.by_key {
        details.insert("client_authentication_error".into(), reason.into());
    }
    details.insert("reason".into(), reason.into());
    details.into()
}

fn of_exchange<'e>(
    state: &'e State,
    origin: &Origin<'e>,
    kind: LogEventKind,
    description: &'e str,
) -> LogEvent<'e> {
    LogEvent {
        hostname: Some(Cow::Borrowed(&state.context.tenant)),
        connection_id: Some(""),
        user_id: Some(""),
        user_name: Some(""),
        ..origin.event(state, kind, description)
    }
}
