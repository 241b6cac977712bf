//! PATCH /tenants/settings

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::Requests;
use crate::support::App;

const PATH: &str = "/tenants/settings";

#[tokio::test]
async fn the_answer_shows_all_settings() {
    let app = App::start().await;
    assert_snapshot!(app.patch(PATH, json!({"default_audience": "https://a.test/"})).await.wire(), @r#"
        200 OK
        {"default_audience":"https://a.test/","resource_parameter_profile":"audience","enabled_locales":["en"],"flags":{"allow_changing_enable_sso":false,"disable_impersonation":true,"enable_sso":true,"universal_login":true,"revoke_refresh_token_grant":false,"disable_clickjack_protection_headers":false,"cannot_change_enforce_client_authentication_on_passwordless_start":true,"enforce_client_authentication_on_passwordless_start":true},"sandbox_version":"22","oidc_logout":{"rp_logout_end_session_endpoint_discovery":true},"universal_login":{}}
    "#);
}

#[tokio::test]
async fn settings_are_stored_and_null_takes_them_away() {
    let app = App::start().await;
    let quota = json!({"clients": {"client_credentials": {"per_hour": 5, "enforce": true}}});
    for (name, value) in [
        ("default_token_quota", quota),
        ("allow_organization_name_in_authentication_api", json!(true)),
        ("mtls", json!({"enable_endpoint_aliases": true})),
        ("pushed_authorization_requests_supported", json!(true)),
        ("acr_values_supported", json!(["a"])),
    ] {
        assert_eq!(app.patch(PATH, json!({name: value})).await.status, 200, "{name}");
        assert_eq!(app.get(PATH).await.json()[name], value, "{name}");
        let taken = app.patch(PATH, json!({name: null})).await;
        assert_eq!(taken.status, 200, "{name}: {}", taken.text);
        assert_eq!(app.get(PATH).await.json().get(name), None, "{name}");
    }
}

#[tokio::test]
async fn an_empty_default_audience_is_none() {
    let app = App::start().await;
    app.patch(PATH, json!({"default_audience": "https://a.test/"})).await;
    assert_eq!(app.patch(PATH, json!({"default_audience": ""})).await.status, 200);
    let held = app.get(PATH).await.json();
    assert!(matches!(held.get("default_audience").and_then(Value::as_str), None | Some("")));
}

#[tokio::test]
async fn flags_change_one_at_a_time() {
    let app = App::start().await;
    app.patch(PATH, json!({"flags": {"remove_alg_from_jwks": true}})).await;
    let flags = app.get(PATH).await.json()["flags"].clone();
    assert_eq!((&flags["remove_alg_from_jwks"], &flags["enable_sso"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_change_of_nothing_or_of_what_there_is_not_is_refused() {
    let app = App::start().await;
    assert_snapshot!(app.patch(PATH, json!({})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Too few properties defined (0), minimum 1'.","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.patch(PATH, json!({"tea": true})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: tea'.","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.patch(PATH, json!({"resource_parameter_profile": "x"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'No enum match for: x' on property resource_parameter_profile (Profile that determines how the identity of the protected resource (i.e., API) can be specified in the OAuth endpoints when access is being requested. When set to audience (default), the audience parameter is used to specify the resource server. When set to compatibility, the audience parameter is still checked first, but if it not provided, then the resource parameter can be used to specify the resource server).","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn our_own_settings_are_not_among_them() {
    let app = App::start().await;
    assert_eq!(app.patch(PATH, json!({"allow_granting_unheld_scopes": true})).await.status, 400);
    assert_eq!(app.get(PATH).await.json().get("extensions"), None);
}
