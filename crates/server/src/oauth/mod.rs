//! The protocol endpoints.

pub(crate) mod signing;
pub(crate) mod token;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// The answer to a path that is not there.
pub(crate) async fn unknown_path() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// The answer to a path that is there for other methods; axum says which in `Allow`.
pub(crate) async fn wrong_method() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}
