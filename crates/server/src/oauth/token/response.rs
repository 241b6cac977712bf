//! The answer with a token (RFC 6749 §5.1).

use axum::response::{IntoResponse, Response};
use grantd_token::IssuedToken;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderName, StatusCode};
use serde::Serialize;

/// The body, in Auth0's order. `scope` is there when there is one.
#[derive(Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    expires_in: u32,
    token_type: &'static str,
}

impl From<IssuedToken> for TokenResponse {
    fn from(token: IssuedToken) -> Self {
        Self {
            access_token: token.access_token,
            scope: token.scope,
            expires_in: token.expires_in,
            token_type: token.token_type,
        }
    }
}

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        (StatusCode::OK, HEADERS, serde_json::to_vec(&self).unwrap_or_default()).into_response()
    }
}

/// No answer of this endpoint is ever cached.
pub(super) const HEADERS: [(HeaderName, &str); 3] =
    [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
