//! DELETE /client-grants/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, app_with_client, grant, organization, system_grant};
use crate::support::App;

#[tokio::test]
async fn a_grant_goes_and_its_place_is_free() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    let answer = app.delete(&format!("/client-grants/{id}")).await;
    assert_snapshot!(answer.wire(), @"204 No Content");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 404);
    assert_ne!(grant(&app, json!({"client_id": client_id})).await, id);
}

#[tokio::test]
async fn a_grant_that_is_not_there_is_gone_already() {
    let app = App::start().await;
    assert_snapshot!(app.delete("/client-grants/cgr_0123456789abcdef").await.wire(), @"204 No Content");
    assert_snapshot!(app.delete("/client-grants/x").await.wire(), @"204 No Content");
}

#[tokio::test]
async fn its_organizations_lose_it() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let members = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    app.create(&members, json!({"grant_id": id})).await;
    app.delete(&format!("/client-grants/{id}")).await;
    assert_eq!(app.get(&members).await.json(), json!([]));
    assert_eq!(app.get("/organizations/name/acme").await.status, 200);
}

#[tokio::test]
async fn a_system_grant_stays() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/client-grants/{}", system_grant(&app, &client_id).await);
    assert_snapshot!(app.delete(&path).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"System client grants cannot be modified or deleted","errorCode":"operation_not_supported"}
    "#);
    assert_eq!(app.get(&path).await.status, 200);
}
