//! `token_encryption` of an API: the key goes in, its thumbprint comes out.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, Requests, api, text};
use crate::support::App;

/// A public key, SPKI.
pub const PEM: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwcAXtpS8K0JFdGBHgSvj\n\
mVUdXbucZIGRzxvaY+bQMuLVeL1xAtXehzjEKmvEJh6aSWYJPnQ/e76ML/w763hM\n\
OkqJcoKlx9xG+wXFficyP/HpUEoIjcrUWChqWHlpLKkKshcRdlZzAyTiaHAACq3J\n\
yr+HwfAwk6pZp5whWawGSJqQsALBXkoHFWsQJarMcWjn1Eq/Brv4NelYz6tbtLld\n\
Dg58pG2VXUNLFGQWgEt0neSv0iA6ccqYDKt80ccLnANLIMxFwt7vB0gNaX35EkBD\n\
LwnxLX8rRRaiEq8YndyZFTg6S+fygKF1RBBIdLaEGZwIGY5jFz+vE4XpVji/NuZh\n\
vQIDAQAB\n\
-----END PUBLIC KEY-----";

fn encryption(pem: &str) -> Value {
    let key = json!({"name": "encryptkey", "alg": "RSA-OAEP-256", "kid": "a", "pem": pem});
    json!({"format": "compact-nested-jwe", "encryption_key": key})
}

#[tokio::test]
async fn the_key_is_not_shown_but_its_thumbprint_is() {
    let app = App::start().await;
    let body = json!({"identifier": API, "token_encryption": encryption(PEM)});
    let answer = app.post("/resource-servers", body).await;
    assert_snapshot!(answer.json()["token_encryption"].to_string(), @r#"{"encryption_key":{"name":"encryptkey","alg":"RSA-OAEP-256","kid":"a","thumbprint_sha256":"y3vpY8hzjvbH0FcWgEOFpMs0tX_Ayl8RYfY5PYqklVQ"},"format":"compact-nested-jwe"}"#);
    let id = text(&answer.json(), "id");
    let read = app.get(&format!("/resource-servers/{id}")).await;
    let listed = app.get("/resource-servers").await;
    let changed = app.patch(&format!("/resource-servers/{id}"), json!({"name": "x"})).await;
    for answer in [&answer, &read, &listed, &changed] {
        assert!(
            answer.text.contains("thumbprint_sha256") && !answer.text.contains("BEGIN"),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn null_takes_it_away() {
    let app = App::start().await;
    let path = format!("/resource-servers/{}", text(&api(&app).await, "id"));
    let set = app.patch(&path, json!({"token_encryption": encryption(PEM)})).await;
    assert!(
        set.json()["token_encryption"]["encryption_key"]["thumbprint_sha256"].is_string(),
        "{}",
        set.text
    );
    let taken = app.patch(&path, json!({"token_encryption": null})).await;
    assert_eq!(taken.json().get("token_encryption"), None);
}

#[tokio::test]
async fn what_is_no_rsa_key_is_refused() {
    let app = App::start().await;
    for pem in ["x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", &PEM.replace('\n', " ")] {
        let body = json!({"identifier": API, "token_encryption": encryption(pem)});
        let answer = app.post("/resource-servers", body).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    let body = json!({"identifier": API, "token_encryption": encryption("x")});
    assert_snapshot!(app.post("/resource-servers", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: token_encryption.encryption_key.pem cannot be used: neither a certificate nor a public key in PEM","errorCode":"invalid_body"}
    "#);
}
