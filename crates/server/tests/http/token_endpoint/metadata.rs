//! What verifiers and clients find out by themselves: everything that is said there works, and nothing is left out.

use axum::body::Body;
use grantd_store::Change;
use http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::scene::{Scene, Stage, header};
use super::wire::{FORM, basic, form, post, signed_form};
use crate::support::{Answer, CountedEntropy, ISSUER, NOW, rsa_key};

async fn get(stage: &Stage, path: &str) -> Answer {
    stage.app.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn both_documents_are_the_same() {
    let stage = Stage::usual().await;
    let openid = get(&stage, "/.well-known/openid-configuration").await;
    let oauth = get(&stage, "/.well-known/oauth-authorization-server").await;
    assert_eq!((openid.status, &openid.headers, &openid.text), (oauth.status, &oauth.headers, &oauth.text));
    assert_eq!(openid.headers["content-type"], "application/json");
    assert_eq!(openid.headers["cache-control"], "public, max-age=15");
    assert_snapshot!(openid.shown(), @r#"
    200 OK
    {
      "issuer": "https://auth.test/",
      "token_endpoint": "https://auth.test/oauth/token",
      "introspection_endpoint": "https://auth.test/oauth/introspect",
      "revocation_endpoint": "https://auth.test/oauth/revoke",
      "jwks_uri": "https://auth.test/.well-known/jwks.json",
      "response_types_supported": [],
      "grant_types_supported": [
        "client_credentials"
      ],
      "subject_types_supported": [
        "public"
      ],
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt"
      ],
      "token_endpoint_auth_signing_alg_values_supported": [
        "RS256",
        "RS384",
        "PS256",
        "ES256",
        "ES384",
        "EdDSA",
        "Ed25519"
      ],
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt"
      ],
      "introspection_endpoint_auth_signing_alg_values_supported": [
        "RS256",
        "RS384",
        "PS256",
        "ES256",
        "ES384",
        "EdDSA",
        "Ed25519"
      ],
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt"
      ],
      "revocation_endpoint_auth_signing_alg_values_supported": [
        "RS256",
        "RS384",
        "PS256",
        "ES256",
        "ES384",
        "EdDSA",
        "Ed25519"
      ],
      "dpop_signing_alg_values_supported": [
        "RS256",
        "RS384",
        "PS256",
        "ES256",
        "ES384",
        "EdDSA",
        "Ed25519"
      ]
    }
    "#);
}

#[tokio::test]
async fn every_advertised_method_and_grant_type_works() {
    let stage = Stage::usual().await;
    let metadata = get(&stage, "/.well-known/oauth-authorization-server").await.json();
    for method in metadata["token_endpoint_auth_methods_supported"].as_array().unwrap() {
        let header = basic(&stage, "{client}:{secret}");
        let answer = match method.as_str().unwrap() {
            "client_secret_basic" => {
                post(&stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await
            }
            "client_secret_post" => post(&stage, &[("content-type", FORM)], &signed_form("")).await,
            // assertions.rs and dpop.rs try every algorithm.
            "private_key_jwt" => continue,
            other => panic!("{other} is advertised and not tried"),
        };
        assert_eq!(stage.in_a_line(&answer), "200 [read write]");
    }
    for grant_type in metadata["grant_types_supported"].as_array().unwrap() {
        let answer = stage.ask(&[("grant_type", grant_type.as_str().unwrap())]).await;
        assert_eq!(stage.in_a_line(&answer), "200 [read write]");
    }
    for (name, status) in [
        ("jwks_uri", 200),
        ("token_endpoint", 405),
        ("introspection_endpoint", 405),
        ("revocation_endpoint", 405),
    ] {
        let path = metadata[name].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        assert_eq!(get(&stage, &format!("/{path}")).await.status, status);
    }
}

/// RFC 8414 §3.3: who asks cannot choose the issuer.
#[tokio::test]
async fn the_issuer_is_not_the_host_of_the_request() {
    let stage = Stage::usual().await;
    let plain = get(&stage, "/.well-known/openid-configuration").await;
    let poisoned = Request::get("/.well-known/openid-configuration")
        .header("host", "evil.test")
        .header("x-forwarded-host", "evil.test")
        .header("forwarded", "host=evil.test");
    assert_eq!(stage.app.send(poisoned.body(Body::empty()).unwrap()).await.text, plain.text);
}

#[tokio::test]
async fn the_key_set_has_the_members_of_auth0_in_their_order() {
    let stage = Stage::usual().await;
    let answer = get(&stage, "/.well-known/jwks.json").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=15");
    let keys = answer.json();
    let key = keys["keys"][0].as_object().unwrap();
    let names: Vec<&String> = key.keys().collect();
    assert_eq!(names, ["alg", "kty", "use", "x5c", "n", "e", "kid", "x5t"]);
    assert_eq!((&key["alg"], &key["kty"], &key["use"]), (&json!("RS256"), &json!("RSA"), &json!("sig")));
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "the current and the next");
}

#[tokio::test]
async fn the_algorithm_can_be_left_out_of_the_key_set() {
    let settings = json!({"flags": {"remove_alg_from_jwks": true}});
    let scene = Scene { settings, ..Scene::default() };
    let stage = scene.make().await;
    let keys = get(&stage, "/.well-known/jwks.json").await.json();
    assert_eq!(keys["keys"][0].get("alg"), None);
    assert_eq!(keys["keys"][0]["kty"], "RSA");
}

/// A verifier that finds `alg: RS256` beside a key refuses a PS256 signature by it.
#[tokio::test]
async fn the_algorithm_is_left_out_when_an_api_has_another() {
    let stage = Scene::default().make().await;
    let shown = async || get(&stage, "/.well-known/jwks.json").await.json()["keys"][0].get("alg").cloned();
    assert_eq!(shown().await, Some(json!("RS256")));
    let app = &stage.app;
    app.create("/resource-servers", json!({"identifier": "https://ps", "signing_alg": "PS256"})).await;
    assert_eq!(shown().await, None);
    app.call("PATCH", "/resource-servers/https%3A%2F%2Fps", Some(json!({"signing_alg": "RS256"}))).await;
    assert_eq!(shown().await, Some(json!("RS256")));
}

#[tokio::test]
async fn keys_that_do_not_sign_are_published_too() {
    let stage = Stage::usual().await;
    let kid = |answer: &Value| header(answer["access_token"].as_str().unwrap())["kid"].clone();
    let current = kid(&stage.ask(&[]).await.json());
    let entropy = CountedEntropy::default();
    grantd_model::alphanumeric(&entropy, 1000);
    let key = rsa_key(&entropy).promoted(NOW).retired(NOW);
    stage.app.store.commit(vec![Change::CreateSigningKey(key)]).await.unwrap();
    stage.app.follower.catch_up().await.unwrap();
    let keys = get(&stage, "/.well-known/jwks.json").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    assert_eq!(kid(&stage.ask(&[]).await.json()), current);
}
