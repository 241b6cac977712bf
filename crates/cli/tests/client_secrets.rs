//! Client secrets on the real binary: when they were last used is known after a restart, as are the secrets themselves.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::Place;
use support::api::{Api, admin};

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_their_last_uses_are_there_after_a_restart() {
    let place = Place::new();
    let flags = ["--issuer", "https://auth.example.com/"];
    let server = place.start(&flags);
    let api = Api::open(&server.base, &place.data()).await;
    let admin = admin(&place.data());
    let path = format!("/grantd/v1/clients/{}/secrets", admin["client_id"].as_str().unwrap());
    let made = api.create(&path, json!({"label": "unused"})).await;
    let before = api.get(&path).await;
    assert!(before["secrets"][0]["last_used_at"].is_string(), "the token of this test: {before}");
    assert_eq!(before["secrets"][1]["last_used_at"], Value::Null);
    assert!(server.stop().status.success());

    let server = place.start(&flags);
    let api = api.at(&server.base);
    assert_eq!(api.get(&path).await, before);
    let answer = api.ask(&admin["client_id"], &made["client_secret"], &admin["audience"]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let used = api.get(&path).await["secrets"][1]["last_used_at"].clone();
    assert!(used.is_string());
    let first = format!("{path}/{}", before["secrets"][0]["id"].as_str().unwrap());
    assert_eq!(api.call(Method::DELETE, &first, None).await.status, 204);
    let answer = api.ask(&admin["client_id"], &admin["client_secret"], &admin["audience"]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}
