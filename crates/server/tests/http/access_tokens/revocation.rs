//! A client gives its tokens back.

use grantd_model::{RevokedToken, Timestamp};
use grantd_store::Change;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::questions::{INTROSPECT, Questions, REVOKE, credentials};
use crate::management_api::token_encryption::PEM;
use crate::support::NOW;
use crate::token_endpoint::wire::basic;

const DAY: u64 = 86_400;

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
async fn entries_go_a_day_after_their_tokens_have_expired() {
    let questions = Questions::with_api(json!({"token_lifetime": 60})).await;
    let store = &questions.stage.app.store;
    let entries = async || store.load().await.unwrap().revoked_tokens.len();
    for expected in [1, 2, 3] {
        questions.revoke(&questions.token().await).await;
        assert_eq!(entries().await, expected);
        questions.wait(30).await;
    }
    questions.wait(DAY - 30).await;
    questions.revoke(&questions.token().await).await;
    assert_eq!(entries().await, 3, "the first expired a day ago");
    questions.wait(DAY + 60).await;
    questions.revoke(&questions.token().await).await;
    assert_eq!(entries().await, 1);
}

/// By the clock that was ahead the first had expired when the second was revoked.
#[tokio::test]
async fn a_revoked_token_stays_revoked_when_the_clock_jumps_ahead_and_back() {
    let api = json!({"token_lifetime": 3000, "token_lifetime_for_web": 3000});
    let questions = Questions::with_api(api).await;
    let token = questions.token().await;
    assert_eq!(questions.revoke(&token).await.status, 200);
    questions.wait(3600).await;
    assert_eq!(questions.revoke(&questions.token().await).await.status, 200);
    questions.stage.app.turn_back(3600);
    assert!(!questions.is_active(&token).await, "nobody took the revocation back");
}

#[tokio::test]
async fn one_client_that_revokes_without_end_keeps_nobody_else_from_it() {
    let mut questions = Questions::usual().await;
    let greedy = RevokedToken::MOST_OF_CLIENT;
    let changes = (0..greedy).map(|number| Change::RevokeToken {
        revoked: RevokedToken {
            token: number.to_string().into(),
            client_id: questions.client.0.clone().into(),
            expires_at: Timestamp::from_seconds(NOW.seconds() + DAY),
        },
        now: NOW,
    });
    let changes: Vec<_> = changes.collect();
    for changes in changes.chunks(1_000) {
        questions.stage.app.store.commit(changes.to_vec()).await.unwrap();
    }
    questions.stage.app.follower.catch_up().await.unwrap();
    let refused = questions.revoke(&questions.token().await).await;
    assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (503, &"5".parse().unwrap()));
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    let other = questions.stage.create("other", "/clients", &json!({"name": "other"})).await;
    let grant = json!({"client_id": "{other}", "audience": "https://orders", "scope": ["read"]});
    questions.stage.create("other_grant", "/client-grants", &grant).await;
    let (id, secret) = credentials(&other);
    let stolen = questions.token_with(&[("client_id", &id), ("client_secret", &secret)]).await;
    assert_eq!(questions.ask(REVOKE, &(id, secret), &stolen).await.status, 200);
    assert!(!questions.is_active(&stolen).await);
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
