//! What verifiers and clients find out by themselves: the keys, and the metadata.

use std::ops::Not;
use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_decision::Facts;
use grantd_model::AssertionAlgorithm;
use grantd_snapshot::TooOld;
use grantd_token::AlgorithmNames;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::State;
use crate::client_certificate::ClientCertificates;

/// For how long the keys may be kept: short, so that a new key is known before it signs. `JWKS_MAX_AGE` of the model,
/// which rotation waits for.
const CACHED: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=15")];

/// The public keys (RFC 7517 §5).
pub(crate) async fn jwks(Shared(state): Shared<Arc<State>>) -> Response {
    let Ok(snapshot) = state.follower.current() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // A key that says RS256 verifies nothing else (RFC 7517 §4.4), so it says nothing where an API has another.
    let algorithms = if snapshot.tenant().settings.flag("remove_alg_from_jwks") {
        AlgorithmNames::Hidden
    } else if snapshot.signs_with_rs256_only() {
        AlgorithmNames::Shown
    } else {
        AlgorithmNames::HiddenOfRsa
    };
    let keys = state.signing.keys(&snapshot);
    (CACHED, Json(grantd_token::jwks(keys.signers().iter(), algorithms))).into_response()
}

/// The authorization server's metadata (RFC 8414 §2, RFC 8705 §5).
#[derive(Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    #[serde(flatten)]
    endpoints: Endpoints,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 7],
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 7],
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 7],
    dpop_signing_alg_values_supported: [&'static str; 7],
    #[serde(skip_serializing_if = "Not::not")]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<Endpoints>,
}

/// The endpoints that clients call, all of which take certificates (RFC 8705 §5).
#[expect(clippy::struct_field_names, reason = "as on the wire")]
#[derive(Serialize)]
struct Endpoints {
    token_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
}

impl Endpoints {
    fn at(base: &str) -> Self {
        Self {
            token_endpoint: format!("{base}oauth/token"),
            introspection_endpoint: format!("{base}oauth/introspect"),
            revocation_endpoint: format!("{base}oauth/revoke"),
        }
    }
}

/// The metadata is the same under both names (as Auth0). It says what works and nothing else.
pub(crate) async fn metadata(Shared(state): Shared<Arc<State>>) -> Response {
    let issuer = &*state.issuer.url;
    let Ok(mtls_endpoint_aliases) = aliases(&state) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let metadata = Metadata {
        issuer,
        endpoints: Endpoints::at(issuer),
        jwks_uri: format!("{issuer}.well-known/jwks.json"),
        response_types_supported: [],
        grant_types_supported: ["client_credentials"],
        subject_types_supported: ["public"],
        token_endpoint_auth_methods_supported: auth_methods(&state.certificates),
        token_endpoint_auth_signing_alg_values_supported: algorithms(),
        introspection_endpoint_auth_methods_supported: auth_methods(&state.certificates),
        introspection_endpoint_auth_signing_alg_values_supported: algorithms(),
        revocation_endpoint_auth_methods_supported: auth_methods(&state.certificates),
        revocation_endpoint_auth_signing_alg_values_supported: algorithms(),
        dpop_signing_alg_values_supported: algorithms(),
        tls_client_certificate_bound_access_tokens: state.certificates.can_arrive(),
        mtls_endpoint_aliases,
    };
    (CACHED, Json(metadata)).into_response()
}

/// What clients sign with: assertions (RFC 8414 §2) and `DPoP` proofs (RFC 9449 §5.1).
fn algorithms() -> [&'static str; 7] {
    AssertionAlgorithm::NAMES
}

/// How clients can authenticate, in Auth0's order.
fn auth_methods(certificates: &ClientCertificates) -> Vec<&'static str> {
    let mut methods = vec!["client_secret_basic", "client_secret_post", "private_key_jwt"];
    if certificates.can_be_verified() {
        methods.push("tls_client_auth");
    }
    if certificates.can_arrive() {
        methods.push("self_signed_tls_client_auth");
    }
    methods
}

/// The aliases, where the tenant wants them and a certificate can arrive. Only then is the snapshot needed.
fn aliases(state: &State) -> Result<Option<Endpoints>, TooOld> {
    let certificates = &state.certificates;
    if !certificates.can_arrive() || !state.follower.current()?.tenant().settings.enables_mtls_aliases() {
        return Ok(None);
    }
    Ok(Some(Endpoints::at(certificates.url().unwrap_or(&state.issuer.url))))
}
