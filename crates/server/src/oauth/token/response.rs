//! The answer with a token (RFC 6749 §5.1).

use axum::response::{IntoResponse, Response};
use grantd_model::{QuotaStanding, quota_header};
use grantd_token::IssuedToken;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::oauth::quotas::Standings;

/// The body, in Auth0's order. `scope` is there when there is one.
#[derive(Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    expires_in: u32,
    token_type: &'static str,
    #[serde(skip)]
    headers: HeaderMap,
}

/// The standing of the client's quotas (Auth0).
const CLIENT_QUOTA: HeaderName = HeaderName::from_static("auth0-client-quota-limit");
/// The standing of the organization's quotas (Auth0).
const ORGANIZATION_QUOTA: HeaderName = HeaderName::from_static("auth0-organization-quota-limit");

/// The headers that tell how quotas stand; none where there are none.
pub(super) fn quota_headers(quotas: &Standings) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let header = |name, standings: &[QuotaStanding]| {
        let value = (!standings.is_empty()).then(|| quota_header(standings))?;
        Some((name, HeaderValue::try_from(value).ok()?))
    };
    let client = header(CLIENT_QUOTA, &quotas.client);
    client.into_iter().chain(header(ORGANIZATION_QUOTA, &quotas.organization))
}

impl TokenResponse {
    /// The answer with this token.
    pub(super) fn new(token: IssuedToken, quotas: &Standings) -> Self {
        Self {
            headers: quota_headers(quotas).collect(),
            access_token: token.access_token,
            scope: token.scope,
            expires_in: token.expires_in,
            token_type: token.token_type,
        }
    }
}

impl IntoResponse for TokenResponse {
    fn into_response(mut self) -> Response {
        let quotas = std::mem::take(&mut self.headers);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (StatusCode::OK, HEADERS, body).into_response();
        response.headers_mut().extend(quotas);
        response
    }
}

/// No answer of this endpoint is ever cached.
pub(super) const HEADERS: [(HeaderName, &str); 3] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
