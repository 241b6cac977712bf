//! `POST /oauth/introspect` (RFC 7662): whether a token counts, for an API that wants more than its expiry.
//!
//! The face of an API learns of the tokens for it; everybody else, and of everything else, learns nothing. A token
//! counts if its client would get it today: the same decision as at the token endpoint, by the facts as they are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_decision::{AccessRequest, Authorization, Possession, decide};
use grantd_model::{CLIENT_CREDENTIALS, Client, ClientId, OrganizationId, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;
use grantd_token::{Binding, InspectedToken};
use http::{Extensions, HeaderMap};
use serde::Serialize;

use super::asking::Asking;
use super::errors::AccessTokenError;
use super::request::AccessTokenRequest;
use super::{UNCACHED, inspected, recheck};
use crate::State;
use crate::body::read;
use crate::oauth::token::BODY_LIMIT;

/// What is said of a token that counts (RFC 7662 §2.2).
#[derive(Serialize)]
struct Counting {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    client_id: ClientId,
    token_type: &'static str,
    exp: u64,
    iat: u64,
    sub: String,
    aud: String,
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Binding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrganizationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
}

/// What is said of every other: nothing (RFC 7662 §2.2).
#[derive(Serialize)]
struct Inactive {
    active: bool,
}

/// The introspection endpoint.
pub(crate) async fn introspect(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    match answer(&state, &headers, &extensions, body).await {
        Ok(Some(counting)) => (UNCACHED, Json(counting)).into_response(),
        Ok(None) => (UNCACHED, Json(Inactive { active: false })).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(
    state: &State,
    headers: &HeaderMap,
    extensions: &Extensions,
    body: Body,
) -> Result<Option<Counting>, AccessTokenError> {
    let body = read(body, BODY_LIMIT).await?;
    let request = AccessTokenRequest::parse(headers, &body)?;
    let asking = Asking::new(state, &request, headers, extensions)?;
    let snapshot = state.follower.current()?;
    let known = look(&asking, &snapshot).await;
    // What makes a token count may have happened on another node.
    let may_be_outdated = known.as_ref().map_or_else(AccessTokenError::may_be_outdated, Option::is_none);
    match recheck(state, &snapshot, may_be_outdated).await {
        Some(newer) => look(&asking, &newer).await,
        None => known,
    }
}

async fn look(asking: &Asking<'_>, snapshot: &Snapshot) -> Result<Option<Counting>, AccessTokenError> {
    let Asking { state, request, .. } = asking;
    let client = asking.client(snapshot).await?;
    let asker = client.client();
    if asker.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None) {
        return Err(AccessTokenError::Public(asker.client_id.clone()));
    }
    let Ok(token) = inspected(state, snapshot, &request.token) else { return Ok(None) };
    if !is_face_of(asker, &token.audience) || snapshot.is_revoked(&token.id, state.clock().now()) {
        return Ok(None);
    }
    Ok(granted_today(snapshot, &token).map(|granted| said(&token, &granted, &state.issuer.url)))
}

fn is_face_of(client: &Client, audience: &str) -> bool {
    client.resource_server_identifier.as_ref().is_some_and(|api| api.as_str() == audience)
}

/// What the client of the token would get now, for the same API and organization and with the same key.
fn granted_today<'s>(snapshot: &'s Snapshot, token: &'s InspectedToken) -> Option<Authorization<'s>> {
    let request = AccessRequest {
        client: snapshot.client(token.client_id.as_str())?,
        grant_type: CLIENT_CREDENTIALS,
        audience: Some(&token.audience),
        resource: None,
        scope: None,
        organization: token.organization.as_ref().map(OrganizationId::as_str),
        possession: possession(token.binding.as_ref()),
    };
    let granted = decide(&request, snapshot).into_authorization().ok()?;
    // A default organization that the token is not for makes it another token.
    let is_same = granted.organization.map(|organization| &organization.id) == token.organization.as_ref();
    is_same.then_some(granted)
}

/// Who holds the token has shown this key when it was issued, and the API checks it again.
fn possession(binding: Option<&Binding>) -> Possession<'_> {
    match binding {
        Some(Binding::DpopKey(key)) => Possession { dpop_key: Some(key), certificate: None },
        Some(Binding::Certificate(key)) => Possession { dpop_key: None, certificate: Some(key) },
        None => Possession::default(),
    }
}

/// What the token says, without the scopes that are no longer granted.
fn said(token: &InspectedToken, granted: &Authorization<'_>, issuer: &str) -> Counting {
    let is_held = |scope: &str| granted.scope.iter().any(|held| held.as_str() == scope);
    let scope = token.scope.as_ref().map(|scope| {
        let held: Vec<&str> = scope.split(' ').filter(|scope| is_held(scope)).collect();
        held.join(" ")
    });
    let is_dpop = matches!(token.binding, Some(Binding::DpopKey(_)));
    Counting {
        active: true,
        scope: scope.filter(|scope| !scope.is_empty()),
        client_id: token.client_id.clone(),
        token_type: if is_dpop { "DPoP" } else { "Bearer" },
        exp: token.expires_at.seconds(),
        iat: token.issued_at.seconds(),
        sub: token.subject.clone(),
        aud: token.audience.clone(),
        iss: issuer.to_owned(),
        jti: token.jti.clone(),
        cnf: token.binding.clone(),
        org_id: token.organization.clone(),
        org_name: token.organization_name.clone(),
        permissions: token.permissions.as_ref().map(|permissions| {
            permissions.iter().filter(|permission| is_held(permission)).cloned().collect()
        }),
    }
}
