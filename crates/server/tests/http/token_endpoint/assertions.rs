//! Clients that prove themselves by assertions of their own (RFC 7523, Auth0: Private Key JWT): what is accepted, and
//! every way in which one is not, with the true reason in the log and nowhere else.

use http::StatusCode;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::attacks::signed;
use super::keys::{ED25519, JWT_BEARER, Key, OTHER_RSA, P256, P384, RSA, assertion_claims};
use super::logs::Log;
use super::scene::{Scene, Stage};
use crate::support::{Answer, ISSUER, NOW};

const REFUSED: &str = "401 invalid_client: Client authentication failed";
const GRANTED: &str = "200 [read write]";

/// The usual scene with a client that can be given keys (Auth0: `jwt_configuration.alg` must be RS256 for that).
pub fn key_client() -> Scene {
    let client = json!({"name": "shop", "jwt_configuration": {"alg": "RS256"}});
    Scene { client, sends_secret: false, ..Scene::default() }
}

/// The usual scene, whose client proves itself by this key.
pub async fn stage_with(key: &Key, alg: &str) -> Stage {
    let mut stage = key_client().make().await;
    register(&mut stage, "key", key, alg, json!({})).await;
    enable(&stage, &["key"]).await;
    stage
}

/// Adds a key to the client's credentials.
async fn register(stage: &mut Stage, name: &str, key: &Key, alg: &str, more: Value) -> Value {
    let mut body = json!({"credential_type": "public_key", "pem": key.public_pem(), "alg": alg});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.create(name, "/clients/{client}/credentials", &body).await
}

/// Makes these credentials the ones that count.
async fn enable(stage: &Stage, names: &[&str]) {
    let credentials: Vec<Value> = names.iter().map(|name| json!({"id": format!("{{{name}}}")})).collect();
    let methods = json!({"private_key_jwt": {"credentials": credentials}});
    let body = json!({"client_authentication_methods": methods, "token_endpoint_auth_method": null});
    stage.change("PATCH", "/clients/{client}", &body).await;
}

fn client_id(stage: &Stage) -> String {
    stage.filled("{client}")
}

