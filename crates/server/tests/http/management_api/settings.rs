//! GET and PATCH /grantd/v1/settings

use http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, App};

pub async fn call(app: &App, token: &str, method: &str, body: Option<Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri("/grantd/v1/settings")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map(|body| body.to_string()).unwrap_or_default().into())
        .unwrap();
    app.send(request).await
}

#[tokio::test]
async fn what_is_not_set_is_as_auth0_has_it_but_no_unheld_scope_is_granted() {
    let app = App::start().await;
    assert_snapshot!(call(&app, &app.token(), "GET", None).await.wire(), @r#"
        200 OK
        {"scope_handling":"auth0","allow_granting_unheld_scopes":false,"signing_key_rotation_days":null,"rate_limits":null}
    "#);
}

#[tokio::test]
async fn a_change_names_what_it_changes_and_the_answer_shows_all() {
    let app = App::start().await;
    let body = json!({"allow_granting_unheld_scopes": true});
    let answer = call(&app, &app.token(), "PATCH", Some(body)).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"scope_handling":"auth0","allow_granting_unheld_scopes":true,"signing_key_rotation_days":null,"rate_limits":null}
    "#);
    let narrowed = call(&app, &app.token(), "PATCH", Some(json!({"scope_handling": "rfc6749"}))).await;
    assert_snapshot!(narrowed.wire(), @r#"
        200 OK
        {"scope_handling":"rfc6749","allow_granting_unheld_scopes":true,"signing_key_rotation_days":null,"rate_limits":null}
    "#);
    assert_eq!(call(&app, &app.token(), "GET", None).await.text, narrowed.text);
}

#[tokio::test]
async fn what_is_not_a_setting_is_refused() {
    let app = App::start().await;
    for body in [
        json!({}),
        json!([]),
        json!({"tea": 1}),
        json!({"scope_handling": "x"}),
        json!({"scope_handling": null}),
        json!({"allow_granting_unheld_scopes": "true"}),
        json!({"allow_granting_unheld_scopes": null}),
    ] {
        let answer = call(&app, &app.token(), "PATCH", Some(body.clone())).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errorCode"]),
            (400, &json!("invalid_body")),
            "{body}"
        );
    }
    assert_eq!(call(&app, &app.token(), "PATCH", None).await.status, 400);
}

#[tokio::test]
async fn a_query_is_refused() {
    let app = App::start().await;
    for method in ["GET", "PATCH"] {
        let request = Request::builder()
            .method(method)
            .uri("/grantd/v1/settings?tea=1")
            .header("authorization", format!("Bearer {}", app.token()))
            .body(r#"{"scope_handling": "auth0"}"#.into())
            .unwrap();
        assert_eq!(app.send(request).await.json()["errorCode"], "invalid_query_string", "{method}");
    }
}

#[tokio::test]
async fn they_need_the_scopes_of_the_tenants_settings() {
    let app = App::start().await;
    let wrong = app.token_with_scopes(&["update:clients"]);
    assert_snapshot!(call(&app, &wrong, "GET", None).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:tenant_settings","errorCode":"insufficient_scope"}
    "#);
    assert_snapshot!(call(&app, &wrong, "PATCH", None).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:tenant_settings","errorCode":"insufficient_scope"}
    "#);
    assert_eq!(call(&app, "x", "GET", None).await.status, 400);
    assert_snapshot!(call(&app, &app.token(), "DELETE", None).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Not Found"}
    "#);
}

#[tokio::test]
async fn nobody_reads_them_without_a_token() {
    let app = App::start().await;
    let request = Request::get("/grantd/v1/settings").body("".into()).unwrap();
    assert_snapshot!(app.send(request).await.wire(), @r#"
        401 Unauthorized
        {"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}
    "#);
    let request = Request::get("/grantd/v1/teapots").body("".into()).unwrap();
    assert_snapshot!(app.send(request).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Not Found"}
    "#);
}
