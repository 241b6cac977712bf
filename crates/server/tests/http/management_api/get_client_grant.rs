//! GET /client-grants/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, app_with_client, grant};
use crate::support::App;

#[tokio::test]
async fn a_grant_is_shown_as_it_was_when_it_was_made() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "scope": ["b", "a"], "organization_usage": "require",
    });
    let made = app.post("/client-grants", body).await;
    let read = app.get(&format!("/client-grants/{}", made.json()["id"].as_str().unwrap())).await;
    assert_snapshot!(read.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["b","a"],"organization_usage":"require","subject_type":"client"}
    "#);
    assert_eq!(read.text, made.text);
}

#[tokio::test]
async fn a_grant_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.get("/client-grants/cgr_0123456789abcdef").await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The grant does not exist","errorCode":"inexistent_grant"}
    "#);
}

#[tokio::test]
async fn an_id_of_another_form_is_not_found_either() {
    let app = App::start().await;
    for id in ["x", "CGR_0123456789abcdef", "%20", "org_0123456789abcdef"] {
        assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn an_id_is_percent_decoded() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    let encoded = id.replace("cgr_", "%63gr%5F");
    assert_eq!(app.get(&format!("/client-grants/{encoded}")).await.json()["id"], json!(id));
}

#[tokio::test]
async fn a_scope_that_its_api_has_dropped_is_still_shown() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id, "scope": ["read:things", "never:was"]})).await;
    let dropped = app.patch("/resource-servers/https:%2F%2Fapi.test%2F", json!({"scopes": []})).await;
    assert_eq!(dropped.status, 200);
    let held = app.get(&format!("/client-grants/{id}")).await.json();
    assert_eq!(held["scope"], json!(["read:things", "never:was"]));
}
