//! DELETE /resource-servers/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, api, app_with_client, client, grant, organization, text};
use crate::support::App;

#[tokio::test]
async fn an_api_goes_with_its_grants_and_their_associations() {
    let (app, client_id) = app_with_client().await;
    let gone = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let default = grant(&app, json!({"default_for": "third_party_clients"})).await;
    let members = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    app.create(&members, json!({"grant_id": gone})).await;
    app.create("/resource-servers", json!({"identifier": "https://other.test/"})).await;
    let kept = grant(&app, json!({"client_id": client_id, "audience": "https://other.test/"})).await;

    assert_snapshot!(app.delete("/resource-servers/https:%2F%2Fapi.test%2F").await.wire(), @"204 No Content");

    for id in [gone, default] {
        assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 404);
    }
    assert_eq!(app.get(&format!("/client-grants/{kept}")).await.status, 200);
    assert_eq!(app.get(&members).await.json(), json!([]));
    api(&app).await;
    let body = json!({"client_id": client_id, "audience": API});
    assert_eq!(app.post("/client-grants", body).await.status, 201, "its place is free");
}

#[tokio::test]
async fn an_api_is_deleted_by_its_id_or_its_identifier() {
    let app = App::start().await;
    for name in [None, Some("https%3A%2F%2Fapi.test%2F"), Some("https:%252F%252Fapi.test%252F")] {
        let id = text(&api(&app).await, "id");
        let answer = app.delete(&format!("/resource-servers/{}", name.unwrap_or(&id))).await;
        assert_eq!(answer.status, 204);
        assert_eq!(app.get(&format!("/resource-servers/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn an_api_that_is_not_there_is_gone_already() {
    let app = App::start().await;
    assert_eq!(app.delete("/resource-servers/000000000000000000000002").await.status, 204);
}

#[tokio::test]
async fn the_management_api_stays() {
    let app = App::start().await;
    client(&app).await;
    let path = "/resource-servers/https:%2F%2Fauth.test%2Fapi%2Fv2%2F";
    assert_snapshot!(app.delete(path).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"System resource servers cannot be deleted","errorCode":"operation_not_supported"}
    "#);
    assert_eq!(app.get(path).await.status, 200);
}
