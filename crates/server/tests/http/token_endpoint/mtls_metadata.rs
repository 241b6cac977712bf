//! What the metadata says about certificates of clients: what can arrive here, and no more.

use std::sync::Arc;

use axum::body::Body;
use grantd_model::{Clock, Entropy};
use grantd_server::{ClientCertificates, State, router};
use grantd_token::Issuer;
use http::Request;
use http_body_util::BodyExt;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{App, CountedEntropy, ISSUER};

/// The metadata of the same server with certificates that arrive in these ways.
async fn metadata(app: &App, certificates: ClientCertificates) -> Value {
    let seam = Arc::clone(&app.store);
    let clock: Arc<dyn Clock> = Arc::clone(&app.clock) as Arc<dyn Clock>;
    let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
    let state = State::new(Issuer::new(ISSUER), seam, Arc::clone(&app.follower), clock, entropy)
        .with_client_certificates(Arc::new(certificates));
    let request = Request::get("/.well-known/openid-configuration").body(Body::empty()).unwrap();
    let answer = router(Arc::new(state)).oneshot(request).await.unwrap();
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn enable_aliases(app: &App, mtls: Value) {
    app.call("PATCH", "/tenants/settings", Some(json!({"mtls": mtls}))).await;
}

fn authority() -> CertificateDer<'static> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn asked() -> ClientCertificates {
    ClientCertificates::default().asked_for()
}

fn verified() -> ClientCertificates {
    ClientCertificates::default().verified_by(&[authority()]).unwrap()
}

fn proxied() -> ClientCertificates {
    ClientCertificates::default().behind(vec!["10.0.0.7".parse().unwrap()])
}

#[tokio::test]
async fn names_a_method_only_where_it_can_work() {
    let app = App::start().await;
    let cases = [
        (ClientCertificates::default(), vec![]),
        (asked(), vec!["self_signed_tls_client_auth"]),
        (verified(), vec!["tls_client_auth", "self_signed_tls_client_auth"]),
        (proxied(), vec!["tls_client_auth", "self_signed_tls_client_auth"]),
    ];
    for (certificates, expected) in cases {
        let metadata = metadata(&app, certificates).await;
        let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
        let methods: Vec<&str> = methods.iter().filter_map(Value::as_str).collect();
        let of_tls: Vec<&str> = methods.iter().copied().filter(|name| name.contains("tls_")).collect();
        assert_eq!(of_tls, expected);
        assert!(methods.starts_with(&["client_secret_basic", "client_secret_post"]));
        let bound = metadata.get("tls_client_certificate_bound_access_tokens");
        assert_eq!(bound, (!expected.is_empty()).then_some(&json!(true)));
    }
}

#[tokio::test]
async fn names_aliases_where_they_are_enabled_and_certificates_can_arrive() {
    let app = App::start().await;
    let aliases =
        async |certificates| metadata(&app, certificates).await.get("mtls_endpoint_aliases").cloned();
    assert_eq!(aliases(asked()).await, None, "not enabled");
    for mtls in [json!({"enable_endpoint_aliases": false}), Value::Null] {
        enable_aliases(&app, mtls).await;
        assert_eq!(aliases(asked()).await, None);
    }
    enable_aliases(&app, json!({"enable_endpoint_aliases": true})).await;
    assert_eq!(aliases(ClientCertificates::default()).await, None, "none can arrive");
    let cases = [
        (asked(), "https://auth.test"),
        (proxied(), "https://auth.test"),
        (verified().at("https://mtls.auth.test"), "https://mtls.auth.test"),
        (proxied().at("https://mtls.auth.test/a/"), "https://mtls.auth.test/a"),
    ];
    for (certificates, base) in cases {
        let metadata = metadata(&app, certificates).await;
        let aliases = json!({
            "token_endpoint": format!("{base}/oauth/token"),
            "introspection_endpoint": format!("{base}/oauth/introspect"),
            "revocation_endpoint": format!("{base}/oauth/revoke"),
        });
        assert_eq!(metadata["mtls_endpoint_aliases"], aliases);
        assert_eq!(metadata["token_endpoint"], "https://auth.test/oauth/token");
        assert_eq!(metadata["issuer"], ISSUER, "RFC 8705 §5: only the endpoints are others");
    }
}
