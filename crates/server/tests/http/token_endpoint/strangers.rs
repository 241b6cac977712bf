//! What a request of somebody whom nobody has authenticated may cost: few signatures, with keys that are quick to
//! verify with, and none where the claims alone refuse it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};

use super::dpop::proof_claims;
use super::federated::{REFUSED, Scene, subject};
use super::keys::JWT_BEARER;
use super::logs::Log;
use super::outside_issuer::{Key, OUTSIDE, SUBJECT};
use crate::access_tokens::questions::{INACTIVE, INTROSPECT, Questions, REVOKE};
use crate::support::{App, ISSUER, NOW};

/// An RSA key of so many bytes that nobody has the private half of.
fn rsa(number: u8, length: usize, exponent: &[u8]) -> Value {
    let mut modulus = vec![0xa5; length];
    modulus[1] = number;
    json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent)})
}

/// A JWS with a signature of zeros.
fn forged(header: &Value, claims: &Value, length: usize) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(vec![0; length]))
}

/// Why the proof of a stranger is refused.
async fn refusal(app: &App, log: &Log, jwk: Value, claims: &Value) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": jwk});
    let request = Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("dpop", forged(&header, claims, 512))
        .body("grant_type=client_credentials&client_id=nobody&audience=x".into());
    log.text();
    assert_eq!(app.send(request.unwrap()).await.status, 400);
    log.text()
}

#[tokio::test]
async fn a_proof_with_a_slow_key_or_the_wrong_claims_is_not_verified() {
    let app = App::start().await;
    let (log, _guard) = Log::as_json();
    let claims = proof_claims();
    let said = refusal(&app, &log, rsa(7, 512, &[1, 0, 1]), &claims).await;
    assert!(said.contains("is not signed with its own key"), "{said}");
    for slow in
        [rsa(7, 1024, &[1, 0, 1]), rsa(7, 513, &[3]), rsa(7, 256, &[0xff; 4]), rsa(7, 256, &[1, 0, 3])]
    {
        let said = refusal(&app, &log, slow, &claims).await;
        assert!(said.contains("has no public key that is accepted"), "{said}");
    }
    for (name, wrong) in
        [("htm", json!("GET")), ("htu", json!("https://evil/")), ("iat", json!(NOW.seconds() + 60))]
    {
        let mut claims = claims.clone();
        claims[name] = wrong;
        let said = refusal(&app, &log, rsa(7, 512, &[1, 0, 1]), &claims).await;
        assert!(said.contains(&format!("its {name}")), "{said}");
    }
}

/// Nothing that is sent here is ever opened, so no header makes it slow or large: a password to be stretched two
/// billion times (RFC 7518 §4.8), content to be inflated (RFC 7516 §4.1.3).
#[tokio::test]
async fn what_is_encrypted_or_compressed_is_not_opened() {
    let questions = Questions::usual().await;
    let (client, secret) = &questions.client;
    let app = &questions.stage.app;
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let bomb = encode(&vec![0; 3000]);
    for header in [
        json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_147_483_647, "p2s": "AAAA"}),
        json!({"alg": "dir", "enc": "A128GCM", "zip": "DEF"}),
        json!({"alg": "RS256", "zip": "DEF", "typ": "dpop+jwt", "jwk": rsa(7, 256, &[1, 0, 1])}),
    ] {
        let header = encode(header.to_string().as_bytes());
        let in_five = format!("{header}.{bomb}.AAAA.{bomb}.AAAA");
        for token in [in_five, format!("{header}.{bomb}.AAAA")] {
            let assertion = [
                ("grant_type", "client_credentials"),
                ("audience", "https://orders"),
                ("client_assertion_type", JWT_BEARER),
                ("client_assertion", &token),
            ];
            let with_proof = [
                ("grant_type", "client_credentials"),
                ("audience", "https://orders"),
                ("client_id", client),
                ("client_secret", secret),
            ];
            let question = [("client_id", client.as_str()), ("client_secret", secret), ("token", &token)];
            let mut said = Vec::new();
            for (path, proof, parameters) in [
                ("/oauth/token", None, &assertion[..]),
                ("/oauth/token", Some(&token), &with_proof),
                (INTROSPECT, None, &question),
                (REVOKE, None, &question),
            ] {
                let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
                said.push(questions.send(path, &headers, parameters).await.status.as_u16());
            }
            said.push(app.call_with(&token, "GET", "/clients", None).await.status.as_u16());
            assert!(said[..3] == [401, 400, 200] && [200, 400].contains(&said[3]), "{said:?} {token}");
            assert!([400, 401].contains(&said[4]), "{said:?} {token}");
            assert_eq!(questions.ask(INTROSPECT, &questions.face, &token).await.text, INACTIVE);
        }
    }
}

