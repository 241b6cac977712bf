//! POST /resource-servers

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, MANAGEMENT, Requests, api};
use crate::support::App;

#[tokio::test]
async fn an_identifier_is_enough_and_the_defaults_are_shown() {
    let app = App::start().await;
    assert_snapshot!(app.post("/resource-servers", json!({"identifier": API})).await.wire(), @r#"
        201 Created
        {"id":"8e1da83bc451e77706891ba3","identifier":"https://api.test/","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256"}
    "#);
}

#[tokio::test]
async fn members_are_shown_in_one_order() {
    let app = App::start().await;
    let body = json!({
        "authorization_policy": {"policy_id": "p"},
        "proof_of_possession": {"mechanism": "dpop", "required": true, "required_for": "all_clients"},
        "authorization_details": [{"type": "payment"}],
        "consent_policy": "transactional-authorization-with-mfa",
        "token_dialect": "rfc9068_profile",
        "enforce_policies": false,
        "scopes": [{"value": "b"}, {"description": "", "value": "a"}],
        "signing_alg": "PS256",
        "token_lifetime_for_web": 60,
        "token_lifetime": 120,
        "subject_type_authorization": {"user": {"policy": "deny_all"}, "client": {"policy": "deny_all"}},
        "allow_online_access": false,
        "skip_consent_for_verifiable_first_party_clients": true,
        "allow_offline_access": true,
        "name": "Things",
        "identifier": API,
    });
    let answer = app.post("/resource-servers", body).await;
    assert_snapshot!(answer.shown(), @r#"
        201 Created
        {
          "id": "8e1da83bc451e77706891ba3",
          "name": "Things",
          "identifier": "https://api.test/",
          "allow_offline_access": true,
          "skip_consent_for_verifiable_first_party_clients": true,
          "allow_online_access": false,
          "subject_type_authorization": {
            "client": {
              "policy": "deny_all"
            },
            "user": {
              "policy": "deny_all"
            }
          },
          "token_lifetime": 120,
          "token_lifetime_for_web": 60,
          "signing_alg": "PS256",
          "scopes": [
            {
              "value": "b"
            },
            {
              "value": "a",
              "description": ""
            }
          ],
          "enforce_policies": false,
          "token_dialect": "rfc9068_profile",
          "consent_policy": "transactional-authorization-with-mfa",
          "authorization_details": [
            {
              "type": "payment"
            }
          ],
          "proof_of_possession": {
            "mechanism": "dpop",
            "required": true,
            "required_for": "all_clients"
          },
          "authorization_policy": {
            "policy_id": "p"
          }
        }
    "#);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&format!("/resource-servers/{id}")).await.text, answer.text);
}

#[tokio::test]
async fn an_empty_list_of_scopes_is_shown_as_such() {
    let app = App::start().await;
    let made = app.create("/resource-servers", json!({"identifier": API, "scopes": []})).await;
    assert_eq!(made["scopes"], json!([]));
}

#[tokio::test]
async fn null_is_the_same_as_nothing_where_it_may_stand() {
    let app = App::start().await;
    let bare = app.create("/resource-servers", json!({"identifier": "https://bare.test/"})).await;
    let mut body = json!({"identifier": API});
    let nullable = [
        "token_encryption",
        "consent_policy",
        "authorization_details",
        "proof_of_possession",
        "authorization_policy",
    ];
    for name in nullable {
        body[name] = Value::Null;
    }
    let made = app.create("/resource-servers", body).await;
    let names = |api: &Value| api.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&bare));
}

#[tokio::test]
async fn one_side_of_the_policies_leaves_the_other_at_its_default() {
    let app = App::start().await;
    let body = json!({"identifier": API, "subject_type_authorization": {"client": {"policy": "deny_all"}}});
    let made = app.create("/resource-servers", body).await;
    let expected = json!({"client": {"policy": "deny_all"}, "user": {"policy": "allow_all"}});
    assert_eq!(made["subject_type_authorization"], expected);
}

#[tokio::test]
async fn an_identifier_is_taken_once() {
    let app = App::start().await;
    api(&app).await;
    assert_snapshot!(app.post("/resource-servers", json!({"identifier": API})).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"A resource server with the same identifier already exists","errorCode":"resource_server_conflict"}
    "#);
    assert_eq!(app.post("/resource-servers", json!({"identifier": MANAGEMENT})).await.status, 409);
    for identifier in ["https://api.test", "https://API.test/"] {
        assert_eq!(app.post("/resource-servers", json!({"identifier": identifier})).await.status, 201);
    }
}

#[tokio::test]
async fn a_secret_is_made_for_hs256_and_for_nothing_else() {
    let app = App::start().await;
    let made = app.create("/resource-servers", json!({"identifier": API, "signing_alg": "HS256"})).await;
    assert_eq!(made["signing_secret"].as_str().unwrap().len(), 64);
    let secret = "0123456789abcdef";
    let body = json!({"identifier": "https://b.test/", "signing_alg": "HS256", "signing_secret": secret});
    assert_eq!(app.create("/resource-servers", body).await["signing_secret"], secret);
    let body = json!({"identifier": "https://c.test/", "signing_alg": "RS512", "signing_secret": secret});
    assert_eq!(app.create("/resource-servers", body).await.get("signing_secret"), None);
    let short = json!({"identifier": "https://d.test/", "signing_alg": "HS256", "signing_secret": "short"});
    assert_eq!(app.post("/resource-servers", short).await.status, 400);
}

#[tokio::test]
async fn a_lifetime_for_web_follows_a_shorter_lifetime_but_does_not_exceed_it() {
    let app = App::start().await;
    let made = app.create("/resource-servers", json!({"identifier": API, "token_lifetime": 60})).await;
    assert_eq!(made["token_lifetime_for_web"], 60);
    let body = json!({"identifier": "https://b.test/", "token_lifetime": 60, "token_lifetime_for_web": 61});
    assert_snapshot!(app.post("/resource-servers", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: token_lifetime_for_web cannot exceed token_lifetime","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn numbers_and_names_have_bounds() {
    let app = App::start().await;
    for (name, value) in [
        ("token_lifetime", json!(-1)),
        ("token_lifetime", json!(2_592_001)),
        ("token_lifetime", json!(1.5)),
        ("token_lifetime", json!("60")),
        ("name", json!("<b>")),
        ("name", json!("x".repeat(201))),
        ("identifier", json!("")),
        ("identifier", json!("x".repeat(601))),
        ("signing_alg", json!("none")),
        ("scopes", json!([{"value": ""}])),
        ("scopes", json!([{"value": "x".repeat(281)}])),
        ("scopes", json!([{"value": "a", "description": "x".repeat(501)}])),
        ("scopes", json!([{"description": "a"}])),
        ("scopes", json!([{"value": "a", "x": 1}])),
        ("id", json!("000000000000000000000002")),
        ("is_system", json!(true)),
        ("client_id", json!("x")),
    ] {
        let mut body = json!({"identifier": API});
        body[name] = value.clone();
        let answer = app.post("/resource-servers", body).await;
        assert_eq!(answer.status, 400, "{name} {value}: {}", answer.text);
        assert_eq!(answer.json()["errorCode"], "invalid_body", "{name}");
    }
    let widest =
        json!({"identifier": "x".repeat(600), "name": "x".repeat(200), "token_lifetime": 2_592_000.0});
    assert_eq!(app.create("/resource-servers", widest).await["token_lifetime"].to_string(), "2592000");
}
