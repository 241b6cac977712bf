//! Who a client is, and that what changes about it is in force for the very next request.

use grantd_model::{Client, ClientId, Secret};
use grantd_store::Change;
use serde_json::{Value, json};

use super::scene::{Scene, Stage};
use super::wire::{FORM, basic, form, post, signed_form};

const GRANTED: &str = "200 [read write]";
const UNAUTHORIZED: &str = "401 access_denied: Unauthorized";

async fn with_secret(stage: &Stage, secret: &str) -> String {
    stage.in_a_line(&stage.ask(&[("client_secret", secret)]).await)
}

#[tokio::test]
async fn a_rotated_secret_is_in_force_at_once_and_the_former_is_not() {
    let stage = Stage::usual().await;
    let former = stage.secret().to_owned();
    for _ in 0..3 {
        let rotated = stage.change("POST", "/clients/{client}/rotate-secret", &Value::Null).await;
        assert_eq!(with_secret(&stage, &former).await, UNAUTHORIZED);
        assert_eq!(with_secret(&stage, rotated["client_secret"].as_str().unwrap()).await, GRANTED);
    }
}

#[tokio::test]
async fn a_chosen_secret_is_in_force_at_once_and_the_former_is_not() {
    let stage = Stage::usual().await;
    stage.change("PATCH", "/clients/{client}", &json!({"client_secret": "chosen"})).await;
    assert_eq!(with_secret(&stage, stage.secret()).await, UNAUTHORIZED);
    assert_eq!(with_secret(&stage, "chosen").await, GRANTED);
    for nearly in ["chose", "chosen ", "Chosen", "chosenchosen", "c", "\0chosen"] {
        assert_eq!(with_secret(&stage, nearly).await, UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_client_that_is_gone_is_a_stranger_at_once() {
    let stage = Stage::usual().await;
    stage.change("DELETE", "/clients/{client}", &Value::Null).await;
    assert_eq!(with_secret(&stage, stage.secret()).await, UNAUTHORIZED);
}

#[tokio::test]
async fn the_secret_of_another_client_is_wrong() {
    let mut stage = Stage::usual().await;
    let other = stage.create("other", "/clients", &json!({"name": "other"})).await;
    assert_eq!(with_secret(&stage, other["client_secret"].as_str().unwrap()).await, UNAUTHORIZED);
}

#[tokio::test]
async fn only_the_registered_method_counts() {
    for (registered, by_header, by_body) in [
        (Value::Null, GRANTED, GRANTED),
        (json!("client_secret_basic"), GRANTED, UNAUTHORIZED),
        (json!("client_secret_post"), UNAUTHORIZED, GRANTED),
    ] {
        let mut scene = Scene::default();
        if !registered.is_null() {
            scene.client["token_endpoint_auth_method"] = registered.clone();
        }
        let stage = scene.make().await;
        let header = basic(&stage, "{client}:{secret}");
        let answer = post(&stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await;
        assert_eq!(stage.in_a_line(&answer), by_header, "{registered}");
        let answer = post(&stage, &[("content-type", FORM)], &signed_form("")).await;
        assert_eq!(stage.in_a_line(&answer), by_body, "{registered}");
        // No secret at all is no method of a confidential client.
        assert_eq!(with_secret(&stage, "").await, UNAUTHORIZED, "{registered}");
    }
}

#[tokio::test]
async fn a_changed_method_is_in_force_at_once() {
    let stage = Stage::usual().await;
    let method = json!({"token_endpoint_auth_method": "client_secret_basic"});
    stage.change("PATCH", "/clients/{client}", &method).await;
    assert_eq!(with_secret(&stage, stage.secret()).await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_public_client_gets_nothing_with_or_without_a_secret() {
    let mut scene = Scene::default();
    scene.client["token_endpoint_auth_method"] = json!("none");
    let stage = scene.make().await;
    let not_allowed = "403 unauthorized_client: Grant type 'client_credentials' not allowed for the client.";
    assert_eq!(with_secret(&stage, "").await, not_allowed);
    let view = stage.change("GET", "/clients/{client}", &Value::Null).await;
    if let Some(secret) = view["client_secret"].as_str() {
        assert_eq!(with_secret(&stage, secret).await, UNAUTHORIZED);
    }
}

#[tokio::test]
async fn the_global_client_gets_nothing() {
    let stage = Stage::usual().await;
    let body = json!({"name": "All Applications", "global": true, "grant_types": ["client_credentials"]});
    let body = body.as_object().cloned().unwrap();
    let id = ClientId::from("global");
    let client = Client::from_request(id.clone(), Secret::from("the secret"), body).unwrap();
    stage.app.store.commit(vec![Change::CreateClient(client)]).await.unwrap();
    stage.app.follower.catch_up().await.unwrap();
    let answer = stage.ask(&[("client_id", "global"), ("client_secret", "the secret")]).await;
    assert_eq!(stage.in_a_line(&answer), UNAUTHORIZED);
    let answer = stage.ask(&[("client_id", "global"), ("client_secret", "")]).await;
    assert_eq!(stage.in_a_line(&answer), UNAUTHORIZED);
}
