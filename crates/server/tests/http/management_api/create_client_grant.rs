//! POST /client-grants: what is stored and how it is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, MANAGEMENT, Requests, api, app_with_client, client};
use crate::support::App;

#[tokio::test]
async fn a_grant_shows_what_was_asked_for_and_its_subject_type() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "scope": ["read:things"]});
    let answer = app.post("/client-grants", body).await;
    assert_snapshot!(answer.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["read:things"],"subject_type":"client"}
    "#);
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_grant_for_users_keeps_its_authorization_details_types() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "scope": ["create:bar"], "subject_type": "user",
        "authorization_details_types": ["payment", "shipping"],
    });
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]}
    "#);
}

#[tokio::test]
async fn a_default_grant_has_no_client_and_names_its_group_last() {
    let app = App::start().await;
    api(&app).await;
    let body = json!({"audience": API, "scope": ["read:data"], "default_for": "third_party_clients"});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_wUh1CMGTp2eJ7iSg","audience":"https://api.test/","scope":["read:data"],"subject_type":"client","default_for":"third_party_clients"}
    "#);
}

#[tokio::test]
async fn organization_settings_are_shown_when_they_were_set() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "scope": ["a", "b"],
        "allow_any_organization": true, "organization_usage": "allow",
    });
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a","b"],"organization_usage":"allow","allow_any_organization":true,"subject_type":"client"}
    "#);
}

#[tokio::test]
async fn settings_at_their_default_are_shown_too_when_they_were_set() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "scope": [], "allow_any_organization": false,
        "organization_usage": "deny", "subject_type": "client", "allow_all_scopes": false,
    });
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"organization_usage":"deny","allow_any_organization":false,"subject_type":"client","allow_all_scopes":false}
    "#);
}

#[tokio::test]
async fn members_are_shown_in_one_order_however_they_were_sent() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "allow_all_scopes": false, "authorization_details_types": ["payment"], "subject_type": "user",
        "allow_any_organization": false, "organization_usage": "require", "scope": ["z", "a"],
        "audience": API, "client_id": client_id,
    });
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["z","a"],"organization_usage":"require","allow_any_organization":false,"subject_type":"user","authorization_details_types":["payment"],"allow_all_scopes":false}
    "#);
}

#[tokio::test]
async fn the_order_of_scopes_and_repeated_ones_are_kept() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "scope": ["b", "a", "b", "c"]});
    let made = app.create("/client-grants", body).await;
    assert_eq!(made["scope"], json!(["b", "a", "b", "c"]));
    assert_eq!(app.get(&format!("/client-grants/{}", made["id"].as_str().unwrap())).await.json(), made);
}

#[tokio::test]
async fn a_management_api_grant_keeps_the_order_of_many_scopes() {
    let app = App::start().await;
    let client_id = client(&app).await;
    let api = app.get(&format!("/resource-servers/{}", urlencoded(MANAGEMENT))).await.json();
    let mut scope: Vec<Value> =
        api["scopes"].as_array().unwrap().iter().map(|scope| scope["value"].clone()).collect();
    scope.reverse();
    let body = json!({"client_id": client_id, "audience": MANAGEMENT, "scope": scope});
    assert_eq!(app.create("/client-grants", body).await["scope"], json!(scope));
    assert!(scope.len() > 130);
}

fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn neither_scope_nor_all_scopes_is_an_empty_scope() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"subject_type":"client"}
    "#);
}

#[tokio::test]
async fn all_scopes_stand_in_for_a_scope_that_was_not_sent() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "allow_all_scopes": true});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","subject_type":"client","allow_all_scopes":true}
    "#);
}

#[tokio::test]
async fn all_scopes_go_with_an_empty_scope() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "allow_all_scopes": true, "scope": []});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"subject_type":"client","allow_all_scopes":true}
    "#);
}

#[tokio::test]
async fn a_form_is_read_like_json() {
    let (app, client_id) = app_with_client().await;
    let body = format!(
        "client_id={client_id}&audience={}&scope[]=b&scope[]=a&allow_any_organization=true&organization_usage=allow",
        urlencoded(API)
    );
    let request = http::Request::post("/api/v2/client-grants")
        .header("authorization", format!("Bearer {}", app.token()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into())
        .unwrap();
    assert_snapshot!(app.send(request).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["b","a"],"organization_usage":"allow","allow_any_organization":true,"subject_type":"client"}
    "#);
}
