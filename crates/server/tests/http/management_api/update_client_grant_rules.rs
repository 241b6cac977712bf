//! PATCH /client-grants/{id}: what is refused.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{
    API, MANAGEMENT, Requests, api, app_with_client, client, grant, system_grant, third_party_client,
};
use crate::support::App;

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    let answer = app.patch(&format!("/client-grants/{id}"), json!({})).await;
    assert_snapshot!(answer.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Too few properties defined (0), minimum 1'.","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn whom_and_what_a_grant_is_for_never_changes() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/client-grants/{}", grant(&app, json!({"client_id": client_id})).await);
    let same = [
        ("client_id", client_id.as_str()),
        ("audience", API),
        ("subject_type", "client"),
        ("default_for", "third_party_clients"),
        ("is_system", "x"),
        ("id", "x"),
    ];
    for (name, value) in same {
        let answer = app.patch(&path, json!({"scope": [], name: value})).await;
        let expected = format!("Payload validation error: 'Additional properties not allowed: {name}'.");
        assert_eq!((answer.status.as_u16(), answer.json()["message"].as_str()), (400, Some(&*expected)));
        assert_eq!(answer.json()["errorCode"], "invalid_body");
    }
}

#[tokio::test]
async fn several_unknown_members_are_named_together() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/client-grants/{}", grant(&app, json!({"client_id": client_id})).await);
    let body = json!({"audience": API, "scope": [], "client_id": client_id});
    assert_snapshot!(app.patch(&path, body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: audience,client_id'.","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn a_grant_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.patch("/client-grants/cgr_0123456789abcdef", json!({"scope": []})).await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The grant does not exist","errorCode":"inexistent_grant"}
    "#);
}

#[tokio::test]
async fn types_of_authorization_details_cannot_be_null() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "subject_type": "user"})).await;
    let answer =
        app.patch(&format!("/client-grants/{id}"), json!({"authorization_details_types": null})).await;
    assert_snapshot!(answer.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Expected type array but found type null' on property authorization_details_types (Types of authorization_details allowed for this client grant).","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn types_of_authorization_details_are_for_users() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    let body = json!({"authorization_details_types": ["payment"]});
    assert_snapshot!(app.patch(&format!("/client-grants/{id}"), body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `authorization_details_types` requires `subject_type` to be user","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn the_scope_of_a_system_api_stays_a_subset_of_its_scopes() {
    let app = App::start().await;
    let body = json!({"client_id": client(&app).await, "audience": MANAGEMENT, "scope": ["read:clients"]});
    let path = format!("/client-grants/{}", grant(&app, body).await);
    assert_eq!(app.patch(&path, json!({"scope": ["read:clients", "read:logs"]})).await.status, 200);
    assert_snapshot!(app.patch(&path, json!({"scope": ["read:tea"]})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: scope must be a subset of resource server scopes","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn all_scopes_cannot_be_named_for_a_system_api() {
    let app = App::start().await;
    let body = json!({"client_id": client(&app).await, "audience": MANAGEMENT, "scope": []});
    let path = format!("/client-grants/{}", grant(&app, body).await);
    let refused = app.patch(&path, json!({"allow_all_scopes": true})).await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"`allow_all_scopes` cannot be provided when `audience` is a system API","errorCode":"invalid_body"}
    "#);
    for other in [json!(false), Value::Null] {
        assert_eq!(app.patch(&path, json!({"allow_all_scopes": other})).await.text, refused.text);
    }
}

#[tokio::test]
async fn any_organization_is_not_for_third_party_clients() {
    let app = App::start().await;
    api(&app).await;
    let own = grant(&app, json!({"client_id": third_party_client(&app).await})).await;
    let default = grant(&app, json!({"default_for": "third_party_clients"})).await;
    let refused = app.patch(&format!("/client-grants/{own}"), json!({"allow_any_organization": true})).await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `allow_any_organization` cannot be true for third-party clients","errorCode":"invalid_body"}
    "#);
    let group =
        app.patch(&format!("/client-grants/{default}"), json!({"allow_any_organization": true})).await;
    assert_eq!(group.text, refused.text);
}

#[tokio::test]
async fn a_system_grant_is_not_changed() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/client-grants/{}", system_grant(&app, &client_id).await);
    assert_snapshot!(app.patch(&path, json!({"scope": []})).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"System client grants cannot be modified or deleted","errorCode":"operation_not_supported"}
    "#);
    assert_snapshot!(app.get(&path).await.wire(), @r#"
        200 OK
        {"id":"cgr_0000000000000000","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://auth.test/api/v2/","scope":["read:clients"],"subject_type":"client","is_system":true}
    "#);
}
