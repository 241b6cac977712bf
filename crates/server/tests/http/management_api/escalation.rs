//! Nobody grants Management API scopes that it does not hold, unless the deployment says otherwise.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, MANAGEMENT, Requests, api, client, grant};
use super::settings;
use crate::support::{Answer, App};

const HELD: [&str; 3] = ["create:client_grants", "update:client_grants", "read:clients"];

async fn create(app: &App, client_id: &str, scope: Value) -> Answer {
    let body = json!({"client_id": client_id, "audience": MANAGEMENT, "scope": scope});
    app.call_holding(&HELD, "POST", "/client-grants", Some(body)).await
}

#[tokio::test]
async fn a_new_grant_with_scopes_that_the_caller_does_not_hold_is_refused_and_they_are_named() {
    let app = App::start().await;
    let client_id = client(&app).await;
    let scope = json!(["read:clients", "create:client_grants", "delete:clients", "read:logs"]);
    assert_snapshot!(create(&app, &client_id, scope).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"You cannot grant Management API scopes that you do not hold yourself: delete:clients, read:logs","errorCode":"insufficient_scope"}
    "#);
    assert_eq!(app.get("/client-grants").await.json(), json!([]), "nothing was made");
}

#[tokio::test]
async fn a_new_grant_with_scopes_that_the_caller_holds_is_made() {
    let app = App::start().await;
    let client_id = client(&app).await;
    let answer = create(&app, &client_id, json!(["read:clients", "create:client_grants"])).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test]
async fn a_grant_for_users_is_no_way_around() {
    let app = App::start().await;
    let body = json!({
        "client_id": client(&app).await, "audience": MANAGEMENT, "scope": ["delete:clients"], "subject_type": "user",
    });
    let answer = app.call_holding(&HELD, "POST", "/client-grants", Some(body)).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
}

#[tokio::test]
async fn a_changed_grant_may_keep_what_it_had_and_gain_what_the_caller_holds() {
    let app = App::start().await;
    let made = json!({"client_id": client(&app).await, "audience": MANAGEMENT, "scope": ["delete:clients"]});
    let path = format!("/client-grants/{}", grant(&app, made).await);
    let change_to =
        async |scope: Value| app.call_holding(&HELD, "PATCH", &path, Some(json!({"scope": scope}))).await;
    assert_eq!(change_to(json!(["delete:clients", "read:clients"])).await.status, 200);
    let refused = change_to(json!(["delete:clients", "read:clients", "read:logs"])).await;
    assert_snapshot!(refused.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"You cannot grant Management API scopes that you do not hold yourself: read:logs","errorCode":"insufficient_scope"}
    "#);
    assert_eq!(change_to(json!(["read:clients"])).await.status, 200);
    assert_eq!(
        change_to(json!(["delete:clients"])).await.status,
        403,
        "what was given up is not had any more"
    );
    let settled = app.call_holding(&HELD, "PATCH", &path, Some(json!({"organization_usage": "allow"}))).await;
    assert_eq!(settled.status, 200);
}

#[tokio::test]
async fn scopes_that_there_are_not_are_told_before_scopes_that_are_not_held() {
    let app = App::start().await;
    let answer = create(&app, &client(&app).await, json!(["read:tea", "delete:clients"])).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
}

#[tokio::test]
async fn other_apis_are_not_concerned() {
    let app = App::start().await;
    api(&app).await;
    let body =
        json!({"client_id": client(&app).await, "audience": API, "scope": ["delete:clients", "anything"]});
    let made = app.call_holding(&HELD, "POST", "/client-grants", Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/client-grants/{}", made.json()["id"].as_str().unwrap());
    let all = app.call_holding(&HELD, "PATCH", &path, Some(json!({"allow_all_scopes": true}))).await;
    assert_eq!(all.status, 200, "{}", all.text);
}

#[tokio::test]
async fn the_deployment_can_allow_it_and_take_it_back() {
    let app = App::start().await;
    let client_id = client(&app).await;
    let allow = async |allowed: bool| {
        let body = json!({"allow_granting_unheld_scopes": allowed});
        assert_eq!(settings::call(&app, &app.token(), "PATCH", Some(body)).await.status, 200);
    };
    assert_eq!(create(&app, &client_id, json!(["delete:clients"])).await.status, 403);
    allow(true).await;
    let made = create(&app, &client_id, json!(["delete:clients"])).await;
    assert_eq!(made.status, 201);
    let path = format!("/client-grants/{}", made.json()["id"].as_str().unwrap());
    let body = json!({"scope": ["delete:clients", "read:logs"]});
    allow(false).await;
    assert_eq!(app.call_holding(&HELD, "PATCH", &path, Some(body.clone())).await.status, 403);
    allow(true).await;
    assert_eq!(app.call_holding(&HELD, "PATCH", &path, Some(body)).await.status, 200);
}
