//! Several secrets of one client: while they overlap, after one is removed, and when each was last used.

use serde_json::{Value, json};

use super::scene::Stage;
use super::wire::{FORM, basic, form, post};
use crate::management_api::client_secrets::{add, call, list};

const GRANTED: &str = "200 [read write]";
const UNAUTHORIZED: &str = "401 access_denied: Unauthorized";

async fn with_secret(stage: &Stage, secret: &str) -> String {
    stage.in_a_line(&stage.ask(&[("client_secret", secret)]).await)
}

async fn remove(stage: &Stage, secret: &str) {
    let path = format!("/{}/secrets/{secret}", stage.filled("{client}"));
    assert_eq!(call(&stage.app, "DELETE", &path, None).await.status, 204);
}

/// Last use and safety of each secret, oldest first.
async fn uses(stage: &Stage) -> Vec<(Value, Value)> {
    let secrets = list(&stage.app, &stage.filled("{client}")).await;
    secrets
        .into_iter()
        .map(|secret| (secret["last_used_at"].clone(), secret["safe_to_remove"].clone()))
        .collect()
}

#[tokio::test]
async fn both_work_while_they_overlap_and_a_removed_one_is_refused_at_once() {
    let stage = Stage::usual().await;
    let client = stage.filled("{client}");
    let former = stage.secret().to_owned();
    let (_, new) = add(&stage.app, &client, json!({"label": "new"})).await;
    assert_eq!(with_secret(&stage, &former).await, GRANTED);
    assert_eq!(with_secret(&stage, &new).await, GRANTED);
    let first = list(&stage.app, &client).await[0]["id"].as_str().unwrap().to_owned();
    remove(&stage, &first).await;
    assert_eq!(with_secret(&stage, &former).await, UNAUTHORIZED);
    assert_eq!(with_secret(&stage, &new).await, GRANTED);
}

#[tokio::test]
async fn a_further_secret_works_in_the_header_too() {
    let stage = Stage::usual().await;
    let (_, new) = add(&stage.app, &stage.filled("{client}"), json!({})).await;
    let header = basic(&stage, &format!("{{client}}:{new}"));
    let answer = post(&stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await;
    assert_eq!(stage.in_a_line(&answer), GRANTED);
    assert_ne!(uses(&stage).await[1].0, Value::Null);
}

#[tokio::test]
async fn a_secret_expires_with_the_clock() {
    let stage = Stage::usual().await;
    let (_, short) = add(&stage.app, &stage.filled("{client}"), json!({"expires_in": 5})).await;
    stage.app.advance(4);
    assert_eq!(with_secret(&stage, &short).await, GRANTED);
    stage.app.advance(1);
    assert_eq!(with_secret(&stage, &short).await, UNAUTHORIZED);
    assert_eq!(with_secret(&stage, stage.secret()).await, GRANTED);
}

#[tokio::test]
async fn the_secret_of_one_client_is_none_of_another() {
    let mut stage = Stage::usual().await;
    stage.create("other", "/clients", &json!({"name": "other"})).await;
    let (_, foreign) = add(&stage.app, &stage.filled("{other}"), json!({})).await;
    assert_eq!(with_secret(&stage, &foreign).await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_former_secret_is_safe_to_remove_when_the_clients_have_moved_on() {
    const HOUR: u64 = 3_600;
    let stage = Stage::usual().await;
    let unused = (Value::Null, json!(false));
    assert_eq!(uses(&stage).await, std::slice::from_ref(&unused));
    with_secret(&stage, stage.secret()).await;
    let (_, new) = add(&stage.app, &stage.filled("{client}"), json!({})).await;
    let first = |safe: bool| (json!("2026-01-02T03:04:05.000Z"), json!(safe));
    assert_eq!(uses(&stage).await, [first(false), unused]);
    stage.app.advance(20 * HOUR);
    stage.app.follower.catch_up().await.unwrap();
    assert_eq!(with_secret(&stage, &new).await, GRANTED);
    let second = (json!("2026-01-02T23:04:05.000Z"), json!(false));
    assert_eq!(uses(&stage).await, [first(false), second.clone()]);
    let path = format!("/{}/secrets?unused_for={}", stage.filled("{client}"), 20 * HOUR);
    let within = call(&stage.app, "GET", &path, None).await.json();
    assert_eq!(within["secrets"][0]["safe_to_remove"], true);
    stage.app.advance(4 * HOUR);
    stage.app.follower.catch_up().await.unwrap();
    assert_eq!(uses(&stage).await, [first(true), second]);
}

#[tokio::test]
async fn only_what_proves_something_is_a_use_and_a_denied_request_is_one() {
    let stage = Stage::usual().await;
    let body = json!({"token_endpoint_auth_method": "client_secret_basic"});
    stage.change("PATCH", "/clients/{client}", &body).await;
    with_secret(&stage, "wrong").await;
    with_secret(&stage, stage.secret()).await;
    assert_eq!(uses(&stage).await[0].0, Value::Null, "a wrong secret, and the right one by the wrong method");
    stage.change("PATCH", "/clients/{client}", &json!({"token_endpoint_auth_method": null})).await;
    let denied = stage.in_a_line(&stage.ask(&[("audience", "https://nowhere")]).await);
    assert!(denied.starts_with("403"), "{denied}");
    assert_ne!(uses(&stage).await[0].0, Value::Null);
}

#[tokio::test]
async fn a_token_changes_nothing_in_the_configuration() {
    let stage = Stage::usual().await;
    let before = stage.app.store.revision().await.unwrap();
    with_secret(&stage, stage.secret()).await;
    assert_eq!(stage.app.store.revision().await.unwrap(), before);
}
