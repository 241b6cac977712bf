//! A client gives its tokens back.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::questions::{INTROSPECT, Questions, REVOKE, credentials};
use crate::management_api::token_encryption::PEM;
use crate::token_endpoint::wire::basic;

#[tokio::test]
async fn a_revoked_token_counts_no_longer() {
    for dialect in ["access_token", "rfc9068_profile"] {
        let questions = Questions::with_api(json!({"token_dialect": dialect})).await;
        let token = questions.token().await;
        let answer = questions.revoke(&token).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{dialect}");
        assert!(!questions.is_active(&token).await, "{dialect}");
        assert_eq!(questions.revoke(&token).await.status, 200, "again");
        questions.wait(1).await;
        assert!(questions.is_active(&questions.token().await).await, "another token counts");
    }
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_revoked() {
    for algorithm in ["RS256", "RS512", "PS256", "HS256"] {
        let questions = Questions::with_api(json!({"signing_alg": algorithm})).await;
        let token = questions.token().await;
        assert_eq!(questions.revoke(&token).await.status, 200);
        assert!(!questions.is_active(&token).await, "{algorithm}");
    }
}

#[tokio::test]
async fn the_management_api_refuses_a_revoked_token_at_once() {
    let mut questions = Questions::usual().await;
    let audience = "https://auth.test/api/v2/";
    let grant = json!({"client_id": "{client}", "audience": audience, "scope": ["read:clients"]});
    questions.stage.create("admin_grant", "/client-grants", &grant).await;
    let token = questions.token_with(&[("audience", audience)]).await;
    let app = &questions.stage.app;
    assert_eq!(app.call_with(&token, "GET", "/clients", None).await.status, 200);
    assert_eq!(questions.revoke(&token).await.status, 200);
    assert_snapshot!(app.call_with(&token, "GET", "/clients", None).await.shown(), @r#"
    401 Unauthorized
    {
      "statusCode": 401,
      "error": "Unauthorized",
      "message": "Invalid token",
      "attributes": {
        "error": "Invalid token"
      }
    }
    "#);
}

#[tokio::test]
async fn the_token_of_another_client_is_left_alone() {
    let mut questions = Questions::usual().await;
    let token = questions.token().await;
    let other = questions.stage.create("other", "/clients", &json!({"name": "other"})).await;
    let answer = questions.ask(REVOKE, &credentials(&other), &token).await;
    let face = questions.ask(REVOKE, &questions.face, &token).await;
    assert_eq!((face.status, &face.text), (answer.status, &answer.text), "not even the API revokes");
    assert_snapshot!(questions.shown(&answer), @r#"
    400 Bad Request
    {
      "error": "invalid_request",
      "error_description": "The token was issued to another client"
    }
    "#);
    assert!(questions.is_active(&token).await);
}

#[tokio::test]
async fn an_encrypted_token_is_of_an_unsupported_type() {
    let key = json!({"name": "encryptkey", "alg": "RSA-OAEP-256", "kid": "a", "pem": PEM});
    let questions = Questions::with_api(
        json!({"token_encryption": {"format": "compact-nested-jwe", "encryption_key": key}}),
    )
    .await;
    let token = questions.token().await;
    assert_eq!(token.split('.').count(), 5);
    assert_snapshot!(questions.shown(&questions.revoke(&token).await), @r#"
    400 Bad Request
    {
      "error": "unsupported_token_type",
      "error_description": "Encrypted access tokens cannot be revoked"
    }
    "#);
    assert!(!questions.is_active(&token).await, "its API alone can read it");
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_no_error() {
    let questions = Questions::with_api(json!({"token_lifetime": 60})).await;
    let (token, revision) =
        (questions.token().await, questions.stage.app.follower.current().unwrap().revision());
    questions.wait(60).await;
    let long = "a".repeat(20 * 1024);
    for token in [&token, "a", "a.b.c", &long] {
        let answer = questions.revoke(token).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{token:.20}");
    }
    assert_eq!(questions.stage.app.follower.current().unwrap().revision(), revision, "nothing was written");
}

#[tokio::test]
async fn who_is_no_client_revokes_nothing() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let wrong = (questions.client.0.clone(), "wrong".to_owned());
    let answer = questions.ask(REVOKE, &wrong, &token).await;
    assert_snapshot!(questions.shown(&answer), @r#"
    401 Unauthorized
    {
      "error": "invalid_client",
      "error_description": "Client authentication failed"
    }
    "#);
    assert!(questions.is_active(&token).await);
}

#[tokio::test]
async fn credentials_may_come_in_the_header() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let header = basic(&questions.stage, "{client}:{secret}");
    let hint = ("token_type_hint", "refresh_token");
    let answer = questions.send(REVOKE, &[("authorization", &header)], &[("token", &token), hint]).await;
    assert_eq!(answer.status, 200);
    assert!(!questions.is_active(&token).await);
}

#[tokio::test]
async fn entries_go_when_their_tokens_have_expired() {
    let questions = Questions::with_api(json!({"token_lifetime": 60})).await;
    let store = &questions.stage.app.store;
    let entries = async || grantd_store::Store::load(&**store).await.unwrap().revoked_tokens.len();
    for expected in [1, 2] {
        questions.revoke(&questions.token().await).await;
        assert_eq!(entries().await, expected);
        questions.wait(30).await;
    }
    questions.revoke(&questions.token().await).await;
    assert_eq!(entries().await, 2, "the first has expired");
    questions.wait(600).await;
    questions.revoke(&questions.token().await).await;
    assert_eq!(entries().await, 1);
}

/// The denylist asks for the token, and so for nothing that changes with the configuration.
#[tokio::test]
async fn a_token_stays_revoked_whatever_is_changed() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    questions.revoke(&token).await;
    questions.stage.change("DELETE", "/client-grants/{grant}", &Value::Null).await;
    let grant = json!({"client_id": "{client}", "audience": "https://orders", "scope": ["read", "write"]});
    questions.stage.change("POST", "/client-grants", &grant).await;
    assert!(!questions.is_active(&token).await);
    assert_eq!(questions.ask(INTROSPECT, &questions.face, &token).await.text, r#"{"active":false}"#);
}
