//! What Auth0 has and grantd does not.

use grantd_management::elsewhere::ELSEWHERE;
use grantd_model::{ResourceServerId, management_api};
use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{MANAGEMENT, Requests, assert_is_error};
use crate::support::App;

#[tokio::test]
async fn every_path_is_read_and_none_is_written() {
    let app = App::start().await;
    let api = management_api(ResourceServerId::from("x"), MANAGEMENT.into()).scope_set();
    for row in ELSEWHERE {
        let path = row.path.replace(['{', '}'], "");
        let read = app.get(&path).await;
        assert!(matches!(read.status.as_u16(), 200 | 404), "{path}: {}", read.text);
        for method in ["POST", "PATCH", "PUT", "DELETE"] {
            let write = app.call(method, &path, Some(json!({"name": "x"}))).await;
            assert_eq!(write.status, 403, "{method} {path}: {}", write.text);
            // Of some there is nothing to write at Auth0 either, and no scope for it.
            let mut scopes = row.scopes().filter(|scope| !scope.starts_with("read:")).peekable();
            let may_be_held = scopes.peek().is_none() || scopes.any(|scope| api.contains(scope));
            let expected = if may_be_held { "operation_not_supported" } else { "insufficient_scope" };
            assert_eq!(write.json()["errorCode"], expected, "{method} {path}");
        }
    }
    assert_snapshot!(app.post("/roles", json!({"name": "x"})).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"This server has no users and nothing of their login: /api/v2/roles can only be read","errorCode":"operation_not_supported"}
    "#);
}

#[tokio::test]
async fn lists_come_in_the_envelope_that_is_asked_for() {
    let app = App::start().await;
    let read = async |path: &str| app.get(path).await.text;
    assert_eq!(read("/roles").await, "[]");
    assert_eq!(
        read("/roles?include_totals=true&page=1&per_page=100").await,
        r#"{"roles":[],"start":100,"limit":100,"total":0}"#
    );
    assert_eq!(read("/connections?take=50&strategy=auth0&from=b2ggbm8").await, r#"{"connections":[]}"#);
    assert_eq!(
        read("/users?include_totals=true").await,
        r#"{"start":0,"limit":50,"length":0,"users":[],"total":0}"#
    );
    assert_eq!(read("/custom-domains").await, "[]");
}

#[tokio::test]
async fn what_is_named_is_not_there() {
    let app = App::start().await;
    assert_snapshot!(app.get("/users/auth0%7C1").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}
    "#);
    assert_snapshot!(app.get("/emails/provider?fields=name").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"There is not a configured email provider","errorCode":"inexistent_email_provider"}
    "#);
    assert_eq!(app.get("/branding/themes/default").await.json()["errorCode"], "theme_not_found");
}

#[tokio::test]
async fn a_token_and_the_scope_are_asked_for_where_there_is_one() {
    let app = App::start().await;
    let api = management_api(ResourceServerId::from("x"), MANAGEMENT.into()).scope_set();
    for row in ELSEWHERE {
        let path = row.path.replace(['{', '}'], "");
        assert_eq!(app.call_with("", "GET", &path, None).await.status, 400, "{path}");
        let named: Vec<&str> = row.scopes().collect();
        assert!(named.is_empty() || named.iter().any(|scope| api.contains(scope)), "{path}");
        let refused = app.call_holding(&["read:client_grants"], "GET", &path, None).await;
        assert_eq!(refused.status == 403, !named.is_empty(), "{path}: {}", refused.text);
        if refused.status == 403 {
            assert_is_error(&refused);
        }
    }
}
