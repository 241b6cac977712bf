//! What crosses from one endpoint, client or issuer to another: tried by an attacker, and refused.

use http::Request;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::assertions::stage_with;
use super::keys::{JWT_BEARER, P256, RSA, assertion_claims};
use super::scene::Stage;
use super::wire::FORM;
use crate::support::NOW;

fn assertion(stage: &Stage, jti: &str) -> String {
    let mut claims = assertion_claims(&stage.filled("{client}"));
    claims["jti"] = json!(jti);
    RSA.sign(&Header::new(Algorithm::RS256), &claims)
}

async fn post(stage: &Stage, path: &str, assertion: &str, more: &[(&str, &str)]) -> u16 {
    let body: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)])
        .extend_pairs(more)
        .finish();
    let request = Request::post(path).header("content-type", FORM).body(body.into()).unwrap();
    stage.app.send(request).await.status.as_u16()
}

#[tokio::test]
async fn an_assertion_is_one_use_for_all_endpoints_together() {
    let token = [("grant_type", "client_credentials"), ("audience", "https://orders")];
    let question = [("token", "x")];
    let endpoints: [(&str, &[(&str, &str)]); 3] =
        [("/oauth/token", &token), ("/oauth/introspect", &question), ("/oauth/revoke", &question)];
    let stage = stage_with(&RSA, "RS256").await;
    for (first, parameters) in endpoints {
        for (second, others) in endpoints {
            let assertion = assertion(&stage, &format!("{first}{second}"));
            assert_eq!(post(&stage, first, &assertion, parameters).await, 200);
            assert_eq!(post(&stage, second, &assertion, others).await, 401, "{first} {second}");
        }
    }
}

#[tokio::test]
async fn an_outside_identity_of_our_own_issuer_takes_no_access_token() {
    let stage = Stage::usual().await;
    let jwks = stage.app.send(Request::get("/.well-known/jwks.json").body("".into()).unwrap()).await.json();
    let trust =
        json!({"issuer": "https://auth.test/", "subject": stage.filled("{client}@clients"), "jwks": jwks});
    let path = stage.filled("/grantd/v1/clients/{client}/federated_identities");
    let request = Request::post(path).header("authorization", format!("Bearer {}", stage.app.token()));
    let made = stage.app.send(request.body(trust.to_string().into()).unwrap()).await;
    let token = stage.ask(&[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let client = stage.filled("{client}");
    let parameters = [
        ("grant_type", "client_credentials"),
        ("audience", "https://orders"),
        ("client_id", client.as_str()),
    ];
    assert_eq!((made.status.as_u16(), post(&stage, "/oauth/token", &token, &parameters).await), (201, 401));
}

/// `credentials_from` must not be another client's, in none of the ways to name them.
#[tokio::test]
async fn credentials_of_others_are_not_to_be_had() {
    let mut stage = stage_with(&RSA, "RS256").await;
    let body = json!({"name": "other", "jwt_configuration": {"alg": "RS256"}});
    stage.create("other", "/clients", &body).await;
    for (method, path, body) in [
        (
            "PATCH",
            "/clients/{other}",
            json!({"token_endpoint_auth_method": null, "client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": "{key}"}]}}}),
        ),
        ("PATCH", "/clients/{other}/credentials/{key}", json!({"expires_at": null})),
        ("GET", "/clients/{other}/credentials/{key}", Value::Null),
    ] {
        let body = Some(stage.filled(&body.to_string())).filter(|body| body != "null");
        let body = body.map(|body| serde_json::from_str(&body).unwrap());
        let answer = stage.app.call(method, &stage.filled(path), body).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{method} {path} {}", answer.text);
    }
    let deleted = stage.app.call("DELETE", &stage.filled("/clients/{other}/credentials/{key}"), None).await;
    assert_eq!(deleted.status, 204);
    let still = stage.app.call("GET", &stage.filled("/clients/{client}/credentials/{key}"), None).await;
    assert_eq!(still.status, 200);
}

#[tokio::test]
async fn dates_at_the_edge_of_time_do_no_harm() {
    let stage = stage_with(&RSA, "RS256").await;
    for date in [
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00+23:59",
    ] {
        let body = json!({"credential_type": "public_key", "pem": P256.public_pem(), "alg": "ES256", "expires_at": date});
        let answer = stage.app.call("POST", &stage.filled("/clients/{client}/credentials"), Some(body)).await;
        assert!(answer.status.as_u16() < 500, "{date}: {}", answer.text);
    }
    for seconds in [u64::MAX, u64::MAX / 1000, i64::MAX as u64] {
        let mut claims = assertion_claims(&stage.filled("{client}"));
        for (exp, iat) in [(seconds, seconds), (seconds, NOW.seconds()), (NOW.seconds() + 300, 0)] {
            claims["exp"] = json!(exp);
            claims["iat"] = json!(iat);
            let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
            let more = [("grant_type", "client_credentials"), ("audience", "https://orders")];
            assert_eq!(post(&stage, "/oauth/token", &assertion, &more).await, 401);
        }
    }
}
