//! `POST /oauth/revoke` (RFC 7009): a client gives back a token of its own before it expires.
//!
//! The token goes on the denylist, which introspection and the Management API ask. An API that checks signatures by
//! itself is not asked, and goes on taking the token.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_model::{Causes, ClientId, RevokedToken, Timestamp};
use grantd_snapshot::Snapshot;
use grantd_store::{Change, StoreError};
use grantd_token::{InspectError, InspectedToken};
use http::{Extensions, HeaderMap, StatusCode};

use super::asking::Asking;
use super::errors::AccessTokenError;
use super::request::AccessTokenRequest;
use super::{UNCACHED, inspected, recheck};
use crate::State;
use crate::body::read;
use crate::oauth::token::BODY_LIMIT;

/// Seconds that a token lives at most (Auth0: `token_lifetime`). Who has an API's own secret can make tokens that say
/// more; the entry goes all the same.
const LONGEST: u64 = 2_592_000;

/// The revocation endpoint. A token that does not count any longer, or never did, is no error (RFC 7009 §2.2).
pub(crate) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    match answer(&state, &headers, &extensions, body).await {
        Ok(()) => (StatusCode::OK, UNCACHED).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(
    state: &State,
    headers: &HeaderMap,
    extensions: &Extensions,
    body: Body,
) -> Result<(), AccessTokenError> {
    let body = read(body, BODY_LIMIT).await?;
    let request = AccessTokenRequest::parse(headers, &body)?;
    let asking = Asking::new(state, &request, headers, extensions)?;
    let snapshot = state.follower.current()?;
    let known = revocable(&asking, &snapshot).await;
    // The client, or the key that the token was signed with, may have come on another node.
    let may_be_outdated = known.as_ref().map_or_else(AccessTokenError::may_be_outdated, Option::is_none);
    let revocable = match recheck(state, &snapshot, may_be_outdated).await {
        Some(newer) => revocable(&asking, &newer).await?,
        None => known?,
    };
    match revocable {
        Some(token) => put_on_denylist(state, &token).await,
        None => Ok(()),
    }
}

/// The token, if it counts still and is the client's own.
async fn revocable(
    asking: &Asking<'_>,
    snapshot: &Snapshot,
) -> Result<Option<InspectedToken>, AccessTokenError> {
    let Asking { state, request, .. } = asking;
    let client = asking.client(snapshot).await?;
    let client: &ClientId = &client.client().client_id;
    match inspected(state, snapshot, &request.token) {
        Ok(token) if token.client_id != *client => Err(AccessTokenError::OtherClient(client.clone())),
        Ok(token) => Ok(Some(token).filter(|token| !snapshot.is_revoked(&token.id, state.clock().now()))),
        Err(InspectError::Encrypted) => Err(AccessTokenError::UnsupportedTokenType),
        Err(InspectError::NotOurs | InspectError::Expired) => Ok(None),
    }
}

async fn put_on_denylist(state: &State, token: &InspectedToken) -> Result<(), AccessTokenError> {
    let now = state.clock().now();
    let latest = Timestamp::from_seconds(now.seconds().saturating_add(LONGEST));
    let revoked = RevokedToken {
        token: token.id.clone(),
        client_id: token.client_id.clone(),
        expires_at: token.expires_at.min(latest),
    };
    let outcome = state.context.store.commit(vec![Change::RevokeToken { revoked, now }]).await;
    outcome.map_err(|error| match error {
        StoreError::TooManyOfClient(_) => AccessTokenError::ShareUsed(token.client_id.clone()),
        other => other.into(),
    })?;
    // In force here before the answer leaves. A snapshot that cannot follow now does so later.
    if let Err(error) = state.follower.catch_up().await {
        tracing::warn!(error = %Causes(&*error), "the snapshot does not follow");
    }
    tracing::debug!(client.id = %token.client_id, audience = %token.audience, "a token was revoked");
    Ok(())
}
