//! PUT /api/v2/keys/signing/{kid}/revoke

use insta::assert_snapshot;

use super::fixtures::{Requests, text};
use super::rotate_signing_keys::{rotate, states, wait};
use crate::support::{Answer, App};

async fn revoke(app: &App, kid: &str) -> Answer {
    app.call("PUT", &format!("/keys/signing/{kid}/revoke"), None).await
}

/// A tenant whose first key no longer signs, and the `kid` of that key. Tokens of the tests are signed with it.
async fn rotated() -> (App, String) {
    let app = App::start().await;
    let first = states(&app).await[0].0.clone();
    rotate(&app).await;
    (app, first)
}

async fn key_set(app: &App) -> String {
    app.send(http::Request::get("/.well-known/jwks.json").body("".into()).unwrap()).await.text
}

#[tokio::test]
async fn tokens_of_a_revoked_key_no_longer_verify() {
    let (app, first) = rotated().await;
    let path = "/keys/signing";
    let token = app.token();
    assert_eq!(app.call_with(&token, "GET", path, None).await.status, 200, "a previous key verifies");
    assert!(key_set(&app).await.contains(&first));
    let answer = revoke(&app, &first).await;
    assert_eq!((answer.status.as_u16(), text(&answer.json(), "kid")), (200, first.clone()));
    assert_eq!(answer.json().as_object().unwrap().len(), 2);
    assert_snapshot!(app.call_with(&token, "GET", path, None).await.wire(), @r#"
        401 Unauthorized
        {"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}
    "#);
    assert!(!key_set(&app).await.contains(&first));
}

#[tokio::test]
async fn a_revoked_key_stays_in_the_list() {
    let (app, first) = rotated().await;
    let other = app.get("/keys/signing").await.json()[0].clone();
    assert_eq!(other["revoked"], false);
    assert_eq!(revoke(&app, &first).await.status, 200);
    let token = app.token_of_current_key().await;
    let path = format!("/keys/signing/{first}");
    let shown = app.call_with(&token, "GET", &path, None).await.json();
    assert_eq!((&shown["revoked"], &shown["previous"]), (&true.into(), &true.into()));
    assert_eq!(shown["revoked_at"], "2026-01-02T03:04:05.000Z");
    wait(&app).await;
    let again = app.call_with(&token, "PUT", &format!("{path}/revoke"), None).await;
    assert_eq!(again.status, 200, "once more is no failure");
    assert_eq!(app.call_with(&token, "GET", &path, None).await.json(), shown, "and changes nothing");
}

#[tokio::test]
async fn keys_that_sign_or_will_cannot_be_revoked() {
    let app = App::start().await;
    let kids = states(&app).await;
    assert_snapshot!(revoke(&app, &kids[0].0).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"The current signing key cannot be revoked; rotate the keys first","errorCode":"operation_not_supported"}
    "#);
    assert_snapshot!(revoke(&app, &kids[1].0).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"The next signing key cannot be revoked; rotate the keys twice first","errorCode":"operation_not_supported"}
    "#);
    assert_eq!(states(&app).await, kids);
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(revoke(&app, "none").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Signing key not found."}
    "#);
}