#[tokio::test]
async fn slow_keys_cannot_be_pinned() {
    let scene = Scene::start().await;
    let uri = format!("/grantd/v1/clients/{}/federated_identities", scene.client);
    for slow in [rsa(7, 1024, &[1, 0, 1]), rsa(7, 256, &[0xff; 4])] {
        let body = json!({"issuer": OUTSIDE, "subject": SUBJECT, "jwks": {"keys": [slow]}});
        let request = Request::post(&uri)
            .header("authorization", format!("Bearer {}", scene.app.token()))
            .body(body.to_string().into());
        let answer = scene.app.send(request.unwrap()).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text.contains("the key set has no key that could be used"), "{}", answer.text);
    }
}

/// Who may write a client's identities cannot make the requests of strangers cost more than a few signatures.
#[tokio::test]
async fn a_token_is_tried_against_few_keys_whatever_is_pinned() {
    let scene = Scene::start().await;
    let few: Vec<Value> = (0..4).map(|number| rsa(number, 512, &[1, 0, 1])).collect();
    let many: Vec<Value> = (0..64).map(|number| rsa(number, 512, &[1, 0, 1])).collect();
    let claims = json!({"iss": OUTSIDE, "sub": SUBJECT, "aud": ISSUER, "exp": NOW.seconds() + 60});
    let token = forged(&json!({"alg": "RS256"}), &claims, 512);
    let (log, _guard) = Log::as_json();
    for (keys, reason) in [
        (&many, "does not say which of more than 4 keys"),
        (&few, "a key that is not known"),
        (&few, "more than 8 keys of the client's identities"),
    ] {
        scene.trust(json!({"subject": SUBJECT, "jwks": {"keys": keys}})).await;
        log.text();
        assert_eq!(scene.exchange(&token).await, REFUSED);
        let said = log.text();
        assert!(said.contains(reason), "{reason}: {said}");
    }
    let mut of_another = claims.clone();
    of_another["sub"] = json!("another");
    log.text();
    assert_eq!(scene.exchange(&forged(&json!({"alg": "RS256"}), &of_another, 512)).await, REFUSED);
    assert!(log.text().contains("the token is somebody else's"));
}

#[tokio::test]
async fn nobody_is_asked_for_keys_of_a_token_that_is_refused_anyway() {
    let scene = Scene::trusting(subject()).await;
    for others in [json!({"sub": "another"}), json!({"aud": "https://other"}), json!({"exp": NOW.seconds()})]
    {
        assert_eq!(scene.exchange(&scene.key.sign(&others)).await, REFUSED, "{others}");
    }
    assert_eq!(scene.issuer.asked(), 0);
}

/// Clusters have the same issuer and the same subjects unless somebody changes it; what differs is the keys.
#[tokio::test]
async fn each_of_many_clusters_with_the_same_issuer_gets_a_token() {
    let scene = Scene::start().await;
    let names =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
    let clusters = names.map(Key::new);
    for cluster in &clusters {
        scene.trust(json!({"subject": SUBJECT, "jwks": cluster.jwks()})).await;
    }
    for cluster in &clusters {
        assert_eq!(scene.exchange(&cluster.sign(&json!({}))).await, "200 read");
    }
}
