//! Who may plan, apply and export: who may read everything, and make each change alone.

use serde_json::{Value, json};

use super::call;
use crate::support::{Answer, App};

const READ: [&str; 5] = [
    "read:organizations",
    "read:resource_servers",
    "read:clients",
    "read:client_grants",
    "read:tenant_settings",
];

async fn apply_with(app: &App, scopes: &[&str], document: Value) -> Answer {
    let held: Vec<&str> = READ.iter().chain(scopes).copied().collect();
    let token = app.token_with_scopes(&held);
    call(app, &token, "POST", "/apply", Some(json!({ "document": document }))).await
}

#[tokio::test]
async fn reading_needs_every_reading_scope() {
    let app = App::start().await;
    for missing in READ {
        let scopes: Vec<&str> = READ.into_iter().filter(|scope| *scope != missing).collect();
        let token = app.token_with_scopes(&scopes);
        for (method, path) in [("GET", "/export"), ("POST", "/plan"), ("POST", "/apply")] {
            let answer = call(&app, &token, method, path, Some(json!({"document": {}}))).await;
            assert_eq!(answer.status, 403, "{method} {path} without {missing}");
        }
    }
    assert_eq!(apply_with(&app, &[], json!({})).await.status, 200);
}

#[tokio::test]
async fn each_change_needs_its_own_scope() {
    let app = App::start().await;
    let cases = [
        ("create:organizations", json!({"organizations": [{"name": "acme"}]})),
        ("update:organizations", json!({"organizations": [{"name": "acme", "display_name": "A"}]})),
        (
            "update:organizations",
            json!({"organizations": [{"name": "acme", "display_name": "A", "owner": "o"}]}),
        ),
        ("create:resource_servers", json!({"resource_servers": [{"identifier": "https://a.test/"}]})),
        ("create:clients", json!({"clients": [{"name": "Worker"}]})),
        ("update:client_keys", json!({"clients": [{"name": "Worker", "client_secret": "known"}]})),
        (
            "create:client_grants",
            json!({"client_grants": [{
                "client": "Worker", "audience": "https://a.test/", "scope": [], "organization_usage": "allow",
            }]}),
        ),
        (
            "create:organization_client_grants",
            json!({"client_grants": [{
                "client": "Worker", "audience": "https://a.test/", "scope": [], "organization_usage": "allow",
                "organizations": ["acme"],
            }]}),
        ),
        ("update:tenant_settings", json!({"tenant": {"friendly_name": "X"}})),
        ("update:tenant_settings", json!({"settings": {"scope_handling": "rfc6749"}})),
    ];
    for (scope, document) in cases {
        let refused = apply_with(&app, &[], document.clone()).await;
        assert_eq!(refused.status, 403, "{scope}: {}", refused.text);
        let answer = apply_with(&app, &[scope], document).await;
        assert_eq!(answer.status, 200, "{scope}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_new_secret_does_not_let_anything_else_through() {
    let app = App::start().await;
    let client = |secret: &str, description: &str| json!({"clients": [{"name": "Worker", "client_secret": secret, "description": description}]});
    super::applied(&app, client("one", "as it is")).await;
    for scope in ["update:client_keys", "update:clients"] {
        assert_eq!(apply_with(&app, &[scope], client("two", "changed")).await.status, 403, "{scope}");
    }
    let both = ["update:client_keys", "update:clients"];
    assert_eq!(apply_with(&app, &both, client("two", "changed")).await.status, 200);
}

#[tokio::test]
async fn nobody_gives_away_scopes_that_they_do_not_hold() {
    let app = App::start().await;
    let grant = json!({
        "clients": [{"name": "Friend", "client_secret": "known"}],
        "client_grants": [{"client": "Friend", "audience": "@management-api", "scope": ["delete:clients"]}],
    });
    let scopes = ["create:clients", "create:client_grants", "update:client_keys", "update:clients"];
    let refused = apply_with(&app, &scopes, grant.clone()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("delete:clients"), "{}", refused.text);
    super::applied(&app, grant).await;
    let taken_over = json!({"clients": [{"name": "Friend", "client_secret": "mine"}]});
    assert_eq!(apply_with(&app, &scopes, taken_over).await.status, 403);
    let opened = json!({"settings": {"allow_granting_unheld_scopes": true}});
    assert_eq!(apply_with(&app, &["update:tenant_settings"], opened).await.status, 403);
}
