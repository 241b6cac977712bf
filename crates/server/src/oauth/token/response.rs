//! The answer with a token (RFC 6749 §5.1).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use grantd_model::{QuotaStanding, quota_header};
use grantd_token::IssuedToken;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderName, HeaderValue};

use crate::oauth::quotas::Standings;

/// An issued token as the client gets it.
pub(super) struct TokenResponse {
    token: IssuedToken,
    quotas: Standings,
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
    pub(super) fn new(token: IssuedToken, quotas: Standings) -> Self {
        Self { token, quotas }
    }

    /// The members in Auth0's order; `scope` is there when there is one. A token and its type have nothing in them that JSON
    /// escapes, and looking for it in every letter would cost as much as writing the claims.
    fn body(&self) -> Vec<u8> {
        let IssuedToken { access_token, scope, expires_in, token_type, .. } = &self.token;
        let length = access_token.len() + scope.as_ref().map_or(0, String::len) + MEMBERS;
        let mut body = Vec::with_capacity(length);
        body.extend_from_slice(br#"{"access_token":""#);
        body.extend_from_slice(access_token.as_bytes());
        body.push(b'"');
        if let Some(scope) = scope.as_deref().and_then(|scope| serde_json::to_string(scope).ok()) {
            body.extend_from_slice(br#","scope":"#);
            body.extend_from_slice(scope.as_bytes());
        }
        body.extend_from_slice(br#","expires_in":"#);
        body.extend_from_slice(itoa::Buffer::new().format(*expires_in).as_bytes());
        body.extend_from_slice(br#","token_type":""#);
        body.extend_from_slice(token_type.as_bytes());
        body.extend_from_slice(br#""}"#);
        body
    }
}

/// Headers of an answer, with those of quotas and limits and what HTTP itself adds.
const NAMES: usize = 12;
/// Bytes of a body beyond the token and its scopes.
const MEMBERS: usize = 96;

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        let headers = response.headers_mut();
        headers.reserve(NAMES);
        headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
        headers.extend(quota_headers(&self.quotas));
        response
    }
}

/// No answer of this endpoint is ever cached.
pub(super) const HEADERS: [(HeaderName, &str); 3] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
