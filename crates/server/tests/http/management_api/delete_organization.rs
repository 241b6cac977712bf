//! DELETE /organizations/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, app_with_client, client, grant, organization};
use crate::support::App;

#[tokio::test]
async fn an_organization_goes_and_its_name_is_free() {
    let app = App::start().await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    assert_snapshot!(app.delete(&path).await.wire(), @"204 No Content");
    assert_eq!(app.get(&path).await.status, 404);
    organization(&app, "acme").await;
}

#[tokio::test]
async fn one_that_is_not_there_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.delete("/organizations/org_XXXXXXXXXXXXXXXX").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The organization does not exist"}
    "#);
}

#[tokio::test]
async fn its_grants_stay_without_it() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let organization = organization(&app, "acme").await;
    app.create(&format!("/organizations/{organization}/client-grants"), json!({"grant_id": id})).await;
    app.delete(&format!("/organizations/{organization}")).await;
    assert_eq!(app.get(&format!("/client-grants/{id}/organizations")).await.json(), json!([]));
    assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 200);
}

#[tokio::test]
async fn clients_lose_it_as_their_default() {
    let app = App::start().await;
    let path = format!("/clients/{}", client(&app).await);
    let acme = organization(&app, "acme").await;
    let default = json!({"organization_id": acme, "flows": ["client_credentials"]});
    let changed = app.patch(&path, json!({"default_organization": default})).await;
    assert_eq!(changed.json()["default_organization"], default, "{}", changed.text);
    app.delete(&format!("/organizations/{acme}")).await;
    assert_eq!(app.get(&path).await.json().get("default_organization"), None);
}