/// The claims of a usual assertion with these members instead; null removes one.
fn claims_with(stage: &Stage, members: &Value) -> Value {
    let mut claims = assertion_claims(&client_id(stage));
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().shift_remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

async fn present(stage: &Stage, assertion: &str) -> Answer {
    let parameters = [
        ("client_id", ""),
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    stage.ask(&parameters).await
}

/// The answer to an assertion of these claims, in a line.
async fn line(stage: &Stage, key: &Key, header: &Header, claims: &Value) -> String {
    let answer = present(stage, &key.sign(header, claims)).await;
    stage.in_a_line(&answer)
}

#[tokio::test]
async fn a_key_of_each_algorithm_proves_its_client() {
    let cases: [(&Key, &str, Algorithm); 6] = [
        (&RSA, "RS256", Algorithm::RS256),
        (&RSA, "RS384", Algorithm::RS384),
        (&RSA, "PS256", Algorithm::PS256),
        (&P256, "ES256", Algorithm::ES256),
        (&P384, "ES384", Algorithm::ES384),
        (&ED25519, "EdDSA", Algorithm::EdDSA),
    ];
    for (key, alg, algorithm) in cases {
        let stage = stage_with(key, alg).await;
        let claims = claims_with(&stage, &json!({}));
        assert_eq!(line(&stage, key, &Header::new(algorithm), &claims).await, GRANTED, "{alg}");
    }
}

/// RFC 9864: newer libraries write the name of the curve.
#[tokio::test]
async fn ed25519_is_another_name_of_eddsa() {
    let stage = stage_with(&ED25519, "EdDSA").await;
    let assertion = signed(&stage, &json!({"alg": "Ed25519"}), &ED25519, Algorithm::EdDSA);
    assert_eq!(stage.in_a_line(&present(&stage, &assertion).await), GRANTED);
    // It is not a name for other keys.
    let stage = stage_with(&P256, "ES256").await;
    let assertion = signed(&stage, &json!({"alg": "Ed25519"}), &P256, Algorithm::ES256);
    assert_eq!(stage.in_a_line(&present(&stage, &assertion).await), REFUSED);
}

#[tokio::test]
async fn the_client_id_may_be_sent_and_has_to_be_the_right_one() {
    let stage = stage_with(&RSA, "RS256").await;
    for (number, (id, expected)) in
        [("{client}", GRANTED), ("another", REFUSED), ("{api}", REFUSED)].into_iter().enumerate()
    {
        let claims = claims_with(&stage, &json!({"jti": number.to_string()}));
        let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
        let parameters =
            [("client_id", id), ("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
        assert_eq!(stage.in_a_line(&stage.ask(&parameters).await), expected, "{id}");
    }
}

#[tokio::test]
async fn an_assertion_works_once_even_when_it_was_denied() {
    let stage = stage_with(&RSA, "RS256").await;
    let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims_with(&stage, &json!({})));
    assert_eq!(stage.in_a_line(&present(&stage, &assertion).await), GRANTED);
    assert_eq!(stage.in_a_line(&present(&stage, &assertion).await), REFUSED);
    // Another assertion of the same name is the same use.
    let later = claims_with(&stage, &json!({"exp": NOW.seconds() + 200}));
    assert_eq!(line(&stage, &RSA, &Header::new(Algorithm::RS256), &later).await, REFUSED);

    let two = RSA.sign(&Header::new(Algorithm::RS256), &claims_with(&stage, &json!({"jti": "two"})));
    let denied = [
        ("client_id", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &*two),
        ("scope", "x"),
    ];
    let answer = stage.in_a_line(&stage.ask(&denied).await);
    assert_eq!(answer, "403 access_denied: Client has not been granted scopes: x");
    assert_eq!(stage.in_a_line(&present(&stage, &two).await), REFUSED);
}

#[tokio::test]
async fn of_many_who_show_one_assertion_at_once_one_gets_a_token() {
    let stage = std::sync::Arc::new(stage_with(&RSA, "RS256").await);
    // Without a time of issue the use is noted in the database, too.
    for iat in [json!(NOW.seconds()), Value::Null] {
        let claims = claims_with(&stage, &json!({"iat": iat, "jti": format!("with iat {iat}")}));
        let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
        let requests = (0..20).map(|_| {
            let (stage, assertion) = (std::sync::Arc::clone(&stage), assertion.clone());
            tokio::spawn(async move { present(&stage, &assertion).await.status })
        });
        let mut granted = 0;
        for request in requests.collect::<Vec<_>>() {
            granted += usize::from(request.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(granted, 1);
    }
}

#[tokio::test]
async fn with_a_kid_it_is_that_key_and_without_any_that_counts() {
    let mut stage = key_client().make().await;
    register(&mut stage, "old", &RSA, "RS256", json!({"kid": "the-old-key"})).await;
    register(&mut stage, "new", &OTHER_RSA, "RS256", json!({"kid": "the-new-key"})).await;
    enable(&stage, &["old", "new"]).await;
    let with_kid =
        |kid: Option<&str>| Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    let cases: [(&Key, Option<&str>, &str); 6] = [
        (&RSA, None, GRANTED),
        (&OTHER_RSA, None, GRANTED),
        (&RSA, Some("the-old-key"), GRANTED),
        (&OTHER_RSA, Some("the-new-key"), GRANTED),
        (&RSA, Some("the-new-key"), REFUSED),
        (&RSA, Some("unheard-of"), REFUSED),
    ];
    for (number, (key, kid, expected)) in cases.into_iter().enumerate() {
        let claims = claims_with(&stage, &json!({"jti": number.to_string()}));
        assert_eq!(line(&stage, key, &with_kid(kid), &claims).await, expected, "{number}");
    }
    // The old key is retired.
    enable(&stage, &["new"]).await;
    for (number, (key, expected)) in [(&*RSA, REFUSED), (&*OTHER_RSA, GRANTED)].into_iter().enumerate() {
        let claims = claims_with(&stage, &json!({"jti": format!("later {number}")}));
        assert_eq!(line(&stage, key, &with_kid(None), &claims).await, expected, "{number}");
    }
}

/// Attack case 9: keys that have expired, that do not count, that are gone, or that are another client's.
#[tokio::test]
async fn a_key_that_does_not_count_now_proves_nothing() {
    let mut stage = key_client().make().await;
    let soon = json!({"expires_at": "2026-01-02T03:05:05.000Z", "kid": "expires-soon"});
    register(&mut stage, "expiring", &RSA, "RS256", soon).await;
    register(&mut stage, "idle", &OTHER_RSA, "RS256", json!({})).await;
    enable(&stage, &["expiring"]).await;
    stage.create("twin", "/clients", &json!({"name": "twin", "jwt_configuration": {"alg": "RS256"}})).await;
    let body = json!({"credential_type": "public_key", "pem": P256.public_pem(), "alg": "ES256", "kid": "expires-soon"});
    stage.create("twin_key", "/clients/{twin}/credentials", &body).await;
    let methods = json!({"private_key_jwt": {"credentials": [{"id": "{twin_key}"}]}});
    stage.change("PATCH", "/clients/{twin}", &json!({"client_authentication_methods": methods})).await;

    let (log, _guard) = Log::as_json();
    let sign = |stage: &Stage, key: &Key, algorithm, jti: &str, kid: Option<&str>| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
        key.sign(&header, &claims_with(stage, &json!({"jti": jti, "exp": NOW.seconds() + 200})))
    };
    let idle = sign(&stage, &OTHER_RSA, Algorithm::RS256, "idle", None);
    assert_eq!(stage.in_a_line(&present(&stage, &idle).await), REFUSED);
    assert!(log.text().contains("not signed with the client's key"));
    let twin = sign(&stage, &P256, Algorithm::ES256, "twin", Some("expires-soon"));
    assert_eq!(stage.in_a_line(&present(&stage, &twin).await), REFUSED);
    assert!(log.text().contains("signed with ES256, its credential is for RS256"));

    stage.app.advance(59);
    stage.app.follower.catch_up().await.unwrap();
    let last = sign(&stage, &RSA, Algorithm::RS256, "in the last second", None);
    assert_eq!(stage.in_a_line(&present(&stage, &last).await), GRANTED);
    stage.app.advance(1);
    let late = sign(&stage, &RSA, Algorithm::RS256, "too late", None);
    log.text();
    assert_eq!(stage.in_a_line(&present(&stage, &late).await), REFUSED);
    assert!(log.text().contains("the client has no credential that is in force"));
}

/// Attack cases 1, 2, 3, 5, 7, 8 and 10, and all other ways in which an assertion can be wrong: one answer, and the true
/// reason in the log.
#[tokio::test]
async fn an_assertion_that_is_not_right_proves_nothing_and_the_log_says_why() {
    let stage = stage_with(&RSA, "RS256").await;
    let (log, _guard) = Log::as_json();
    let now = NOW.seconds();
    let token_endpoint = format!("{ISSUER}oauth/token");
    let cases = [
        (json!({"iss": "another"}), "the client is unknown"),
        (json!({"sub": "another"}), "its sub is another"),
        (json!({"sub": null}), "it has no sub"),
        (json!({"aud": null}), "it has no aud"),
        (json!({"aud": [ISSUER]}), "its aud has the wrong form"),
        (json!({"aud": [ISSUER, "https://other.test/"]}), "its aud has the wrong form"),
        (json!({"aud": token_endpoint}), "its aud is another"),
        (json!({"aud": "https://auth.test"}), "its aud is another"),
        (json!({"aud": "https://auth.test.evil.test/"}), "its aud is another"),
        (json!({"aud": "https://AUTH.test/"}), "its aud is another"),
        (json!({"exp": null}), "it has no exp"),
        (json!({"exp": now}), "it has expired"),
        (json!({"exp": now + 301}), "valid for more than 300 seconds"),
        (json!({"exp": now + 315_360_000}), "valid for more than 300 seconds"),
        (json!({"iat": null, "exp": now + 301}), "valid for more than 300 seconds"),
        (json!({"exp": (now + 100).to_string()}), "its exp has the wrong form"),
        (json!({"exp": 1e308}), "its exp has the wrong form"),
        (json!({"exp": -1}), "its exp has the wrong form"),
        (json!({"iat": now + 11}), "its iat lies in the future"),
        (json!({"iat": "now"}), "its iat has the wrong form"),
        (json!({"nbf": now + 11}), "its nbf lies in the future"),
        (json!({"nbf": 1.5}), "its nbf has the wrong form"),
        (json!({"jti": null}), "it has no jti"),
        (json!({"jti": ""}), "its jti has the wrong form"),
        (json!({"jti": 7}), "its jti has the wrong form"),
        (json!({"jti": "x".repeat(65)}), "its jti has the wrong form"),
    ];
    for (members, reason) in cases {
        log.text();
        let answer = line(&stage, &RSA, &Header::new(Algorithm::RS256), &claims_with(&stage, &members)).await;
        assert_eq!(answer, REFUSED, "{members}");
        let said = log.text();
        assert!(said.contains(reason), "{members}: {said}");
    }
    let wrong_keys: [(&Key, Algorithm, &str); 4] = [
        (&OTHER_RSA, Algorithm::RS256, "not signed with the client's key"),
        (&RSA, Algorithm::RS384, "signed with RS384, its credential is for RS256"),
        (&RSA, Algorithm::PS256, "signed with PS256, its credential is for RS256"),
        (&P256, Algorithm::ES256, "signed with ES256, its credential is for RS256"),
    ];
    for (key, algorithm, reason) in wrong_keys {
        log.text();
        let answer = line(&stage, key, &Header::new(algorithm), &claims_with(&stage, &json!({}))).await;
        assert_eq!(answer, REFUSED, "{algorithm:?}");
        let said = log.text();
        assert!(said.contains(reason), "{algorithm:?}: {said}");
        assert!(said.contains(&client_id(&stage)), "{said}");
    }
    let lengthy =
        RSA.sign(&Header::new(Algorithm::RS256), &claims_with(&stage, &json!({"x": "y".repeat(2048)})));
    for nonsense in ["x", "a.b.c", "..", "e30.e30.e30", &lengthy] {
        assert_eq!(stage.in_a_line(&present(&stage, nonsense).await), REFUSED, "{nonsense}");
    }
    // None of all that has spent the name.
    let right = claims_with(&stage, &json!({}));
    assert_eq!(line(&stage, &RSA, &Header::new(Algorithm::RS256), &right).await, GRANTED);
}

#[tokio::test]
async fn the_clocks_may_differ_by_ten_seconds() {
    let stage = stage_with(&RSA, "RS256").await;
    let ahead = json!({"iat": NOW.seconds() + 10, "nbf": NOW.seconds() + 10, "exp": NOW.seconds() + 310});
    let header = Header::new(Algorithm::RS256);
    assert_eq!(line(&stage, &RSA, &header, &claims_with(&stage, &ahead)).await, GRANTED);
}

/// Attack case 4 from the client's side: only the registered method counts.
#[tokio::test]
async fn neither_the_secret_nor_anything_else_stands_in_for_the_key() {
    let mut stage = Scene { sends_secret: true, ..key_client() }.make().await;
    let secret = stage.secret().to_owned();
    register(&mut stage, "key", &RSA, "RS256", json!({})).await;
    enable(&stage, &["key"]).await;
    let unauthorized = "401 access_denied: Unauthorized";
    assert_eq!(stage.in_a_line(&stage.ask(&[("client_secret", &secret)]).await), unauthorized);
    assert_eq!(stage.in_a_line(&stage.ask(&[("client_secret", "")]).await), unauthorized);
    let claims = claims_with(&stage, &json!({}));
    let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
    let both = [
        ("client_secret", &*secret),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    let two = "400 invalid_request: More than one client authentication method was used";
    assert_eq!(stage.in_a_line(&stage.ask(&both).await), two);
    assert_eq!(stage.in_a_line(&present(&stage, &assertion).await), GRANTED);
}

/// A client of secrets cannot be taken over by an assertion, whoever signed it.
#[tokio::test]
async fn a_client_with_a_secret_is_not_proved_by_an_assertion() {
    let mut stage = key_client().make().await;
    register(&mut stage, "key", &RSA, "RS256", json!({})).await;
    let claims = claims_with(&stage, &json!({}));
    assert_eq!(line(&stage, &RSA, &Header::new(Algorithm::RS256), &claims).await, REFUSED);
}
