//! GET /resource-servers/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, api, text};
use crate::support::App;

#[tokio::test]
async fn an_api_is_found_by_its_id() {
    let app = App::start().await;
    let id = text(&api(&app).await, "id");
    assert_snapshot!(app.get(&format!("/resource-servers/{id}")).await.wire(), @r#"
        200 OK
        {"id":"8e1da83bc451e77706891ba3","identifier":"https://api.test/","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256","scopes":[{"value":"read:things"},{"value":"write:things"}]}
    "#);
}

#[tokio::test]
async fn an_api_is_found_by_its_identifier_encoded_once_or_twice() {
    let app = App::start().await;
    let id = text(&api(&app).await, "id");
    let expected = app.get(&format!("/resource-servers/{id}")).await.text;
    for name in ["https:%2F%2Fapi.test%2F", "https%3A%2F%2Fapi.test%2F", "https:%252F%252Fapi.test%252F"] {
        assert_eq!(app.get(&format!("/resource-servers/{name}")).await.text, expected, "{name}");
    }
}

#[tokio::test]
async fn an_identifier_with_a_percent_sign_is_found_as_it_stands() {
    let app = App::start().await;
    for identifier in ["100%", "a%2Fb", "a/b"] {
        app.create("/resource-servers", json!({"identifier": identifier})).await;
    }
    for (name, identifier) in [("100%25", "100%"), ("a%252Fb", "a%2Fb"), ("a%2Fb", "a/b")] {
        let found = app.get(&format!("/resource-servers/{name}")).await.json();
        assert_eq!(found["identifier"], identifier, "{name}");
    }
}

#[tokio::test]
async fn an_api_that_is_not_there_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.get("/resource-servers/000000000000000000000002").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The resource server does not exist","errorCode":"inexistent_resource_server"}
    "#);
    assert_eq!(app.get("/resource-servers/https:%2F%2Fnobody.test%2F").await.status, 404);
}

#[tokio::test]
async fn an_unencoded_identifier_is_another_path() {
    let app = App::start().await;
    assert_snapshot!(app.get("/resource-servers/https://api.test/").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Not Found"}
    "#);
}

#[tokio::test]
async fn the_client_that_is_the_face_of_an_api_is_shown() {
    let app = App::start().await;
    let id = text(&api(&app).await, "id");
    let body = json!({
        "name": "Face", "app_type": "resource_server", "resource_server_identifier": super::fixtures::API,
    });
    let face = app.create("/clients", body).await;
    let api = app.get(&format!("/resource-servers/{id}")).await.json();
    assert_eq!(api["client_id"], face["client_id"]);
}

#[tokio::test]
async fn the_management_api_is_an_api_like_any_other() {
    let app = App::start().await;
    let mut api = app.get("/resource-servers/https:%2F%2Fauth.test%2Fapi%2Fv2%2F").await.json();
    api["scopes"].as_array_mut().unwrap().truncate(2);
    assert_snapshot!(api.to_string(), @r#"{"id":"000000000000000000000001","name":"Auth0 Management API","identifier":"https://auth.test/api/v2/","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256","scopes":[{"value":"read:client_grants","description":"Read Client Grants"},{"value":"create:client_grants","description":"Create Client Grants"}],"is_system":true}"#);
}

/// `%20` belongs to the identifier here: no tool has encoded it twice.
#[tokio::test]
async fn an_encoded_blank_is_not_a_blank() {
    let app = App::start().await;
    app.create("/resource-servers", json!({"identifier": "https://q/a b"})).await;
    let answer = app.call("DELETE", "/resource-servers/a%2520b", None).await;
    assert_eq!(answer.status, 204);
    assert_eq!(app.get("/resource-servers/https%3A%2F%2Fq%2Fa%2520b").await.status, 404);
    assert_eq!(app.get("/resource-servers/https%3A%2F%2Fq%2Fa%20b").await.status, 200);
}
