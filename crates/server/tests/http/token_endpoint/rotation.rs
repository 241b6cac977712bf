//! Rotation as verifiers see it: whatever key set they hold, every token that they are given verifies.

use std::collections::VecDeque;

use axum::body::Body;
use http::Request;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::scene::{Scene, Stage, header};

/// Seconds that a verifier keeps a key set, as the answer says.
const MAX_AGE: u64 = 15;

const APIS: [(&str, Algorithm); 3] = [
    ("https://orders", Algorithm::RS256),
    ("https://es", Algorithm::ES256),
    ("https://ed", Algorithm::EdDSA),
];

/// The usual scene with an API for each kind of key, a while after they were made.
async fn stage() -> Stage {
    let mut scene = Scene::default();
    for (identifier, algorithm) in [("https://es", "ES256"), ("https://ed", "EdDSA")] {
        let body = json!({"identifier": identifier, "signing_alg": algorithm});
        scene.afterwards.push(("POST", "/resource-servers", body));
        let body = json!({"client_id": "{client}", "audience": identifier, "scope": []});
        scene.afterwards.push(("POST", "/client-grants", body));
    }
    let stage = scene.make().await;
    pass(&stage, 60).await;
    stage
}

async fn pass(stage: &Stage, seconds: u64) {
    stage.app.advance(seconds);
    stage.app.follower.catch_up().await.unwrap();
}

async fn key_set(stage: &Stage) -> JwkSet {
    let request = Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap();
    let answer = stage.app.send(request).await;
    assert_eq!(answer.headers["cache-control"], format!("public, max-age={MAX_AGE}"));
    serde_json::from_str(&answer.text).unwrap()
}

async fn token(stage: &Stage, audience: &str) -> String {
    let answer = stage.ask(&[("audience", audience)]).await.json();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn rotate(stage: &Stage) -> bool {
    let bearer = stage.app.token_of_current_key().await;
    stage.app.call_with(&bearer, "POST", "/keys/signing/rotate", None).await.status == 201
}

/// What a verifier that holds this set says.
fn verify(token: &str, algorithm: Algorithm, set: &JwkSet) -> Result<(), String> {
    let kid = decode_header(token).unwrap().kid.unwrap();
    let jwk = set.find(&kid).ok_or_else(|| format!("unknown kid {kid}"))?;
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(jwk).unwrap();
    decode::<Value>(token, &key, &validation).map(drop).map_err(|error| error.to_string())
}

/// Verifiers begin at different seconds and keep what they have for 15; somebody tries to rotate all the time.
#[tokio::test]
async fn no_verifier_ever_sees_an_unknown_kid() {
    let stage = stage().await;
    let (mut held, mut tokens, mut rotations) = (VecDeque::new(), Vec::new(), 0);
    for _ in 0..40 {
        held.push_back(key_set(&stage).await);
        pass(&stage, 3).await;
        if held.len() > usize::try_from(MAX_AGE / 3).unwrap() {
            held.pop_front();
        }
        rotations += usize::from(rotate(&stage).await);
        for (audience, algorithm) in APIS {
            let token = token(&stage, audience).await;
            for set in &held {
                assert_eq!(verify(&token, algorithm, set), Ok(()), "{audience}");
            }
            tokens.push((token, algorithm));
        }
    }
    assert!(rotations >= 4, "{rotations}");
    let newest = key_set(&stage).await;
    for (token, algorithm) in &tokens {
        assert_eq!(verify(token, *algorithm, &newest), Ok(()), "an old token");
    }
}

#[tokio::test]
async fn the_rsa_key_that_signs_comes_first_in_the_key_set() {
    let stage = stage().await;
    for _ in 0..3 {
        let keys = key_set(&stage).await.keys;
        let current = header(&token(&stage, "https://orders").await)["kid"].clone();
        assert_eq!(json!(keys[0].common.key_id), current);
        let is_rsa = |key: &Jwk| matches!(key.algorithm, AlgorithmParameters::RSA(_));
        assert!(keys.is_sorted_by_key(|key| !is_rsa(key)), "RSA keys first");
        pass(&stage, 25).await;
        assert!(rotate(&stage).await);
    }
}

/// There are verifiers that cannot read a set with keys that they do not know.
#[tokio::test]
async fn who_never_uses_other_kinds_of_key_never_publishes_one() {
    let stage = Stage::usual().await;
    assert!(rotate(&stage).await);
    let keys = key_set(&stage).await.keys;
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| matches!(key.algorithm, AlgorithmParameters::RSA(_))));
}

#[tokio::test]
async fn the_management_api_takes_tokens_of_every_kind_of_key() {
    let stage = Stage::usual().await;
    let management = "https://auth.test/api/v2/";
    let body = json!({"client_id": "{client}", "audience": management, "scope": ["read:clients"]});
    stage.change("POST", "/client-grants", &body).await;
    for algorithm in ["RS256", "RS512", "PS256", "ES256", "EdDSA"] {
        let api = "/resource-servers/https%3A%2F%2Fauth.test%2Fapi%2Fv2%2F";
        stage.change("PATCH", api, &json!({"signing_alg": algorithm})).await;
        let token = token(&stage, management).await;
        assert_eq!(header(&token)["alg"], algorithm);
        let answer = stage.app.call_with(&token, "GET", "/clients", None).await;
        assert_eq!(answer.status, 200, "{algorithm}: {}", answer.text);
    }
}
