//! Who calls: whoever sends a token that this server issued for the Management API, and possesses the key that the
//! token is bound to, if it is bound to one.

use std::sync::Arc;

use axum::extract::OriginalUri;
use grantd_decision::Facts;
use grantd_management::Caller;
use grantd_token::{Binding, VerifyError, verify};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::errors::Refusal;
use crate::State;
use crate::client_certificate::presented;
use crate::oauth::possession::{Proved, Target};
use crate::oauth::replays::Spent;

/// How a token is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// RFC 6750 §2.1.
    Bearer,
    /// RFC 9449 §7.1.
    Dpop,
}

/// The caller, or how the API refuses it (Auth0: hapi's texts).
pub(super) async fn authenticate(state: &State, request: &Parts) -> Result<Caller, Refusal> {
    let (scheme, token) = credentials(&request.headers)?;
    let snapshot = state.follower.current().map_err(Refusal::TooOld)?;
    let keys = state.signing.keys(&snapshot);
    let audience = &state.context.management_audience;
    // The identifier alone proves nothing: should the Management API move away, another API could take it.
    if !snapshot.resource_server(audience.as_str()).is_some_and(|api| api.is_system) {
        return Err(Refusal::InvalidToken);
    }
    let now = state.clock().now();
    let verified = || verify(token, keys.ring(), &state.issuer.url, audience.as_str(), now);
    let claims = state.known_tokens.claims(token, &keys, now, verified);
    let claims = claims.map_err(|error| match error {
        VerifyError::Malformed => Refusal::BadAuthorizationHeader,
        VerifyError::Expired => Refusal::ExpiredToken,
        VerifyError::Invalid => Refusal::InvalidToken,
    })?;
    if snapshot.is_revoked(&claims.id, now) {
        return Err(Refusal::InvalidToken);
    }
    match &claims.binding {
        None if scheme == Scheme::Bearer => {}
        Some(Binding::Certificate(thumbprint)) if scheme == Scheme::Bearer => {
            check_certificate(request, thumbprint)?;
        }
        Some(Binding::DpopKey(thumbprint)) if scheme == Scheme::Dpop => {
            check_proof(state, request, token, thumbprint).await?;
        }
        // A bound token is not a bearer's, and no proof makes up for a token that is bound to nothing.
        _ => return Err(Refusal::InvalidToken),
    }
    Ok(Caller { client_id: claims.client_id.clone(), scopes: Arc::clone(&claims.scope) })
}

/// RFC 8705 §3: the certificate of the connection is the one that the token is bound to.
fn check_certificate(request: &Parts, thumbprint: &str) -> Result<(), Refusal> {
    let shown = presented(&request.extensions, &request.headers).map_err(|_| Refusal::InvalidToken)?;
    match shown {
        Some(shown) if shown.certificate.thumbprint() == thumbprint => Ok(()),
        _ => Err(Refusal::InvalidToken),
    }
}

/// RFC 9449 §7.1: the proof is by the key that the token is bound to, for this request and this token, and new.
async fn check_proof(state: &State, request: &Parts, token: &str, key: &str) -> Result<(), Refusal> {
    let path = request.extensions.get::<OriginalUri>().map_or_else(|| request.uri.path(), |uri| uri.path());
    let url = format!("{}{}", state.issuer.url, path.trim_start_matches('/'));
    let target =
        Target { method: request.method.as_str(), url: &url, alias: None, access_token: Some(token) };
    let now = state.clock().now();
    let proved = Proved::by(&request.headers, None, target, now)
        .map_err(|fault| Refusal::InvalidProof(fault.to_string()))?;
    let once = proved.once().filter(|_| proved.possession().dpop_key == Some(key));
    let once =
        once.ok_or_else(|| Refusal::InvalidProof("it is by another key than the token's".to_owned()))?;
    state.replays.claim(&*state.context.store, once, now).await.map_err(unspent)
}

fn unspent(spent: Spent) -> Refusal {
    match spent {
        // The proof may be good: this server cannot tell now.
        Spent::Full | Spent::Unnoted(_) => Refusal::Unspent(spent),
        Spent::Replayed | Spent::BeforeStart => Refusal::InvalidProof(spent.to_string()),
    }
}

fn credentials(headers: &HeaderMap) -> Result<(Scheme, &str), Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::MissingAuthentication)?;
    if values.next().is_some() {
        return Err(Refusal::BadAuthorizationHeader);
    }
    let text = value.to_str().map_err(|_| Refusal::BadAuthorizationHeader)?;
    let mut words = text.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok((Scheme::Bearer, token))
        }
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("dpop") => Ok((Scheme::Dpop, token)),
        _ => Err(Refusal::BadAuthorizationHeader),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use grantd_store::StoreError;

    use super::*;

    #[test]
    fn a_proof_whose_use_cannot_be_remembered_is_not_called_invalid() {
        let status = |spent| unspent(spent).into_response().status().as_u16();
        assert_eq!([Spent::Full, Spent::Unnoted(StoreError::Stopped)].map(status), [503, 503]);
        assert_eq!([Spent::Replayed, Spent::BeforeStart].map(status), [401, 401]);
    }
}
