//! What the face of an API learns of a token, and when it learns nothing.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::questions::{INACTIVE, INTROSPECT, Questions, credentials};
use crate::token_endpoint::scene::Scene;
use crate::token_endpoint::wire::{JSON, basic};

#[tokio::test]
async fn a_token_that_counts_says_what_it_says() {
    let questions = Questions::usual().await;
    let answer = questions.introspect(&questions.token().await).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_snapshot!(questions.shown(&answer), @r#"
    200 OK
    {
      "active": true,
      "scope": "read write",
      "client_id": "{client}",
      "token_type": "Bearer",
      "exp": 1767409445,
      "iat": 1767323045,
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iss": "https://auth.test/"
    }
    "#);
}

#[tokio::test]
async fn every_claim_of_the_richest_dialect_is_said() {
    let mut scene = Scene::default();
    scene.api["token_dialect"] = json!("rfc9068_profile_authz");
    scene.grant_has("organization_usage", json!("allow"));
    scene.associated.push("acme");
    scene.settings = json!({"allow_organization_name_in_authentication_api": true});
    let questions = Questions::of(scene).await;
    let answer = questions.introspect(&questions.token_with(&[("organization", "acme")]).await).await;
    let jti = answer.json()["jti"].as_str().unwrap().to_owned();
    assert_snapshot!(questions.shown(&answer).replace(&jti, "{jti}"), @r#"
    200 OK
    {
      "active": true,
      "scope": "read write",
      "client_id": "{client}",
      "token_type": "Bearer",
      "exp": 1767409445,
      "iat": 1767323045,
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iss": "https://auth.test/",
      "jti": "{jti}",
      "org_id": "{acme}",
      "org_name": "acme",
      "permissions": [
        "read",
        "write"
      ]
    }
    "#);
}

#[tokio::test]
async fn tokens_of_every_algorithm_count() {
    for algorithm in ["RS256", "RS512", "PS256", "HS256", "ES256", "EdDSA"] {
        let questions = Questions::with_api(json!({"signing_alg": algorithm})).await;
        assert!(questions.is_active(&questions.token().await).await, "{algorithm}");
    }
}

#[tokio::test]
async fn a_token_without_scopes_says_none() {
    let mut scene = Scene::default();
    scene.grant_has("scope", json!([]));
    let questions = Questions::of(scene).await;
    let answer = questions.introspect(&questions.token().await).await.json();
    assert_eq!((&answer["active"], answer.get("scope")), (&json!(true), None));
}

#[tokio::test]
async fn a_token_counts_until_the_second_in_which_it_expires() {
    let questions = Questions::with_api(json!({"token_lifetime": 60})).await;
    let token = questions.token().await;
    questions.wait(59).await;
    assert!(questions.is_active(&token).await);
    questions.wait(1).await;
    assert!(!questions.is_active(&token).await);
}

#[tokio::test]
async fn credentials_come_in_the_header_or_in_json_too() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let (id, secret) = &questions.face;
    let header = basic(&questions.stage, &format!("{id}:{secret}"));
    let answer = questions.send(INTROSPECT, &[("authorization", &header)], &[("token", &token)]).await;
    assert_eq!(answer.json()["active"], json!(true));
    let body =
        json!({"client_id": id, "client_secret": secret, "token": token, "token_type_hint": "access_token"});
    let request = http::Request::post(INTROSPECT).header("content-type", JSON);
    let answer = questions.stage.app.send(request.body(body.to_string().into()).unwrap()).await;
    assert_eq!(answer.json()["active"], json!(true));
}

/// What is changed after the token was issued, and whether it still counts.
type Row = (&'static str, fn(&mut Scene), &'static [(&'static str, &'static str, fn() -> Value)], bool);

const CLIENT: &str = "/clients/{client}";
const GRANT: &str = "/client-grants/{grant}";
const API: &str = "/resource-servers/{api}";

const TABLE: &[Row] = &[
    ("nothing", |_| {}, &[], true),
    ("the client is gone", |_| {}, &[("DELETE", CLIENT, || Value::Null)], false),
    ("the API is gone", |_| {}, &[("DELETE", API, || Value::Null)], false),
    ("the grant is gone", |_| {}, &[("DELETE", GRANT, || Value::Null)], false),
    (
        "the grant was made again",
        |_| {},
        &[
            ("DELETE", GRANT, || Value::Null),
            (
                "POST",
                "/client-grants",
                || json!({"client_id": "{client}", "audience": "https://orders", "scope": ["read"]}),
            ),
        ],
        true,
    ),
    (
        "the API lets no clients in any more",
        |_| {},
        &[("PATCH", API, || json!({"subject_type_authorization": {"client": {"policy": "deny_all"}}}))],
        false,
    ),
    (
        "the client may not use the grant type any more",
        |_| {},
        &[("PATCH", CLIENT, || json!({"grant_types": []}))],
        false,
    ),
    ("the secret was rotated", |_| {}, &[("POST", "/clients/{client}/rotate-secret", || Value::Null)], true),
    (
        "the API signs with another algorithm now",
        |_| {},
        &[("PATCH", API, || json!({"signing_alg": "PS256"}))],
        true,
    ),
    (
        "the grant was taken from the organization",
        in_an_organization,
        &[("DELETE", "/organizations/{acme}/client-grants/{grant}", || Value::Null)],
        false,
    ),
    (
        "the organization is gone",
        in_an_organization,
        &[("DELETE", "/organizations/{acme}", || Value::Null)],
        false,
    ),
    (
        "the default grant of third parties is gone",
        |s| {
            s.client["is_first_party"] = json!(false);
            s.grant = Some(
                json!({"default_for": "third_party_clients", "audience": "https://orders", "scope": ["read"]}),
            );
        },
        &[("DELETE", GRANT, || Value::Null)],
        false,
    ),
];

fn in_an_organization(scene: &mut Scene) {
    scene.grant_has("organization_usage", json!("allow"));
    scene.associated.push("acme");
}

#[tokio::test]
async fn a_token_counts_as_long_as_its_client_would_get_it() {
    for (what, set_up, changes, counts) in TABLE {
        let mut scene = Scene::default();
        set_up(&mut scene);
        let organization: &[_] =
            if scene.associated.is_empty() { &[] } else { &[("organization", "{acme}")] };
        let questions = Questions::of(scene).await;
        let token = questions.token_with(organization).await;
        assert!(questions.is_active(&token).await, "{what}: before");
        for (method, path, body) in *changes {
            questions.stage.change(method, path, &body()).await;
        }
        assert_eq!(questions.is_active(&token).await, *counts, "{what}");
    }
}

#[tokio::test]
async fn scopes_that_are_no_longer_granted_are_left_out() {
    let questions = Questions::with_api(json!({"token_dialect": "access_token_authz"})).await;
    let token = questions.token().await;
    questions.stage.change("PATCH", GRANT, &json!({"scope": ["write", "delete"]})).await;
    let answer = questions.introspect(&token).await.json();
    assert_eq!((&answer["scope"], &answer["permissions"]), (&json!("write"), &json!(["write"])));
    questions.stage.change("PATCH", API, &json!({"scopes": [{"value": "delete"}]})).await;
    let answer = questions.introspect(&token).await.json();
    assert_eq!(
        (&answer["active"], answer.get("scope"), &answer["permissions"]),
        (&json!(true), None, &json!([]))
    );
}

#[tokio::test]
async fn a_default_organization_that_came_later_is_not_the_tokens() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let default = json!({"organization_id": "{acme}", "flows": ["client_credentials"]});
    questions.stage.change("PATCH", CLIENT, &json!({"default_organization": default})).await;
    questions.stage.change("PATCH", GRANT, &json!({"organization_usage": "require"})).await;
    questions
        .stage
        .change("POST", "/organizations/{acme}/client-grants", &json!({"grant_id": "{grant}"}))
        .await;
    assert!(!questions.is_active(&token).await);
}

