//! What verifiers and clients find out by themselves: the keys, and the metadata.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_decision::Facts;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::json;

use crate::State;

/// For how long the keys may be kept: short, so that a new key is known before it signs.
const CACHED: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=15")];

/// The public keys (RFC 7517 §5).
pub(crate) async fn jwks(Shared(state): Shared<Arc<State>>) -> Response {
    let Ok(snapshot) = state.follower.current() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // A key that says RS256 verifies nothing else (RFC 7517 §4.4), so it says nothing where an API has another.
    let removed = snapshot.tenant().settings.flag("remove_alg_from_jwks");
    let with_alg = snapshot.signs_with_rs256_only() && !removed;
    let keys = state.signing.keys(&snapshot);
    (CACHED, Json(grantd_token::jwks(keys.signers().iter(), with_alg))).into_response()
}

/// The authorization server's metadata (RFC 8414 §2), the same under both names (as Auth0). It says what works
/// and nothing else.
pub(crate) async fn metadata(Shared(state): Shared<Arc<State>>) -> Response {
    let issuer = &state.issuer.url;
    let metadata = json!({
        "issuer": &**issuer,
        "token_endpoint": format!("{issuer}oauth/token"),
        "jwks_uri": format!("{issuer}.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    (CACHED, Json(metadata)).into_response()
}
