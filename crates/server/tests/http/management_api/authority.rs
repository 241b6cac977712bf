//! What stands for Management API scopes is only touched by who holds them: secrets, the administration client,
//! the setting that turns this off, and the audience itself.

use grantd_store::Change;
use serde_json::{Value, json};

use super::fixtures::{MANAGEMENT, Requests, client, grant, system_grant};
use super::settings;
use crate::support::{App, ISSUER};

/// A client that holds `delete:clients`, which the callers of these tests do not.
async fn powerful_client(app: &App) -> String {
    let id = client(app).await;
    grant(app, json!({"client_id": id, "audience": MANAGEMENT, "scope": ["delete:clients"]})).await;
    id
}

#[tokio::test]
async fn the_secret_of_a_client_that_may_more_is_not_shown() {
    let app = App::start().await;
    let (powerful, plain) = (powerful_client(&app).await, client(&app).await);
    for scope in ["read:client_keys", "read:client_credentials"] {
        let shows = async |id: &str| {
            let answer = app.call_holding(&[scope], "GET", &format!("/clients/{id}"), None).await;
            answer.json().get("client_secret").is_some()
        };
        assert!(!shows(&powerful).await, "{scope}");
        assert!(shows(&plain).await, "{scope}");
        let list = app.call_holding(&[scope], "GET", "/clients", None).await.json();
        let listed = list.as_array().unwrap().iter().find(|client| client["client_id"] == powerful);
        assert!(listed.unwrap().get("client_secret").is_none(), "{scope}");
    }
    let held = ["read:client_keys", "delete:clients"];
    let answer = app.call_holding(&held, "GET", &format!("/clients/{powerful}"), None).await;
    assert!(answer.json().get("client_secret").is_some(), "who holds as much may see it");
}

#[tokio::test]
async fn the_secret_of_a_client_that_may_more_is_not_changed() {
    let app = App::start().await;
    let path = format!("/clients/{}", powerful_client(&app).await);
    let holding = ["update:client_keys", "update:clients"];
    let rotated = app.call_holding(&holding, "POST", &format!("{path}/rotate-secret"), None).await;
    let chosen = json!({"client_secret": "chosen-by-the-caller"});
    let changed = app.call_holding(&holding, "PATCH", &path, Some(chosen)).await;
    for answer in [rotated, changed] {
        assert_eq!(answer.status, 403, "{}", answer.text);
        assert!(answer.text.contains("do not hold yourself: delete:clients"), "{}", answer.text);
        assert!(!answer.text.contains("client_secret"), "{}", answer.text);
    }
    assert_eq!(app.call_holding(&holding, "PATCH", &path, Some(json!({"name": "x"}))).await.status, 200);
}

#[tokio::test]
async fn only_who_holds_everything_turns_the_guard_off() {
    let app = App::start().await;
    let body = Some(json!({"allow_granting_unheld_scopes": true}));
    let token = app.token_with_scopes(&["update:tenant_settings", "create:client_grants"]);
    let answer = settings::call(&app, &token, "PATCH", body.clone()).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(answer.text.ends_with(", …\",\"errorCode\":\"insufficient_scope\"}"), "{}", answer.text);
    let off = Some(json!({"allow_granting_unheld_scopes": false, "scope_handling": "rfc6749"}));
    assert_eq!(settings::call(&app, &token, "PATCH", off).await.status, 200);
    assert_eq!(settings::call(&app, &app.token(), "PATCH", body).await.status, 200);
}

#[tokio::test]
async fn the_administration_client_stays_one() {
    let app = App::start().await;
    let id = client(&app).await;
    system_grant(&app, &id).await;
    let path = format!("/clients/{id}");
    let locked_out = [
        json!({"is_first_party": false}),
        json!({"grant_types": []}),
        json!({"require_proof_of_possession": true}),
        json!({"token_endpoint_auth_method": "none", "grant_types": []}),
    ];
    for body in locked_out {
        let answer = app.patch(&path, body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["errorCode"]), refused(), "{body}");
    }
    let answer = app.call("DELETE", &path, None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["errorCode"]), refused());
    assert_eq!(app.patch(&path, json!({"name": "Chief"})).await.status, 200);
    assert_eq!(app.get(&path).await.status, 200, "it is still there");
}

fn refused() -> (u16, &'static Value) {
    static CODE: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!("operation_not_supported"));
    (403, &CODE)
}

/// Another process may move the Management API; whoever then takes its identifier gets no say here.
#[tokio::test]
async fn an_ordinary_api_with_the_audience_of_the_management_api_is_not_it() {
    let app = App::start().await;
    let token = app.token();
    let api = app.store.find_resource_server(&MANAGEMENT.into()).await.unwrap().unwrap().record;
    let identifier = "https://moved.test/api/v2/".into();
    app.store.commit(vec![Change::MoveResourceServer { id: api.id, identifier }]).await.unwrap();
    app.follower.catch_up().await.unwrap();
    let answer = app.call_with(&token, "GET", "/clients", None).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["message"]),
        (401, &json!("Invalid token")),
        "{ISSUER}"
    );
}
