//! POST /organizations/{id}/client-grants

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, app_with_client, grant, organization};

#[tokio::test]
async fn the_answer_names_the_grant_by_grant_id_and_has_no_subject_type() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "scope": ["create:resource"],
        "organization_usage": "allow", "allow_any_organization": true,
    });
    let id = grant(&app, body).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    let answer = app.post(&path, json!({"grant_id": id})).await;
    assert_snapshot!(answer.wire(), @r#"
        201 Created
        {"grant_id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["create:resource"],"organization_usage":"allow","allow_any_organization":true}
    "#);
}

#[tokio::test]
async fn a_grant_that_requires_organizations_can_be_added() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "require"})).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_eq!(app.post(&path, json!({"grant_id": id})).await.status, 201);
}

#[tokio::test]
async fn a_grant_is_added_once() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_eq!(app.post(&path, json!({"grant_id": id})).await.status, 201);
    assert_snapshot!(app.post(&path, json!({"grant_id": id})).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"The client grant has already been added to this organization.","errorCode":"organization_client_grant_conflict"}
    "#);
}

#[tokio::test]
async fn a_grant_that_denies_organizations_or_says_nothing_is_refused() {
    for usage in [json!({}), json!({"organization_usage": "deny"}), json!({"allow_any_organization": true})] {
        let (app, client_id) = app_with_client().await;
        let mut body = usage.clone();
        body["client_id"] = json!(client_id);
        let id = grant(&app, body).await;
        let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
        let answer = app.post(&path, json!({"grant_id": id})).await;
        assert_eq!(answer.status, 400, "{usage}");
        assert_eq!(
            answer.text,
            r#"{"statusCode":400,"error":"Bad Request","message":"Payload validation error: the client grant's `organization_usage` does not allow organizations","errorCode":"invalid_body"}"#
        );
    }
}

#[tokio::test]
async fn a_grant_for_users_is_refused() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "organization_usage": "allow", "subject_type": "user"});
    let id = grant(&app, body).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_snapshot!(app.post(&path, json!({"grant_id": id})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: client grants with `subject_type` user cannot be added to organizations","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn organization_and_grant_must_be_there() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let nowhere = "/organizations/org_XXXXXXXXXXXXXXXX/client-grants";
    assert_snapshot!(app.post(nowhere, json!({"grant_id": id})).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_snapshot!(app.post(&path, json!({"grant_id": "cgr_0123456789abcdef"})).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The grant does not exist","errorCode":"inexistent_grant"}
    "#);
}

#[tokio::test]
async fn a_grant_id_is_all_that_is_taken() {
    let (app, _) = app_with_client().await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_snapshot!(app.post(&path, json!({})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Missing required property: grant_id'.","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.post(&path, json!({"grant_id": "x"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Object didn't pass validation for format client-grant-id: x' on property grant_id (A Client Grant ID to add to the organization).","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.post(&path, json!({"grant_id": "cgr_x", "id": "cgr_x"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: id'.","errorCode":"invalid_body"}
    "#);
}
