//! PATCH /clients/{id}

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, client, text};
use crate::support::{Answer, App};

async fn with_client(body: Value) -> (App, String) {
    let app = App::start().await;
    let mut body = body;
    body["name"] = json!("Robot");
    let path = format!("/clients/{}", text(&app.create("/clients", body).await, "client_id"));
    (app, path)
}

#[tokio::test]
async fn the_answer_shows_the_whole_client() {
    let (app, path) = with_client(json!({})).await;
    let answer = app.patch(&path, json!({"name": "Better", "description": "x"})).await;
    assert_snapshot!(answer.shown_without_certificate(), @r#"
        200 OK
        {
          "tenant": "auth.test",
          "client_id": "Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk",
          "name": "Better",
          "global": false,
          "is_first_party": true,
          "grant_types": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials"
          ],
          "is_token_endpoint_ip_header_trusted": false,
          "oidc_conformant": false,
          "sso_disabled": false,
          "cross_origin_authentication": false,
          "custom_login_page_on": true,
          "jwt_configuration": {
            "secret_encoded": false,
            "lifetime_in_seconds": 36000
          },
          "refresh_token": {
            "rotation_type": "non-rotating",
            "expiration_type": "non-expiring",
            "leeway": 0,
            "token_lifetime": 2592000,
            "infinite_token_lifetime": true,
            "infinite_idle_token_lifetime": true,
            "idle_token_lifetime": 1296000
          },
          "description": "x",
          "client_secret": "xHUqdIwmrcJxlP6vaZA8mfM8Yj1DMdnzEapt2GTn9Kkun0gK9kZG3teNEveP6xkU",
          "signing_keys": [
            {
              "cert": "(a certificate)",
              "pkcs7": "(a bag of certificates)",
              "subject": "deprecated"
            }
          ]
        }
    "#);
    let read = app.get(&path).await.json();
    assert_eq!((&read["name"], &read["client_secret"]), (&json!("Better"), &answer.json()["client_secret"]));
}

#[tokio::test]
async fn metadata_is_merged_and_null_takes_an_entry_away() {
    let (app, path) = with_client(json!({"client_metadata": {"a": "1", "b": "2"}})).await;
    for (change, expected) in [
        (json!({"c": "3"}), json!({"a": "1", "b": "2", "c": "3"})),
        (json!({"b": "4", "a": null}), json!({"b": "4", "c": "3"})),
        (json!({"b": null, "c": null}), json!({})),
    ] {
        let answer = app.patch(&path, json!({"client_metadata": change})).await;
        assert_eq!(answer.json()["client_metadata"], expected, "{change}");
        assert_eq!(app.get(&path).await.json()["client_metadata"], expected, "{change}");
    }
}

#[tokio::test]
async fn metadata_has_ten_entries_at_most_when_merged_too() {
    let entries =
        |range: std::ops::Range<usize>| range.map(|n| (n.to_string(), json!("x"))).collect::<Value>();
    let (app, path) = with_client(json!({"client_metadata": entries(0..10)})).await;
    let answer = app.patch(&path, json!({"client_metadata": entries(10..11)})).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
}

