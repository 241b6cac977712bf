//! Who calls: the bearer of a token that this server issued for the Management API.

use grantd_decision::Facts;
use grantd_management::Caller;
use grantd_token::{VerifyError, verify};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::errors::Refusal;
use crate::State;

/// The caller, or how the API refuses it (Auth0: hapi's texts).
pub(super) fn authenticate(state: &State, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let token = bearer_token(headers)?;
    let snapshot = state.follower.current().map_err(Refusal::TooOld)?;
    let keys = state.signing.keys(&snapshot);
    let audience = &state.context.management_audience;
    // The identifier alone proves nothing: should the Management API move away, another API could take it.
    if !snapshot.resource_server(audience.as_str()).is_some_and(|api| api.is_system) {
        return Err(Refusal::InvalidToken);
    }
    let claims = verify(token, keys.ring(), &state.issuer.url, audience.as_str(), state.clock().now());
    match claims {
        Ok(claims) => Ok(Caller { client_id: claims.client_id, scopes: claims.scope }),
        Err(VerifyError::Malformed) => Err(Refusal::BadAuthorizationHeader),
        Err(VerifyError::Expired) => Err(Refusal::ExpiredToken),
        Err(VerifyError::Invalid) => Err(Refusal::InvalidToken),
    }
}

fn bearer_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::MissingAuthentication)?;
    if values.next().is_some() {
        return Err(Refusal::BadAuthorizationHeader);
    }
    let text = value.to_str().map_err(|_| Refusal::BadAuthorizationHeader)?;
    let mut words = text.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => Err(Refusal::BadAuthorizationHeader),
    }
}
