//! `POST /oauth/token`: the steps are the code.
//!
//! Parse, take one snapshot, authenticate, decide, issue, answer. The yes-path does no I/O. A refusal because
//! something is not there is checked against the store once more before it is spoken, so that what another node
//! has just been told works here at once.

mod authenticate;
mod client_credentials;
mod errors;
mod request;
mod response;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_token::{IssuedToken, issue};
use http::HeaderMap;

use self::authenticate::authenticate;
use self::errors::TokenError;
use self::request::TokenRequest;
use self::response::TokenResponse;
use crate::State;
use crate::body::{Unread, read};

/// The longest body: a request is a few hundred bytes, its scopes can make it longer.
const BODY_LIMIT: usize = 64 * 1024;

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
    match exchange(state, &request) {
        Err(error) if error.is_absence() && has_followed(state).await => exchange(state, &request),
        outcome => outcome,
    }
}

fn exchange(state: &State, request: &TokenRequest<'_>) -> Result<IssuedToken, TokenError> {
    let snapshot = state.follower.current()?;
    let client = authenticate(&snapshot, request)?;
    let decision = client_credentials::decide(&*snapshot, &client, request);
    let authorization =
        decision.into_authorization().map_err(|denial| TokenError::denied(&client, denial))?;
    let keys = state.signing.keys(&snapshot);
    let signer = keys.current().ok_or(TokenError::NoSigningKey)?;
    Ok(issue(&authorization, &state.issuer.url, signer, state.clock().now(), state.entropy())?)
}

/// Whether asking the store has led to another revision.
async fn has_followed(state: &State) -> bool {
    let revision = || state.follower.current().ok().map(|snapshot| snapshot.revision());
    let before = revision();
    if let Err(error) = state.follower.catch_up().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a refusal could not be checked");
    }
    revision() != before
}
