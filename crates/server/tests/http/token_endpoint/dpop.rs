//! `DPoP` (RFC 9449): tokens bound to the key of a proof, the table of sender constraining, and attack case 22.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::keys::{ED25519, Key, OTHER_P256, P256, P384, RSA};
use super::logs::Log;
use super::scene::{Scene, Stage, claims};
use super::wire::{FORM, post, signed_form};
use crate::support::{Answer, NOW};

const REFUSED: &str = "400 invalid_dpop_proof: The DPoP proof is invalid";
const REQUIRED: &str = "400 invalid_request: Proof of possession is required";
const UNBINDABLE: &str = "400 invalid_request: Proof of possession is required by the client and not supported by the resource server";

/// What a usual proof says.
pub fn proof_claims() -> Value {
    json!({"jti": "one", "htm": "POST", "htu": "https://auth.test/oauth/token", "iat": NOW.seconds()})
}

/// A proof by this key of the usual claims with these members instead; null removes one.
pub fn proof(key: &Key, algorithm: Algorithm, members: &Value) -> String {
    let mut claims = proof_claims();
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().shift_remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    key.sign(&header(key, algorithm), &claims)
}

fn header(key: &Key, algorithm: Algorithm) -> Header {
    let jwk = serde_json::from_value(key.jwk(algorithm)).unwrap();
    Header { typ: Some("dpop+jwt".to_owned()), jwk: Some(jwk), ..Header::new(algorithm) }
}

/// The usual scene with this `proof_of_possession` of the API and `require_proof_of_possession` of the client.
async fn stage(api: Value, client: Value) -> Stage {
    let mut scene = Scene::default();
    if !api.is_null() {
        scene.api["proof_of_possession"] = api;
    }
    if !client.is_null() {
        scene.client["require_proof_of_possession"] = client;
    }
    scene.make().await
}

fn dpop(required: bool) -> Value {
    json!({"mechanism": "dpop", "required": required, "required_for": "all_clients"})
}

async fn ask(stage: &Stage, proof: &str) -> Answer {
    post(stage, &[("content-type", FORM), ("dpop", proof)], &signed_form("")).await
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_of_the_proof() {
    let stage = stage(dpop(true), Value::Null).await;
    let keys: [(&Key, Algorithm); 6] = [
        (&P256, Algorithm::ES256),
        (&P384, Algorithm::ES384),
        (&RSA, Algorithm::RS256),
        (&RSA, Algorithm::RS384),
        (&RSA, Algorithm::PS256),
        (&ED25519, Algorithm::EdDSA),
    ];
    for (number, (key, algorithm)) in keys.into_iter().enumerate() {
        let answer = ask(&stage, &proof(key, algorithm, &json!({"jti": number.to_string()}))).await;
        assert_eq!(stage.in_a_line(&answer), "200 [read write]", "{algorithm:?}");
        let body = answer.json();
        assert_eq!(body["token_type"], "DPoP");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk(algorithm)).unwrap();
        let thumbprint = jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap();
        assert_eq!(claims(body["access_token"].as_str().unwrap())["cnf"], json!({"jkt": thumbprint}));
    }
}

/// The table of the documentation, row by row: who insists, whether a proof is sent, what the API has.
#[tokio::test]
async fn the_table_of_sender_constraining() {
    let none = Value::Null;
    let (unbound, bound) = ("200 unbound", "200 bound");
    let rows = [
        (false, false, none.clone(), unbound),
        (false, false, dpop(false), unbound),
        (false, false, dpop(true), REQUIRED),
        (false, true, none.clone(), unbound),
        (false, true, dpop(false), bound),
        (false, true, dpop(true), bound),
        (true, false, none.clone(), UNBINDABLE),
        (true, false, dpop(false), REQUIRED),
        (true, false, dpop(true), REQUIRED),
        (true, true, none, UNBINDABLE),
        (true, true, dpop(false), bound),
        (true, true, dpop(true), bound),
        (
            false,
            false,
            json!({"mechanism": "dpop", "required": true, "required_for": "public_clients"}),
            unbound,
        ),
        (false, true, json!({"mechanism": "mtls", "required": false}), unbound),
        (false, true, json!({"mechanism": "mtls", "required": true}), REQUIRED),
    ];
    for (insists, sends, api, expected) in rows {
        let stage = stage(api.clone(), json!(insists)).await;
        let headers = [("content-type", FORM), ("dpop", &*proof(&P256, Algorithm::ES256, &json!({})))];
        let headers = if sends { &headers[..] } else { &headers[..1] };
        let answer = post(&stage, headers, &signed_form("")).await;
        let line = if answer.status == 200 {
            let body = answer.json();
            let is_bound = claims(body["access_token"].as_str().unwrap()).get("cnf").is_some();
            assert_eq!(body["token_type"], if is_bound { "DPoP" } else { "Bearer" });
            if is_bound { bound.to_owned() } else { unbound.to_owned() }
        } else {
            stage.in_a_line(&answer)
        };
        assert_eq!(line, expected, "client insists: {insists}, proof: {sends}, API: {api}");
    }
}

