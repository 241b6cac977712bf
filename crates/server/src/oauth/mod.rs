//! The protocol endpoints.

pub(crate) mod access_tokens;
pub(crate) mod client_authentication;
pub(crate) mod possession;
pub(crate) mod quotas;
pub(crate) mod replays;
pub(crate) mod signing;
pub(crate) mod token;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderName, StatusCode};

/// Caches may keep a 404 and a 405 unless they are told not to (RFC 9110 §15.1).
const UNCACHED: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];

/// The answer to a path that is not there.
pub(crate) async fn unknown_path() -> Response {
    (StatusCode::NOT_FOUND, UNCACHED).into_response()
}

/// The answer to a path that is there for other methods; axum says which in `Allow`.
pub(crate) async fn wrong_method() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, UNCACHED).into_response()
}
