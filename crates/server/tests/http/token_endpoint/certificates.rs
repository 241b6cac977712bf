//! Clients that prove themselves by a certificate (RFC 8705), and tokens that are bound to one. Attack case 12, from
//! the certificate on; how certificates arrive is tested with real connections.

use std::sync::Arc;

use axum::body::Body;
use grantd_server::ClientCertificate;
use http::Request;
use serde_json::{Value, json};

use super::assertions::key_client;
use super::keys::{OTHER_P256, P256, RSA};
use super::logs::Log;
use super::scene::{Scene, Stage, claims};
use super::wire::{FORM, form, signed_form};
use crate::support::Answer;

const REFUSED: &str = "401 invalid_client: Client authentication failed";
const GRANTED: &str = "200 [read write]";

async fn ask(stage: &Stage, shown: Option<Arc<ClientCertificate>>, body: &str) -> Answer {
    let mut request = Request::post("/oauth/token").header("content-type", FORM);
    if let Some(shown) = shown {
        request = request.extension(shown);
    }
    let body = stage.filled(body).replace("{secret}", stage.secret_or_none());
    stage.app.send(request.body(Body::from(body)).unwrap()).await
}

/// The answer to a request with only the client's id, over a connection with this certificate.
async fn line(stage: &Stage, shown: Option<Arc<ClientCertificate>>) -> String {
    stage.in_a_line(&ask(stage, shown, &form("&client_id={client}")).await)
}

/// The usual scene, whose client proves itself by this credential and method.
async fn stage(method: &str, credential: Value) -> Stage {
    let mut stage = key_client().make().await;
    stage.create("credential", "/clients/{client}/credentials", &credential).await;
    let methods = json!({method: {"credentials": [{"id": "{credential}"}]}});
    let body = json!({"client_authentication_methods": methods, "token_endpoint_auth_method": null});
    stage.change("PATCH", "/clients/{client}", &body).await;
    stage
}

fn verified(shown: &ClientCertificate) -> Arc<ClientCertificate> {
    let certificate = grantd_token::Certificate::from_der(shown.certificate.der()).unwrap();
    Arc::new(ClientCertificate { certificate, verified: true })
}

#[tokio::test]
async fn a_certificate_that_the_client_has_signed_itself_is_recognised_by_its_thumbprint() {
    let pem = P256.certificate_pem("shop");
    let stage =
        stage("self_signed_tls_client_auth", json!({"credential_type": "x509_cert", "pem": pem})).await;
    let mine = P256.client_certificate("shop");
    assert_eq!(line(&stage, Some(Arc::clone(&mine))).await, GRANTED);
    assert_eq!(line(&stage, Some(verified(&mine))).await, GRANTED);
    // The same name under another key, the same key under another name, and none at all.
    assert_eq!(line(&stage, Some(OTHER_P256.client_certificate("shop"))).await, REFUSED);
    assert_eq!(line(&stage, Some(P256.client_certificate("another"))).await, REFUSED);
    let (log, _guard) = Log::as_json();
    assert_eq!(line(&stage, None).await, "401 access_denied: Unauthorized");
    assert!(log.text().contains("the request came with no certificate"));
}

#[tokio::test]
async fn a_verified_certificate_is_recognised_by_its_subject() {
    let subject = json!({"credential_type": "cert_subject_dn", "subject_dn": "CN=shop,O=Shop\\, Ltd,C=ES"});
    let stage = stage("tls_client_auth", subject).await;
    let mine = P256.client_certificate("shop");
    assert_eq!(line(&stage, Some(verified(&mine))).await, GRANTED);
    assert_eq!(line(&stage, Some(verified(&OTHER_P256.client_certificate("shop")))).await, GRANTED);
    let (log, _guard) = Log::as_json();
    assert_eq!(line(&stage, Some(mine)).await, REFUSED);
    assert!(log.text().contains("no authority verifies the certificate, for clients and in its dates"));
    for name in ["another", "Shop", "shop ", "shop, O=Shop"] {
        assert_eq!(line(&stage, Some(verified(&P256.client_certificate(name)))).await, REFUSED, "{name}");
    }
}

