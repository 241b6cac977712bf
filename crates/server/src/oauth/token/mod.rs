//! `POST /oauth/token`: the steps are the code.
//!
//! Parse, take one snapshot, authenticate, decide, issue, answer. The yes-path does no I/O. A refusal is checked
//! against the store once more before it is spoken: whatever led to it may have changed on another node, and what
//! that node has just been told works here at once.

mod client_credentials;
mod errors;
mod request;
mod response;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_model::{Causes, Revision};
use grantd_snapshot::Snapshot;
use grantd_token::{IssuedToken, issue};
use http::HeaderMap;
use tokio::time::timeout;

use self::errors::TokenError;
use self::request::TokenRequest;
use self::response::TokenResponse;
use crate::State;
use crate::body::{Unread, read};
use crate::oauth::client_authentication::authenticate;

/// The longest body: a request is a few hundred bytes, its scopes can make it longer.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a refusal waits for the store. A store that hangs must not hold up what it can say no more about.
const RECHECK: Duration = Duration::from_secs(2);

/// The token endpoint (RFC 6749 §3.2).
pub(crate) async fn token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Body) -> Response {
    match answer(&state, &headers, body).await {
        Ok(token) => TokenResponse::from(token).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(state: &State, headers: &HeaderMap, body: Body) -> Result<IssuedToken, TokenError> {
    let body = read(body, BODY_LIMIT).await.map_err(|unread| match unread {
        Unread::TooLong => TokenError::BodyTooLong,
        Unread::TooSlow => TokenError::BodyTooSlow,
        Unread::Broken => TokenError::invalid_request("the request body broke off"),
    })?;
    let request = TokenRequest::parse(headers, &body)?;
    let snapshot = state.follower.current()?;
    match exchange(state, &snapshot, &request) {
        Err(refusal) if refusal.may_be_outdated() => match newer_than(state, snapshot.revision()).await {
            Some(newer) => exchange(state, &newer, &request),
            None => Err(refusal),
        },
        outcome => outcome,
    }
}

fn exchange(
    state: &State,
    snapshot: &Snapshot,
    request: &TokenRequest<'_>,
) -> Result<IssuedToken, TokenError> {
    let client = authenticate(snapshot, &request.credentials)?;
    let decision = client_credentials::decide(snapshot, &client, request);
    let authorization =
        decision.into_authorization().map_err(|denial| TokenError::denied(&client, denial))?;
    let keys = state.signing.keys(snapshot);
    let signer = keys.current().ok_or(TokenError::NoSigningKey)?;
    Ok(issue(&authorization, &state.issuer.url, signer, state.clock().now(), state.entropy())?)
}

/// The snapshot after asking the store, if it is another than the one of this revision.
async fn newer_than(state: &State, revision: Revision) -> Option<Arc<Snapshot>> {
    match timeout(RECHECK, state.follower.catch_up()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %Causes(&*error), "a refusal could not be checked");
        }
        Err(_) => tracing::warn!("the store took too long to check a refusal"),
    }
    state.follower.current().ok().filter(|newest| newest.revision() != revision)
}
