//! DELETE /organizations/{id}/client-grants/{grant_id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, app_with_client, grant, organization};

#[tokio::test]
async fn a_grant_is_taken_away_and_stays_a_grant() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    app.create(&path, json!({"grant_id": id})).await;
    assert_snapshot!(app.delete(&format!("{path}/{id}")).await.wire(), @"204 No Content");
    assert_eq!(app.get(&path).await.json(), json!([]));
    assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 200);
    assert_eq!(app.post(&path, json!({"grant_id": id})).await.status, 201, "it can be added again");
}

#[tokio::test]
async fn a_grant_that_is_not_in_it_is_gone_already() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    assert_eq!(app.delete(&format!("{path}/{id}")).await.status, 204);
    assert_eq!(app.delete(&format!("{path}/cgr_0123456789abcdef")).await.status, 204);
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_not_found() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    let answer = app.delete(&format!("/organizations/org_XXXXXXXXXXXXXXXX/client-grants/{id}")).await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id"}
    "#);
}

#[tokio::test]
async fn an_id_of_another_form_is_gone_already_too() {
    let (app, _) = app_with_client().await;
    let path = format!("/organizations/{}/client-grants/x", organization(&app, "acme").await);
    assert_snapshot!(app.delete(&path).await.wire(), @"204 No Content");
}