#[tokio::test]
async fn who_is_no_client_is_told_so() {
    let mut questions = Questions::usual().await;
    let token = questions.token().await;
    let wrong = (questions.face.0.clone(), "wrong".to_owned());
    let answer = questions.ask(INTROSPECT, &wrong, &token).await;
    assert_snapshot!(questions.shown(&answer), @r#"
    401 Unauthorized
    {
      "error": "invalid_client",
      "error_description": "Client authentication failed"
    }
    "#);
    assert!(!answer.headers.contains_key("www-authenticate"));
    for parameters in [&[("token", token.as_str())][..], &[("token", &token), ("client_id", "nobody")]] {
        let stranger = questions.send(INTROSPECT, &[], parameters).await;
        assert_eq!((stranger.status, &stranger.text), (answer.status, &answer.text));
    }
    let header = basic(&questions.stage, "{client}:wrong");
    let stranger = questions.send(INTROSPECT, &[("authorization", &header)], &[("token", &token)]).await;
    assert_eq!((stranger.status, &stranger.text), (answer.status, &answer.text));
    assert_eq!(stranger.headers["www-authenticate"], r#"Basic realm="oauth", charset="UTF-8""#);
    let public = json!({"name": "public", "token_endpoint_auth_method": "none"});
    let public = questions.stage.create("public", "/clients", &public).await;
    let id = public["client_id"].as_str().unwrap();
    let stranger = questions.send(INTROSPECT, &[], &[("token", &token), ("client_id", id)]).await;
    assert_eq!((stranger.status, &stranger.text), (answer.status, &answer.text));
}

/// Headers or parameters.
type Pairs<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn malformed_requests_are_told_what_is_wrong() {
    let questions = Questions::usual().await;
    let (id, secret) = questions.face.clone();
    let signed = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let cases: [(Pairs<'_>, Pairs<'_>, &str); 4] = [
        (&[], &[], "Missing required parameter: token"),
        (&[], &[("token", "")], "Missing required parameter: token"),
        (&[], &[("token", "a"), ("token", "a")], "Duplicate parameter: token"),
        (
            &[("authorization", "Basic YTpi")],
            &[("token", "a")],
            "More than one client authentication method was used",
        ),
    ];
    for (headers, parameters, expected) in cases {
        let parameters = [&signed, parameters].concat();
        let answer = questions.send(INTROSPECT, headers, &parameters).await;
        assert_eq!(answer.status, 400, "{expected}");
        assert_eq!(answer.json(), json!({"error": "invalid_request", "error_description": expected}));
    }
    let other = |media_type: &'static str, body: &'static str| {
        let request = http::Request::post(INTROSPECT).header("content-type", media_type).body(body.into());
        questions.stage.app.send(request.unwrap())
    };
    assert_eq!(other("text/plain", "token=a").await.status, 415);
    assert_eq!(
        other(JSON, r#"{"token": 1}"#).await.json()["error_description"],
        "Parameter token must be a string"
    );
    assert_eq!(other(JSON, "[]").await.json()["error_description"], "Invalid JSON: not an object");
    let answer = questions.send(INTROSPECT, &[], &[("token", &"a".repeat(64 * 1024))]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn what_is_no_token_is_inactive() {
    let questions = Questions::usual().await;
    let long = "a".repeat(20 * 1024);
    for token in ["a", "a.b.c", "...", "....", "eyJ.eyJ.eyJ", &long] {
        let answer = questions.introspect(token).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, INACTIVE), "{token:.20}");
    }
}

#[tokio::test]
async fn the_face_of_the_management_api_learns_of_its_tokens() {
    let mut questions = Questions::usual().await;
    let admin =
        json!({"client_id": "{client}", "audience": "https://auth.test/api/v2/", "scope": ["read:clients"]});
    questions.stage.create("admin_grant", "/client-grants", &admin).await;
    let face = json!({
        "name": "management", "app_type": "resource_server",
        "resource_server_identifier": "https://auth.test/api/v2/",
    });
    let face = credentials(&questions.stage.create("management", "/clients", &face).await);
    let token = questions.token_with(&[("audience", "https://auth.test/api/v2/")]).await;
    let answer = questions.ask(INTROSPECT, &face, &token).await.json();
    assert_eq!((&answer["active"], &answer["scope"]), (&json!(true), &json!("read:clients")));
}
