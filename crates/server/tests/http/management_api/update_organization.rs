//! PATCH /organizations/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, organization};
use crate::support::App;

#[tokio::test]
async fn what_is_not_named_stays() {
    let app = App::start().await;
    let branding = json!({"logo_url": "https://acme.test/logo.png"});
    let body = json!({"name": "acme", "display_name": "Acme", "branding": branding});
    let id = app.create("/organizations", body).await["id"].as_str().unwrap().to_owned();
    let answer = app.patch(&format!("/organizations/{id}"), json!({"display_name": "Acme Inc."})).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"id":"org_Sds7KTt5GNbnwUh1","name":"acme","display_name":"Acme Inc.","branding":{"logo_url":"https://acme.test/logo.png"},"third_party_client_access":"block","is_app_entitlement_active":false}
    "#);
    assert_eq!(app.get(&format!("/organizations/{id}")).await.text, answer.text);
}

#[tokio::test]
async fn metadata_is_replaced_whole_and_goes_when_it_is_empty() {
    let app = App::start().await;
    let body = json!({"name": "acme", "metadata": {"a": "1", "b": "2"}});
    let id = app.create("/organizations", body).await["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{id}");
    let replaced = app.patch(&path, json!({"metadata": {"c": "3"}})).await.json();
    assert_eq!(replaced["metadata"], json!({"c": "3"}));
    let emptied = app.patch(&path, json!({"metadata": {}})).await.json();
    assert_eq!(emptied.get("metadata"), None);
}

#[tokio::test]
async fn null_takes_the_quota_away() {
    let app = App::start().await;
    let quota = json!({"client_credentials": {"per_day": 100}});
    let id = app.create("/organizations", json!({"name": "acme", "token_quota": quota})).await["id"].clone();
    let path = format!("/organizations/{}", id.as_str().unwrap());
    assert_eq!(app.get(&path).await.json()["token_quota"], quota);
    assert_eq!(app.patch(&path, json!({"token_quota": null})).await.json().get("token_quota"), None);
}

#[tokio::test]
async fn a_name_can_change_but_not_to_one_that_is_taken() {
    let app = App::start().await;
    organization(&app, "taken").await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    assert_eq!(app.patch(&path, json!({"name": "acme"})).await.status, 200, "its own name");
    assert_eq!(app.patch(&path, json!({"name": "better"})).await.json()["name"], "better");
    assert_eq!(app.get("/organizations/name/acme").await.status, 404);
    assert_snapshot!(app.patch(&path, json!({"name": "taken"})).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"An organization with this name already exists.","errorCode":"organization_conflict"}
    "#);
}

#[tokio::test]
async fn a_change_of_nothing_is_no_failure() {
    let app = App::start().await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    let answer = app.patch(&path, json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn connections_are_not_changed_here() {
    let app = App::start().await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    assert_snapshot!(app.patch(&path, json!({"enabled_connections": []})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: enabled_connections'.","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn one_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.patch("/organizations/org_XXXXXXXXXXXXXXXX", json!({"display_name": "x"})).await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
}
