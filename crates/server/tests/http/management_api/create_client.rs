//! POST /clients

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, Requests, api};
use crate::support::App;

#[tokio::test]
async fn a_name_is_enough_and_the_answer_shows_the_defaults_and_the_secret() {
    let app = App::start().await;
    let answer = app.post("/clients", json!({"name": "Robot"})).await;
    assert_snapshot!(answer.shown_without_certificate(), @r#"
        201 Created
        {
          "tenant": "auth.test",
          "client_id": "Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk",
          "name": "Robot",
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
}

#[tokio::test]
async fn the_secret_is_shown_to_who_may_only_create() {
    let app = App::start().await;
    let body = Some(json!({"name": "Robot"}));
    let made = app.call_holding(&["create:clients"], "POST", "/clients", body).await;
    assert_eq!(made.json()["client_secret"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn grant_types_depend_on_what_the_client_is() {
    let app = App::start().await;
    let login = ["authorization_code", "implicit", "refresh_token"];
    for (body, expected) in [
        (json!({"app_type": "spa"}), json!(login)),
        (json!({"app_type": "native"}), json!(login)),
        (json!({"token_endpoint_auth_method": "none"}), json!(login)),
        (json!({"app_type": "resource_server"}), json!([])),
        (json!({"app_type": "express_configuration"}), json!(["authorization_code", "client_credentials"])),
        (
            json!({"is_first_party": false, "third_party_security_mode": "strict"}),
            json!(["authorization_code"]),
        ),
        (json!({"grant_types": ["client_credentials"]}), json!(["client_credentials"])),
    ] {
        let mut request = body.clone();
        request["name"] = json!("Robot");
        assert_eq!(app.create("/clients", request).await["grant_types"], expected, "{body}");
    }
}

#[tokio::test]
async fn a_strict_third_party_client_has_an_id_of_its_own_form() {
    let app = App::start().await;
    let body = json!({"name": "Partner", "is_first_party": false, "third_party_security_mode": "strict"});
    let made = app.create("/clients", body).await;
    let id = made["client_id"].as_str().unwrap();
    assert!(id.starts_with("tpc_") && id.len() == 26, "{id}");
    for (name, expected) in [
        ("redirection_policy", json!("open_redirect_protection")),
        ("oidc_conformant", json!(true)),
        ("jwt_configuration", json!({"secret_encoded": false, "alg": "RS256", "lifetime_in_seconds": 3600})),
    ] {
        assert_eq!(made[name], expected, "{name}");
    }
    assert_eq!(made["refresh_token"]["expiration_type"], "expiring");
    assert_eq!(made["refresh_token"]["infinite_idle_token_lifetime"], false);
}

#[tokio::test]
async fn a_permissive_third_party_client_has_the_usual_id() {
    let app = App::start().await;
    let made = app.create("/clients", json!({"name": "Partner", "is_first_party": false})).await;
    assert_eq!(made["client_id"].as_str().unwrap().len(), 32);
    assert_eq!(made["third_party_security_mode"], "permissive");
}

#[tokio::test]
async fn refresh_tokens_live_longer_for_clients_that_authenticate() {
    let app = App::start().await;
    let lifetimes = |client: &Value| {
        let token = &client["refresh_token"];
        (token["token_lifetime"].as_u64(), token["idle_token_lifetime"].as_u64())
    };
    let plain = app.create("/clients", json!({"name": "a"})).await;
    assert_eq!(lifetimes(&plain), (Some(2_592_000), Some(1_296_000)));
    for method in ["client_secret_post", "client_secret_basic"] {
        let made = app.create("/clients", json!({"name": "a", "token_endpoint_auth_method": method})).await;
        assert_eq!(lifetimes(&made), (Some(31_557_600), Some(2_592_000)), "{method}");
        assert_eq!(made["token_endpoint_auth_method"], method);
    }
}

#[tokio::test]
async fn an_algorithm_alone_adds_no_lifetime() {
    let app = App::start().await;
    let made = app.create("/clients", json!({"name": "a", "jwt_configuration": {"alg": "PS256"}})).await;
    assert_eq!(made["jwt_configuration"], json!({"alg": "PS256", "secret_encoded": false}));
}

#[tokio::test]
async fn a_public_client_has_no_client_credentials() {
    let app = App::start().await;
    let body = json!({
        "name": "Robot", "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "client_credentials"],
    });
    assert_snapshot!(app.post("/clients", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid grant types: client_credentials","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn what_does_not_go_together_is_refused() {
    let app = App::start().await;
    let first = json!({"name": "x", "third_party_security_mode": "strict"});
    assert_snapshot!(app.post("/clients", first).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `third_party_security_mode` requires `is_first_party` to be false","errorCode":"invalid_body"}
    "#);
    let public = json!({
        "name": "x", "is_first_party": false, "third_party_security_mode": "strict",
        "token_endpoint_auth_method": "none",
    });
    assert_snapshot!(app.post("/clients", public).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `token_endpoint_auth_method` cannot be none for strict third-party clients","errorCode":"invalid_body"}
    "#);
    let implicit = json!({
        "name": "x", "is_first_party": false, "third_party_security_mode": "strict", "grant_types": ["implicit"],
    });
    assert_snapshot!(app.post("/clients", implicit).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid grant types: implicit","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn the_api_and_the_organization_that_it_names_must_be_there() {
    let app = App::start().await;
    let face = json!({"name": "x", "app_type": "resource_server", "resource_server_identifier": API});
    assert_snapshot!(app.post("/clients", face.clone()).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: no resource server has the identifier in resource_server_identifier","errorCode":"invalid_body"}
    "#);
    api(&app).await;
    assert_eq!(app.post("/clients", face).await.json()["resource_server_identifier"], API);
    let default = json!({"organization_id": "org_XXXXXXXXXXXXXXXX", "flows": ["client_credentials"]});
    let body = json!({"name": "x", "default_organization": default});
    assert_snapshot!(app.post("/clients", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: no organization has the id in default_organization.organization_id","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn a_default_organization_has_an_id_and_flows() {
    let app = App::start().await;
    let body = json!({"name": "x", "default_organization": {"flows": ["client_credentials"]}});
    assert_snapshot!(app.post("/clients", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Missing required property: organization_id' on property default_organization (Defines the default Organization ID and flows).","errorCode":"invalid_body"}
    "#);
    let body = json!({"name": "x", "default_organization": {"organization_id": "org_XXXXXXXXXXXXXXXX"}});
    assert_eq!(app.post("/clients", body).await.status, 400);
}

#[tokio::test]
async fn ids_and_secrets_are_not_chosen() {
    let app = App::start().await;
    for name in ["client_id", "client_secret", "global", "tenant", "signing_keys"] {
        let answer = app.post("/clients", json!({"name": "x", name: "y"})).await;
        let expected = format!("Payload validation error: 'Additional properties not allowed: {name}'.");
        assert_eq!(answer.json()["message"], expected, "{}", answer.text);
    }
}

#[tokio::test]
async fn members_have_bounds() {
    let app = App::start().await;
    let metadata = |count: usize| (0..count).map(|n| (n.to_string(), json!("x"))).collect::<Value>();
    for (name, value) in [
        ("name", json!("")),
        ("name", json!("<b>")),
        ("description", json!("x".repeat(141))),
        ("grant_types", json!([""])),
        ("client_metadata", metadata(11)),
        ("client_metadata", json!({"a": "x".repeat(256)})),
        ("client_metadata", json!({"a": 1})),
        ("app_type", json!("tea")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!(null)),
    ] {
        let mut body = json!({"name": "x"});
        body[name] = value.clone();
        assert_eq!(app.post("/clients", body).await.status, 400, "{name} {value}");
    }
    let widest = json!({"name": "x", "description": "x".repeat(140), "client_metadata": metadata(10)});
    assert_eq!(app.post("/clients", widest).await.status, 201);
}
