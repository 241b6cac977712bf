//! What the event log says of exchanges and of management writes, in Auth0's shape: each once, with the true reason,
//! and without a secret.

use serde_json::{Value, json};

use super::scene::{Scene, Stage};
use super::wire::{FORM, post};
use crate::support::App;

async fn recording(set_up: impl FnOnce(&mut Scene)) -> Stage {
    let mut scene = Scene::default();
    set_up(&mut scene);
    scene.make_in(App::recording().await).await
}

/// The last event, with names in place of the identifiers.
async fn last(stage: &Stage) -> Value {
    let event = stage.app.events().await.pop().unwrap();
    serde_json::from_str(&stage.named(&event.to_string())).unwrap()
}

#[tokio::test]
async fn a_token_is_an_event_with_its_client_its_scopes_and_its_organization() {
    let stage = recording(|scene| {
        scene.grant_has("organization_usage", json!("allow"));
        scene.associated = vec!["acme"];
    })
    .await;
    assert_eq!(stage.ask(&[("organization", "{acme}")]).await.status, 200);
    let mut event = last(&stage).await;
    let jti = event["details"]["access_token_jti"].take();
    assert_eq!(jti.as_str().unwrap().len(), 22);
    insta::assert_snapshot!(event, @r#"{"date":"2026-01-02T03:04:05.000Z","type":"seccft","description":"Client Credentials for Access Token","connection_id":"","client_id":"{client}","client_name":"shop","hostname":"auth.test","user_id":"","user_name":"","organization_id":"{acme}","organization_name":"acme","audience":"https://orders","scope":"read write","details":{"access_token_jti":null},"tenant_name":"auth.test"}"#);
}

#[tokio::test]
async fn a_refusal_is_an_event_with_the_sentence_of_the_answer_and_the_true_reason() {
    let stage = recording(|_| {}).await;
    let mut seen = Vec::new();
    for parameters in [
        [("client_secret", "wrong"), ("", "")],
        [("client_id", "nobody"), ("", "")],
        [("audience", "https://nowhere"), ("", "")],
        [("scope", "read admin"), ("", "")],
        [("organization", "org_1"), ("", "")],
        [("grant_type", "password"), ("", "")],
        [("client_secret", ""), ("client_assertion", "x")],
    ] {
        let parameters: Vec<_> = parameters.into_iter().filter(|(name, _)| !name.is_empty()).collect();
        stage.ask(&parameters).await;
        let event = last(&stage).await;
        assert_eq!(event["type"], "feccft");
        seen.push(format!("{} {} {}", event["client_id"], event["description"], event["details"]));
    }
    insta::assert_snapshot!(seen.join("\n"), @r#"
    "{client}" "Unauthorized" {"error":"access_denied","reason":"the secret is wrong"}
    "nobody" "Unauthorized" {"error":"access_denied","reason":"the client is unknown"}
    "{client}" "Service not enabled within domain: https://nowhere" {"error":"access_denied","rule":"audience_known","reason":"no API has the identifier \"https://nowhere\""}
    "{client}" "Client has not been granted scopes: admin" {"error":"access_denied","rule":"scope","reason":"scopes not granted: admin"}
    "{client}" "parameter organization is not allowed for this client" {"error":"invalid_request","rule":"organization","reason":"the grant allows no organization"}
    null "Unsupported grant type: password" {"error":"unsupported_grant_type","reason":"the grant type is not offered"}
    null "client_assertion and client_assertion_type belong together" {"error":"invalid_request","reason":"client_assertion and client_assertion_type belong together"}
    "#);
}

#[tokio::test]
async fn a_key_that_does_not_prove_the_client_is_named_as_auth0_does() {
    let stage = recording(|_| {}).await;
    let assertion = [
        ("client_secret", ""),
        ("client_assertion", "a.b.c"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ];
    assert_eq!(stage.ask(&assertion).await.status, 401);
    let event = last(&stage).await;
    assert_eq!(event["description"], "Failed client authentication");
    assert_eq!(event["details"]["client_authentication_error"], event["details"]["reason"]);
}

#[tokio::test]
async fn a_request_is_one_event_though_its_denial_is_checked_twice() {
    let stage = recording(|scene| scene.grant = None).await;
    let before = stage.app.events().await.len();
    stage.ask(&[]).await;
    assert_eq!(stage.app.events().await.len(), before + 1);
}

#[tokio::test]
async fn a_management_write_is_an_event_when_its_answer_arrives_and_reading_is_none() {
    let stage = recording(|_| {}).await;
    let before = stage.app.events().await.len();
    stage.change("GET", "/client-grants/{grant}", &Value::Null).await;
    stage.change("PATCH", "/client-grants/{grant}", &json!({"scope": ["read"]})).await;
    let events = stage.app.events().await;
    assert_eq!(events.len(), before + 1);
    let event = last(&stage).await;
    insta::assert_snapshot!(event, @r#"{"date":"2026-01-02T03:04:05.000Z","type":"sapi","description":"Changes a client grant","client_id":"administration","details":{"request":{"method":"patch","path":"/api/v2/client-grants/{grant}","query":"","body":{"scope":["read"]},"auth":{"strategy":"jwt"}},"response":{"statusCode":200,"body":{"id":"{grant}","client_id":"{client}","audience":"https://orders","scope":["read"],"subject_type":"client"}}},"tenant_name":"auth.test"}"#);
}

#[tokio::test]
async fn a_refused_write_is_no_event() {
    let stage = recording(|_| {}).await;
    let before = stage.app.events().await.len();
    let refused =
        stage.app.call("PATCH", &stage.filled("/client-grants/{grant}"), Some(json!({"x": 1}))).await;
    assert_eq!(refused.status, 400);
    assert_eq!(stage.app.events().await.len(), before);
}

#[tokio::test]
async fn who_reads_secrets_leaves_a_trace_and_no_secret_is_in_any_event() {
    let stage = recording(|_| {}).await;
    stage.change("GET", "/clients/{client}", &Value::Null).await;
    let event = last(&stage).await;
    assert_eq!(
        (&event["type"], &event["details"]["response"]["body"]),
        (&json!("mgmt_api_read"), &json!({}))
    );
    stage.change("PATCH", "/clients/{client}", &json!({"client_secret": "a-secret-of-one's-own"})).await;
    stage.change("POST", "/clients/{client}/rotate-secret", &Value::Null).await;
    stage.ask(&[("client_secret", "guessed-by-somebody")]).await;
    let all = Value::from(stage.app.events().await).to_string();
    let issued = all.matches("\"client_secret\":\"*****\"").count();
    assert!(issued >= 3, "{all}");
    for secret in [stage.secret(), "a-secret-of-one's-own", "guessed-by-somebody", &stage.app.token()] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}

#[tokio::test]
async fn an_event_says_who_asked_from_where_and_repeats_little_of_a_stranger() {
    let stage = recording(|_| {}).await;
    let long = "x".repeat(3000);
    let body = format!(
        "grant_type=client_credentials&client_id={long}&client_secret=y&audience={long}&scope={long}"
    );
    post(&stage, &[("content-type", FORM), ("user-agent", &"curl/8 ".repeat(100))], &body).await;
    let event = last(&stage).await;
    assert!(event.to_string().len() < 2500, "{event}");
    assert!(event["user_agent"].as_str().unwrap().starts_with("curl/8 curl/8"));
}
