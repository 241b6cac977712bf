//! The form that every answer of the Management API has, good or bad.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// JSON, uncached; the type stands there even when there is no body (recorded).
pub(super) fn respond(status: StatusCode, body: Body) -> Response {
    let headers = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}
