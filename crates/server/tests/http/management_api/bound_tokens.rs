//! Tokens that are bound to a key: the Management API takes them from who possesses the key, and from nobody else
//! (RFC 9449 §7.1, RFC 8705 §3). Attack case 22, the downgrade to Bearer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_decision::Confirmation;
use http::Request;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::{Answer, App, NOW};
use crate::token_endpoint::dpop::proof;
use crate::token_endpoint::keys::{Key, OTHER_P256, P256};

fn thumbprint(key: &Key) -> String {
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk(Algorithm::ES256)).unwrap();
    jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap()
}

fn bound_to(app: &App, key: &Key) -> String {
    app.bound_token(Some(Confirmation::DpopKey(&thumbprint(key))))
}

/// What a proof for `GET /api/v2/clients` with this token says.
fn members(token: &str, jti: &str) -> Value {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let ath = URL_SAFE_NO_PAD.encode(digest);
    json!({"jti": jti, "htm": "GET", "htu": "https://auth.test/api/v2/clients", "ath": ath, "iat": NOW.seconds()})
}

async fn get(app: &App, authorization: &str, proof: Option<&str>) -> Answer {
    let mut request = Request::get("/api/v2/clients?per_page=1").header("authorization", authorization);
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    app.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_bound_token_is_taken_with_a_proof_by_its_key_and_each_proof_once() {
    let app = App::start().await;
    let token = bound_to(&app, &P256);
    let authorization = format!("DPoP {token}");
    let first = proof(&P256, Algorithm::ES256, &members(&token, "one"));
    assert_eq!(get(&app, &authorization, Some(&first)).await.status, 200);
    let replayed = get(&app, &authorization, Some(&first)).await;
    assert_eq!(replayed.status, 401);
    assert_eq!(replayed.json()["message"], "Invalid DPoP proof");
    assert_eq!(replayed.headers["www-authenticate"], "DPoP error=\"invalid_dpop_proof\"");
    let second = proof(&P256, Algorithm::ES256, &members(&token, "two"));
    assert_eq!(get(&app, &authorization, Some(&second)).await.status, 200);
}

#[tokio::test]
async fn a_bound_token_is_refused_without_the_right_proof() {
    let app = App::start().await;
    let token = bound_to(&app, &P256);
    let with = |name: &str, value: Value| {
        let mut members = members(&token, "once");
        members[name] = value;
        proof(&P256, Algorithm::ES256, &members)
    };
    let other_token = URL_SAFE_NO_PAD.encode([0; 32]);
    let wrong = [
        None,
        Some(proof(&OTHER_P256, Algorithm::ES256, &members(&token, "of another key"))),
        Some(with("htm", json!("POST"))),
        Some(with("htu", json!("https://auth.test/api/v2/clients/x"))),
        Some(with("htu", json!("https://auth.test/oauth/token"))),
        Some(with("ath", json!(other_token))),
        Some(with("ath", Value::Null)),
        Some("nonsense".to_owned()),
    ];
    for proof in wrong {
        let answer = get(&app, &format!("DPoP {token}"), proof.as_deref()).await;
        assert_eq!(answer.status, 401, "{proof:?}");
    }
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token_and_a_bearer_token_is_not_bound() {
    let app = App::start().await;
    let token = bound_to(&app, &P256);
    let right = proof(&P256, Algorithm::ES256, &members(&token, "one"));
    assert_eq!(get(&app, &format!("Bearer {token}"), None).await.status, 401);
    assert_eq!(get(&app, &format!("Bearer {token}"), Some(&right)).await.status, 401);
    let unbound = app.token();
    let for_it = proof(&P256, Algorithm::ES256, &members(&unbound, "two"));
    assert_eq!(get(&app, &format!("DPoP {unbound}"), Some(&for_it)).await.status, 401);
    assert_eq!(get(&app, &format!("Bearer {unbound}"), Some(&for_it)).await.status, 200);
}

#[tokio::test]
async fn a_token_of_a_certificate_is_taken_over_its_connection_only() {
    let app = App::start().await;
    let (mine, other) = (P256.client_certificate("mine"), OTHER_P256.client_certificate("other"));
    let token = app.bound_token(Some(Confirmation::Certificate(&mine.certificate.thumbprint())));
    for (shown, status) in [(None, 401), (Some(other), 401), (Some(mine), 200)] {
        let mut request = Request::get("/api/v2/clients").header("authorization", format!("Bearer {token}"));
        if let Some(shown) = shown {
            request = request.extension(shown);
        }
        let answer = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status);
    }
}
