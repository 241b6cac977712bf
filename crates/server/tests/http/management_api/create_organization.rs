//! POST /organizations

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, organization};
use crate::support::App;

#[tokio::test]
async fn a_name_is_enough() {
    let app = App::start().await;
    assert_snapshot!(app.post("/organizations", json!({"name": "acme"})).await.wire(), @r#"
        201 Created
        {"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}
    "#);
}

#[tokio::test]
async fn everything_that_can_be_said_is_shown() {
    let app = App::start().await;
    let body = json!({
        "name": "1st-team_a", "display_name": "First Team", "metadata": {"plan": "gold"},
        "branding": {
            "logo_url": "https://acme.test/logo.png",
            "colors": {"primary": "#0059d6", "page_background": "#000"},
        },
        "token_quota": {"client_credentials": {"enforce": false, "per_day": 100, "per_hour": 10}},
        "third_party_client_access": "allow", "is_app_entitlement_active": true,
    });
    let made = app.post("/organizations", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let path = format!("/organizations/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.json(), made);
}

#[tokio::test]
async fn metadata_without_entries_is_not_shown() {
    let app = App::start().await;
    let made = app.create("/organizations", json!({"name": "acme", "metadata": {}})).await;
    assert_eq!(made.get("metadata"), None);
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let app = App::start().await;
    organization(&app, "acme").await;
    assert_snapshot!(app.post("/organizations", json!({"name": "acme"})).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"An organization with this name already exists.","errorCode":"organization_conflict"}
    "#);
}

#[tokio::test]
async fn a_name_has_a_form() {
    let app = App::start().await;
    for name in ["Acme", "-acme", "_acme", "a b", "acme.com", "é", "", &"a".repeat(51)] {
        let answer = app.post("/organizations", json!({"name": name})).await;
        assert_eq!(answer.status, 400, "{name:?}");
        assert!(answer.json()["message"].as_str().unwrap().contains(" on property name"), "{}", answer.text);
    }
    for name in ["a", "0", "a-b_c", &"a".repeat(50)] {
        assert_eq!(app.post("/organizations", json!({"name": name})).await.status, 201, "{name:?}");
    }
    assert_snapshot!(app.post("/organizations", json!({"name": "Acme"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Object didn't pass validation for format organization-name: Acme' on property name (The name of this organization).","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn no_connections_may_be_named_by_who_may_name_connections() {
    let app = App::start().await;
    let body = json!({"name": "acme", "enabled_connections": []});
    let alone =
        app.call_holding(&["create:organizations"], "POST", "/organizations", Some(body.clone())).await;
    assert_snapshot!(alone.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: create:organization_connections","errorCode":"insufficient_scope"}
    "#);
    let scopes = ["create:organizations", "create:organization_connections"];
    let both = app.call_holding(&scopes, "POST", "/organizations", Some(body)).await;
    assert_eq!(both.status, 201, "{}", both.text);
}

#[tokio::test]
async fn there_are_no_connections_to_name() {
    let app = App::start().await;
    let connection = json!({"connection_id": "con_0123456789abcdef"});
    let body = json!({"name": "acme", "enabled_connections": [connection]});
    assert_snapshot!(app.post("/organizations", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: connections are not supported; enabled_connections must be empty","errorCode":"invalid_body"}
    "#);
    assert_eq!(app.get("/organizations/name/acme").await.status, 404, "nothing was made");
}

#[tokio::test]
async fn a_quota_is_made_of_whole_numbers() {
    let app = App::start().await;
    for quota in
        [json!({"per_day": 0}), json!({"per_day": 2_147_483_648_u32}), json!({"per_hour": 1.5}), json!({})]
    {
        let body = json!({"name": "acme", "token_quota": {"client_credentials": quota}});
        assert_eq!(app.post("/organizations", body).await.status, 400, "{quota}");
    }
}
