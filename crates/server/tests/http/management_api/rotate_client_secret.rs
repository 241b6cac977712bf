//! POST /clients/{id}/rotate-secret

use http::Request;
use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, text};
use crate::support::App;

#[tokio::test]
async fn the_answer_is_the_client_with_its_new_secret() {
    let app = App::start().await;
    let made = app.create("/clients", json!({"name": "Robot"})).await;
    let path = format!("/clients/{}", text(&made, "client_id"));
    let rotated =
        app.call_holding(&["update:client_keys"], "POST", &format!("{path}/rotate-secret"), None).await;
    assert_eq!(rotated.status, 200);
    let secret = text(&rotated.json(), "client_secret");
    assert_ne!(secret, text(&made, "client_secret"));
    assert_eq!(secret.len(), 64);
    let read = app.get(&path).await;
    assert_eq!(read.json(), rotated.json());
    let again = app.call("POST", &format!("{path}/rotate-secret"), None).await;
    assert_ne!(text(&again.json(), "client_secret"), secret);
}

#[tokio::test]
async fn a_body_is_not_looked_at() {
    let app = App::start().await;
    let id = text(&app.create("/clients", json!({"name": "Robot"})).await, "client_id");
    let request = Request::post(format!("/api/v2/clients/{id}/rotate-secret"))
        .header("authorization", format!("Bearer {}", app.token()))
        .header("content-type", "application/json")
        .body("{".into())
        .unwrap();
    assert_eq!(app.send(request).await.status, 200);
}

#[tokio::test]
async fn who_may_change_clients_does_not_rotate_their_secrets() {
    let app = App::start().await;
    let path = "/clients/nobody/rotate-secret";
    assert_snapshot!(app.call_holding(&["update:clients"], "POST", path, None).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:client_keys","errorCode":"insufficient_scope"}
    "#);
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.call("POST", "/clients/nobody/rotate-secret", None).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