/// Attack case 22: a proof works once, for this method, this place and this time, and shows no private key.
#[tokio::test]
async fn a_proof_that_is_not_right_is_refused_and_the_log_says_why() {
    let stage = stage(dpop(false), Value::Null).await;
    let (log, _guard) = Log::as_json();
    let now = NOW.seconds();
    let cases = [
        (json!({"htm": "GET"}), "its htm is another"),
        (json!({"htm": null}), "it has no htm"),
        (json!({"htu": "https://auth.test/oauth/revoke"}), "its htu is another"),
        (json!({"htu": "https://evil.test/oauth/token"}), "its htu is another"),
        (json!({"htu": "http://auth.test/oauth/token"}), "its htu is another"),
        (json!({"htu": null}), "it has no htu"),
        (json!({"iat": now - 61}), "it has expired"),
        (json!({"iat": now + 11}), "its iat lies in the future"),
        (json!({"iat": null}), "it has no iat"),
        (json!({"iat": "now"}), "its iat has the wrong form"),
        (json!({"jti": null}), "it has no jti"),
        (json!({"jti": "x".repeat(129)}), "its jti has the wrong form"),
    ];
    for (members, reason) in cases {
        log.text();
        let answer = ask(&stage, &proof(&P256, Algorithm::ES256, &members)).await;
        assert_eq!(stage.in_a_line(&answer), REFUSED, "{members}");
        let said = log.text();
        assert!(said.contains(reason), "{members}: {said}");
    }
    let jwt = Header { typ: Some("JWT".to_owned()), ..header(&P256, Algorithm::ES256) };
    let keyless = Header { jwk: None, ..header(&P256, Algorithm::ES256) };
    let of_another = header(&OTHER_P256, Algorithm::ES256);
    for header in [jwt, keyless, of_another] {
        let answer = ask(&stage, &P256.sign(&header, &proof_claims())).await;
        assert_eq!(stage.in_a_line(&answer), REFUSED, "{header:?}");
    }
    for nonsense in ["", "x", "a.b.c", "..", "\u{e4}"] {
        let answer = ask(&stage, nonsense).await;
        assert_eq!(stage.in_a_line(&answer), REFUSED, "{nonsense}");
    }
    // Names are compared as URLs are.
    let same = proof(&P256, Algorithm::ES256, &json!({"htu": "HTTPS://AUTH.test:443/oauth/token?a=b#c"}));
    assert_eq!(stage.in_a_line(&ask(&stage, &same).await), "200 [read write]");
}

#[tokio::test]
async fn a_proof_that_shows_its_private_key_is_refused() {
    let stage = stage(dpop(false), Value::Null).await;
    let (log, _guard) = Log::as_json();
    let mut jwk = P256.jwk(Algorithm::ES256);
    jwk["d"] = json!("AAAA");
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
    let encoded = [header, proof_claims()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let answer = ask(&stage, &format!("{}.{}", encoded.join("."), URL_SAFE_NO_PAD.encode([0; 64]))).await;
    assert_eq!(stage.in_a_line(&answer), REFUSED);
    assert!(log.text().contains("shows a private key"));
}

#[tokio::test]
async fn a_proof_works_once_and_two_do_not_work_together() {
    let stage = stage(dpop(true), Value::Null).await;
    let first = proof(&P256, Algorithm::ES256, &json!({}));
    assert_eq!(stage.in_a_line(&ask(&stage, &first).await), "200 [read write]");
    let (log, _guard) = Log::as_json();
    assert_eq!(stage.in_a_line(&ask(&stage, &first).await), REFUSED);
    assert!(log.text().contains("the DPoP proof: it was used before"));
    // The same name under another key is another proof.
    let other = proof(&OTHER_P256, Algorithm::ES256, &json!({}));
    assert_eq!(stage.in_a_line(&ask(&stage, &other).await), "200 [read write]");

    let fresh = |jti: &str| proof(&P256, Algorithm::ES256, &json!({"jti": jti}));
    let (two, three) = (fresh("two"), fresh("three"));
    let headers = [("content-type", FORM), ("dpop", &*two), ("dpop", &*three)];
    assert_eq!(stage.in_a_line(&post(&stage, &headers, &signed_form("")).await), REFUSED);
    assert_eq!(stage.in_a_line(&ask(&stage, &two).await), "200 [read write]", "it was not spent");
}

/// Whoever cannot authenticate cannot fill the memory with proofs either.
#[tokio::test]
async fn a_proof_is_not_spent_by_a_stranger() {
    let stage = stage(dpop(true), Value::Null).await;
    let proof = proof(&P256, Algorithm::ES256, &json!({}));
    let headers = [("content-type", FORM), ("dpop", &*proof)];
    let body = super::wire::form("&client_id={client}&client_secret=wrong");
    assert_eq!(stage.in_a_line(&post(&stage, &headers, &body).await), "401 access_denied: Unauthorized");
    assert_eq!(stage.in_a_line(&ask(&stage, &proof).await), "200 [read write]");
}

#[tokio::test]
async fn a_proof_counts_for_a_minute() {
    let stage = stage(dpop(true), Value::Null).await;
    stage.app.advance(60);
    stage.app.follower.catch_up().await.unwrap();
    let aged = proof(&P256, Algorithm::ES256, &json!({}));
    assert_eq!(stage.in_a_line(&ask(&stage, &aged).await), "200 [read write]");
    stage.app.advance(1);
    assert_eq!(stage.in_a_line(&ask(&stage, &aged).await), REFUSED);
}