#[tokio::test]
async fn a_subject_is_taken_from_a_certificate_too() {
    let pem = P256.certificate_pem("shop");
    let stage = stage("tls_client_auth", json!({"credential_type": "cert_subject_dn", "pem": pem})).await;
    assert_eq!(line(&stage, Some(verified(&RSA.client_certificate("shop")))).await, GRANTED);
}

#[tokio::test]
async fn a_certificate_counts_in_its_dates_only() {
    let pem = P256.certificate_pem("shop");
    let stage =
        stage("self_signed_tls_client_auth", json!({"credential_type": "x509_cert", "pem": pem})).await;
    let mine = P256.client_certificate("shop");
    let a_year = 365 * 24 * 3600;
    stage.app.advance(a_year);
    stage.app.follower.catch_up().await.unwrap();
    let (log, _guard) = Log::as_json();
    assert_eq!(line(&stage, Some(mine)).await, REFUSED);
    assert!(log.text().contains("the certificate is not valid now"));
}

#[tokio::test]
async fn the_certificate_of_one_client_does_not_prove_another() {
    let pem = P256.certificate_pem("shop");
    let mut stage =
        stage("self_signed_tls_client_auth", json!({"credential_type": "x509_cert", "pem": pem})).await;
    stage.create("other", "/clients", &json!({"name": "other", "jwt_configuration": {"alg": "RS256"}})).await;
    let pem = OTHER_P256.certificate_pem("other");
    let credential = json!({"credential_type": "x509_cert", "pem": pem});
    stage.create("others", "/clients/{other}/credentials", &credential).await;
    let methods = json!({"self_signed_tls_client_auth": {"credentials": [{"id": "{others}"}]}});
    let change = json!({"client_authentication_methods": methods});
    stage.change("PATCH", "/clients/{other}", &change).await;
    let other = OTHER_P256.client_certificate("other");
    assert_eq!(line(&stage, Some(other)).await, REFUSED);
}

/// Whoever has a certificate does not need to prove itself by it: it binds the token all the same.
#[tokio::test]
async fn a_token_is_bound_to_the_certificate_of_its_connection() {
    for (required, shows, expected) in
        [(true, true, GRANTED), (false, true, GRANTED), (false, false, GRANTED)]
    {
        let mut scene = Scene::default();
        scene.api["proof_of_possession"] = json!({"mechanism": "mtls", "required": required});
        let stage = scene.make().await;
        let mine = P256.client_certificate("shop");
        let shown = shows.then(|| Arc::clone(&mine));
        let answer = ask(&stage, shown, &signed_form("")).await;
        assert_eq!(stage.in_a_line(&answer), expected);
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        let bound = json!({"x5t#S256": mine.certificate.thumbprint()});
        let cnf = claims(body["access_token"].as_str().unwrap()).get("cnf").cloned();
        assert_eq!(cnf, shows.then_some(bound));
    }
    let mut scene = Scene::default();
    scene.api["proof_of_possession"] = json!({"mechanism": "mtls", "required": true});
    let stage = scene.make().await;
    let answer = ask(&stage, None, &signed_form("")).await;
    assert_eq!(stage.in_a_line(&answer), "400 invalid_request: Proof of possession is required");
}

#[tokio::test]
async fn a_client_of_certificates_has_no_other_way_in() {
    let pem = P256.certificate_pem("shop");
    let stage =
        stage("self_signed_tls_client_auth", json!({"credential_type": "x509_cert", "pem": pem})).await;
    let mine = P256.client_certificate("shop");
    let with_secret = form("&client_id={client}&client_secret=guess");
    let answer = ask(&stage, Some(mine), &with_secret).await;
    assert_eq!(stage.in_a_line(&answer), "401 access_denied: Unauthorized");
}

#[tokio::test]
async fn a_client_of_secrets_is_not_proved_by_a_certificate() {
    let stage = Scene::default().make().await;
    let mine = P256.client_certificate("shop");
    assert_eq!(line(&stage, Some(mine)).await, REFUSED);
}
