//! Every error of the endpoint, byte by byte, with all its headers.

use std::sync::Arc;

use axum::body::Body;
use grantd_model::{Clock, Entropy};
use grantd_server::{State, router};
use grantd_snapshot::Follower;
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use grantd_token::Issuer;
use http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::scene::{Scene, Stage};
use super::wire::{FORM, basic, form, post, signed_form};
use crate::support::{Answer, CountedEntropy, ISSUER};

/// Status, headers and body, as they are sent.
fn whole(stage: &Stage, answer: &Answer) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    format!("{}\n{}\n\n{}", answer.status, headers.join("\n"), stage.named(&answer.text))
}

/// Status and body.
async fn of(set_up: fn(&mut Scene), request: &[(&str, &str)]) -> String {
    let mut scene = Scene::default();
    set_up(&mut scene);
    let stage = scene.make().await;
    let answer = stage.ask(request).await;
    super::scene::assert_uncached(&answer);
    format!("{} {}", answer.status.as_u16(), stage.named(&answer.text))
}

#[tokio::test]
async fn the_headers_of_a_refusal() {
    let stage = Stage::usual().await;
    let answer = stage.ask(&[("client_secret", "wrong")]).await;
    assert_snapshot!(whole(&stage, &answer), @r#"
    401 Unauthorized
    cache-control: no-store
    content-type: application/json
    pragma: no-cache

    {"error":"access_denied","error_description":"Unauthorized"}
    "#);
}

/// RFC 6749 §5.2: the challenge goes to who used the header.
#[tokio::test]
async fn the_headers_of_a_refusal_of_the_header() {
    let stage = Stage::usual().await;
    let header = basic(&stage, "{client}:wrong");
    let answer = post(&stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await;
    assert_snapshot!(whole(&stage, &answer), @r#"
    401 Unauthorized
    cache-control: no-store
    content-type: application/json
    pragma: no-cache
    www-authenticate: Basic realm="oauth/token", charset="UTF-8"

    {"error":"access_denied","error_description":"Unauthorized"}
    "#);
}

#[tokio::test]
async fn the_headers_of_a_token() {
    let stage = Stage::usual().await;
    let answer = stage.ask(&[]).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_snapshot!(whole(&stage, &answer).replace(&token, "{token}"), @r#"
    200 OK
    cache-control: no-store
    content-type: application/json
    pragma: no-cache

    {"access_token":"{token}","scope":"read write","expires_in":86400,"token_type":"Bearer"}
    "#);
}

#[tokio::test]
async fn the_request_is_malformed() {
    let mut bodies = Vec::new();
    let stage = Stage::usual().await;
    for (media_type, body) in [
        ("text/plain", signed_form("")),
        (FORM, String::new()),
        (FORM, "grant_type=password".to_owned()),
        (FORM, signed_form("&scope=read&scope=write")),
        (FORM, signed_form("&client_assertion=x")),
        (FORM, signed_form("&resource=a&resource=b")),
        (FORM, form("&client_assertion=x")),
        (FORM, "a".repeat(65 * 1024)),
        ("application/json", "[]".to_owned()),
    ] {
        let answer = post(&stage, &[("content-type", media_type)], &body).await;
        bodies.push(format!("{} {}", answer.status.as_u16(), answer.text));
    }
    assert_snapshot!(bodies.join("\n"), @r#"
    415 {"error":"invalid_request","error_description":"The body must be application/x-www-form-urlencoded or application/json"}
    400 {"error":"invalid_request","error_description":"Missing required parameter: grant_type"}
    400 {"error":"unsupported_grant_type","error_description":"Unsupported grant type: password"}
    400 {"error":"invalid_request","error_description":"Duplicate parameter: scope"}
    400 {"error":"invalid_request","error_description":"More than one client authentication method was used"}
    400 {"error":"invalid_target","error_description":"Only one resource can be requested"}
    400 {"error":"invalid_request","error_description":"client_assertion and client_assertion_type belong together"}
    413 {"error":"invalid_request","error_description":"The request body is too long"}
    400 {"error":"invalid_request","error_description":"Invalid JSON: not an object"}
    "#);
}

#[tokio::test]
async fn the_client_is_denied() {
    let usual: fn(&mut Scene) = |_| {};
    let require: fn(&mut Scene) = |s| s.grant_has("organization_usage", json!("require"));
    let denials = [
        of(|s| s.client["grant_types"] = json!([]), &[]).await,
        of(usual, &[("audience", "")]).await,
        of(usual, &[("audience", "https://\"nowhere\"")]).await,
        of(|s| s.grant = None, &[]).await,
        of(|s| s.api["subject_type_authorization"] = json!({"client": {"policy": "deny_all"}}), &[]).await,
        of(usual, &[("scope", "a b")]).await,
        of(usual, &[("organization", "{acme}")]).await,
        of(require, &[]).await,
        of(require, &[("organization", "acme")]).await,
        of(require, &[("organization", "org_x")]).await,
        of(require, &[("organization", "{acme}")]).await,
        of(|s| s.client["require_proof_of_possession"] = json!(true), &[]).await,
        of(|s| s.api["proof_of_possession"] = json!({"mechanism": "dpop", "required": true}), &[]).await,
    ];
    assert_snapshot!(denials.join("\n"), @r#"
    403 {"error":"unauthorized_client","error_description":"Grant type 'client_credentials' not allowed for the client.","error_uri":"https://auth0.com/docs/clients/client-grant-types"}
    403 {"error":"access_denied","error_description":"Non-global clients are not allowed access to APIv1"}
    403 {"error":"access_denied","error_description":"Service not enabled within domain: https://\"nowhere\""}
    403 {"error":"access_denied","error_description":"Client \"{client}\" is not authorized to access resource server \"https://orders\". You need to create a \"client-grant\" associated to this API."}
    403 {"error":"access_denied","error_description":"Client \"{client}\" is not authorized to access resource server \"https://orders\"."}
    403 {"error":"access_denied","error_description":"Client has not been granted scopes: a, b"}
    400 {"error":"invalid_request","error_description":"parameter organization is not allowed for this client"}
    400 {"error":"invalid_request","error_description":"parameter organization is required for this client"}
    400 {"error":"invalid_request","error_description":"authorization request parameter organization must be an organization id"}
    400 {"error":"invalid_request","error_description":"parameter organization is invalid: org_x"}
    403 {"error":"access_denied","error_description":"Client \"{client}\" is not authorized to access resource server \"https://orders\" for organization \"{acme}\"."}
    400 {"error":"invalid_request","error_description":"Proof of possession is required by the client and not supported by the resource server"}
    400 {"error":"invalid_request","error_description":"Proof of possession is required"}
    "#);
}

#[tokio::test]
async fn the_node_does_not_know_whether_it_is_up_to_date() {
    let stage = Stage::usual().await;
    stage.app.advance(10);
    assert_eq!(stage.in_a_line(&stage.ask(&[]).await), "200 [read write]");
    stage.app.advance(1);
    let answer = stage.ask(&[]).await;
    assert_snapshot!(whole(&stage, &answer), @r#"
    503 Service Unavailable
    cache-control: no-store
    content-type: application/json
    pragma: no-cache
    retry-after: 5

    {"error":"temporarily_unavailable","error_description":"The service is temporarily unavailable"}
    "#);
    stage.app.follower.catch_up().await.unwrap();
    assert_eq!(stage.in_a_line(&stage.ask(&[]).await), "200 [read write]");
}

#[tokio::test]
async fn the_token_cannot_be_made() {
    let stage = Stage::usual().await;
    let id = stage.filled("{api}").as_str().into();
    let mut api = stage.app.store.get_resource_server(&id).await.unwrap().unwrap();
    api.record.signing_alg = grantd_model::SigningAlgorithm::HS256;
    stage.app.store.commit(vec![Change::UpdateResourceServer(api)]).await.unwrap();
    stage.app.follower.catch_up().await.unwrap();
    assert_snapshot!(whole(&stage, &stage.ask(&[]).await), @r#"
    500 Internal Server Error
    cache-control: no-store
    content-type: application/json
    pragma: no-cache

    {"error":"server_error","error_description":"The token could not be issued"}
    "#);
}

#[tokio::test]
async fn there_is_no_key_to_sign_with() {
    let stage = Stage::usual().await;
    let folder = tempfile::tempdir().unwrap();
    let key = KeyEncryptionKey::new(&grantd_model::Secret::from(vec![7; 32])).unwrap();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&folder.path().join("keyless.db"), key).await.unwrap());
    let records = stage.app.store.load().await.unwrap();
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(records.clients.into_iter().map(Change::CreateClient));
    changes.extend(records.resource_servers.into_iter().map(Change::CreateResourceServer));
    changes.extend(records.client_grants.into_iter().map(Change::CreateClientGrant));
    store.commit(changes).await.unwrap();
    let clock = Arc::clone(&stage.app.clock) as Arc<dyn Clock>;
    let follower = Arc::new(Follower::load(Arc::clone(&store), Arc::clone(&clock)).await.unwrap());
    let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
    let keyless = router(Arc::new(State::new(Issuer::new(ISSUER), store, follower, clock, entropy)));
    let body: String =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(stage.parameters(&[])).finish();
    let request = Request::post("/oauth/token").header("content-type", FORM).body(Body::from(body)).unwrap();
    let response = keyless.oneshot(request).await.unwrap();
    let status = response.status();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status.as_u16(), &body["error"]), (500, &json!("server_error")));
}