#[tokio::test]
async fn null_takes_away_what_may_be_absent() {
    let (app, path) = with_client(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
    for (name, value) in [
        ("organization_usage", json!("allow")),
        ("organization_require_behavior", json!("no_prompt")),
        ("token_quota", json!({"client_credentials": {"per_hour": 5}})),
        ("compliance_level", json!("none")),
        ("par_request_expiry", json!(30)),
    ] {
        let set = app.patch(&path, json!({name: value})).await;
        assert_eq!(set.json()[name], value, "{}", set.text);
        let taken = app.patch(&path, json!({name: null})).await;
        assert_eq!((taken.status.as_u16(), taken.json().get(name)), (200, None), "{}", taken.text);
    }
    let taken = app.patch(&path, json!({"token_endpoint_auth_method": null})).await.json();
    assert_eq!(taken.get("token_endpoint_auth_method"), None);
}

#[tokio::test]
async fn a_client_does_not_become_public_while_it_has_client_credentials() {
    let (app, path) = with_client(json!({"grant_types": ["client_credentials"]})).await;
    assert_snapshot!(app.patch(&path, json!({"token_endpoint_auth_method": "none"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid grant types: client_credentials","errorCode":"invalid_body"}
    "#);
    let body = json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]});
    assert_eq!(app.patch(&path, body).await.status, 200);
    assert_eq!(app.patch(&path, json!({"grant_types": ["client_credentials"]})).await.status, 400);
}

#[tokio::test]
async fn the_security_mode_never_changes() {
    let (app, path) =
        with_client(json!({"is_first_party": false, "third_party_security_mode": "strict"})).await;
    let refused = app.patch(&path, json!({"third_party_security_mode": "permissive"})).await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `third_party_security_mode` cannot be changed after creation","errorCode":"invalid_body"}
    "#);
    assert_eq!(app.patch(&path, json!({"is_first_party": true})).await.text, refused.text);
}

#[tokio::test]
async fn organization_settings_are_unset_before_a_client_becomes_third_party() {
    let (app, path) = with_client(json!({"organization_usage": "allow"})).await;
    assert_snapshot!(app.patch(&path, json!({"is_first_party": false})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `organization_usage` and `organization_require_behavior` must be unset to make a client third-party","errorCode":"invalid_body"}
    "#);
    app.patch(&path, json!({"organization_usage": null})).await;
    let answer = app.patch(&path, json!({"is_first_party": false})).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["is_first_party"]),
        (200, &json!(false)),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_api_of_a_client_never_changes() {
    let (app, path) = with_client(json!({})).await;
    assert_snapshot!(app.patch(&path, json!({"resource_server_identifier": "x"})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Additional properties not allowed: resource_server_identifier'.","errorCode":"invalid_body"}
    "#);
}

/// The scopes that would do, as the refusal names them.
fn expected_scopes(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["errorCode"]), (403, &json!("insufficient_scope")));
    body["message"].as_str().unwrap().replace("Insufficient scope, expected any of: ", "")
}

#[tokio::test]
async fn each_member_needs_its_scope() {
    let (app, path) = with_client(json!({})).await;
    for (held, body, needed) in [
        ("update:clients", json!({"name": "x"}), None),
        ("update:client_keys", json!({"client_secret": "x"}), None),
        ("update:clients", json!({"client_secret": "x"}), Some("update:client_keys")),
        ("update:clients", json!({"name": "x", "client_secret": "x"}), Some("update:client_keys")),
        ("update:client_keys", json!({"name": "x"}), Some("update:clients")),
        ("update:client_keys", json!({"client_secret": "x", "name": "x"}), Some("update:clients")),
        ("update:client_credentials", json!({"name": "x"}), Some("update:clients")),
    ] {
        let answer = app.call_holding(&[held], "PATCH", &path, Some(body.clone())).await;
        match needed {
            None => assert_eq!(answer.status, 200, "{held} {body}: {}", answer.text),
            Some(needed) => assert_eq!(expected_scopes(&answer), needed, "{held} {body}"),
        }
    }
    assert_eq!(app.get(&path).await.json()["client_secret"], "x");
}

#[tokio::test]
async fn who_may_only_change_clients_does_not_see_the_secret() {
    let (app, path) = with_client(json!({})).await;
    let secret = text(&app.get(&path).await.json(), "client_secret");
    let answer = app.call_holding(&["update:clients"], "PATCH", &path, Some(json!({"name": "x"}))).await;
    assert!(!answer.text.contains(&secret) && answer.status == 200, "{}", answer.text);
}

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    let (app, path) = with_client(json!({})).await;
    assert_eq!(
        app.patch(&path, json!({})).await.json()["message"],
        "Payload validation error: 'Too few properties defined (0), minimum 1'."
    );
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_found() {
    let app = App::start().await;
    client(&app).await;
    assert_snapshot!(app.patch("/clients/nobody", json!({"name": "x"})).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
