//! PATCH /resource-servers/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, api, text};
use crate::support::App;

async fn with_api() -> (App, String) {
    let app = App::start().await;
    let path = format!("/resource-servers/{}", text(&api(&app).await, "id"));
    (app, path)
}

#[tokio::test]
async fn scopes_are_replaced_whole() {
    let (app, path) = with_api().await;
    let answer = app.patch(&path, json!({"scopes": [{"value": "a", "description": "A"}]})).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"id":"8e1da83bc451e77706891ba3","identifier":"https://api.test/","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256","scopes":[{"value":"a","description":"A"}]}
    "#);
    assert_eq!(app.get(&path).await.text, answer.text);
    assert_eq!(app.patch(&path, json!({"scopes": []})).await.json()["scopes"], json!([]));
}

#[tokio::test]
async fn an_api_is_changed_under_its_identifier_too() {
    let (app, path) = with_api().await;
    for name in ["https:%2F%2Fapi.test%2F", "https:%252F%252Fapi.test%252F"] {
        let answer = app.patch(&format!("/resource-servers/{name}"), json!({"name": name})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(app.get(&path).await.json()["name"], name);
    }
}

#[tokio::test]
async fn the_sides_of_the_policies_change_one_at_a_time() {
    let (app, path) = with_api().await;
    let change = |side: &str, policy: &str| json!({"subject_type_authorization": {side: {"policy": policy}}});
    app.patch(&path, change("user", "deny_all")).await;
    let both = app.patch(&path, change("client", "deny_all")).await.json();
    let expected = json!({"client": {"policy": "deny_all"}, "user": {"policy": "deny_all"}});
    assert_eq!(both["subject_type_authorization"], expected);
    assert_eq!(app.patch(&path, change("client", "allow_all")).await.status, 400);
}

#[tokio::test]
async fn null_takes_away_what_may_be_absent() {
    let (app, path) = with_api().await;
    for (name, value) in [
        ("consent_policy", json!("transactional-authorization-with-mfa")),
        ("authorization_details", json!([{"type": "payment"}])),
        ("proof_of_possession", json!({"mechanism": "mtls", "required": false})),
        ("authorization_policy", json!({"policy_id": "p"})),
    ] {
        let set = app.patch(&path, json!({name: value})).await;
        assert_eq!(set.json()[name], value, "{}", set.text);
        let taken = app.patch(&path, json!({name: null})).await;
        assert_eq!((taken.status.as_u16(), taken.json().get(name)), (200, None), "{}", taken.text);
    }
}

#[tokio::test]
async fn the_identifier_never_changes() {
    let (app, path) = with_api().await;
    assert_snapshot!(app.patch(&path, json!({"identifier": API})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: identifier'.","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_hs256() {
    let (app, path) = with_api().await;
    let made = app.patch(&path, json!({"signing_alg": "HS256"})).await.json();
    let secret = text(&made, "signing_secret");
    assert_eq!(app.patch(&path, json!({"name": "x"})).await.json()["signing_secret"], json!(secret));
    let given = app.patch(&path, json!({"signing_secret": "0123456789abcdef"})).await.json();
    assert_eq!(given["signing_secret"], "0123456789abcdef");
    assert_eq!(app.patch(&path, json!({"signing_alg": "RS256"})).await.json().get("signing_secret"), None);
    let again = app.patch(&path, json!({"signing_alg": "HS256"})).await.json();
    assert_ne!(again["signing_secret"], "0123456789abcdef", "it is not kept");
}

#[tokio::test]
async fn who_may_only_change_an_api_does_not_see_the_secret_that_it_has() {
    let (app, path) = with_api().await;
    let secret = text(&app.patch(&path, json!({"signing_alg": "HS256"})).await.json(), "signing_secret");
    let body = Some(json!({"name": "x"}));
    let answer = app.call_holding(&["update:resource_servers"], "PATCH", &path, body).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text.contains(&secret), "{}", answer.text);
}

#[tokio::test]
async fn a_lifetime_for_web_follows_a_shorter_lifetime_but_does_not_exceed_it() {
    let (app, path) = with_api().await;
    let shorter = app.patch(&path, json!({"token_lifetime": 60})).await.json();
    assert_eq!(shorter["token_lifetime_for_web"], 60);
    assert_eq!(app.patch(&path, json!({"token_lifetime_for_web": 61})).await.status, 400);
}

#[tokio::test]
async fn a_change_of_nothing_is_no_failure() {
    let (app, path) = with_api().await;
    let before = app.get(&path).await.text;
    assert_eq!(app.patch(&path, json!({})).await.text, before);
}

#[tokio::test]
async fn an_api_that_is_not_there_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.patch("/resource-servers/000000000000000000000002", json!({})).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The resource server does not exist","errorCode":"inexistent_resource_server"}
    "#);
}

#[tokio::test]
async fn the_management_api_keeps_its_scopes_and_its_name() {
    let app = App::start().await;
    let path = "/resource-servers/https:%2F%2Fauth.test%2Fapi%2Fv2%2F";
    assert_snapshot!(app.patch(path, json!({"scopes": []})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: scopes'.","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.patch(path, json!({"name": "x", "enforce_policies": true})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: name,enforce_policies'.","errorCode":"invalid_body"}
    "#);
    let answer = app.patch(path, json!({"token_lifetime": 3600})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["token_lifetime"]), (200, &json!(3600)));
}

#[tokio::test]
async fn the_management_api_cannot_be_made_to_refuse_its_own_tokens() {
    let app = App::start().await;
    let path = "/resource-servers/https:%2F%2Fauth.test%2Fapi%2Fv2%2F";
    assert_snapshot!(app.patch(path, json!({"signing_alg": "HS256"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: signing_alg'.","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(app.patch(path, json!({"token_lifetime": 0})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: token_lifetime'.","errorCode":"invalid_body"}
    "#);
    for body in [json!({"signing_alg": "PS256"}), json!({"token_dialect": "rfc9068_profile"})] {
        assert_eq!(app.patch(path, body.clone()).await.status, 200, "{body}");
    }
}
