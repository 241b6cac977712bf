//! PATCH /log-streams/{id}

use serde_json::json;

use super::{everything, refusal};
use crate::management_api::fixtures::{Requests, log_stream, text};
use crate::support::App;

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let app = App::start().await;
    let made = app.post("/log-streams", everything()).await.json();
    let path = format!("/log-streams/{}", text(&made, "id"));
    for (name, value) in [
        ("status", json!("paused")),
        ("status", json!("suspended")),
        ("status", json!("active")),
        ("name", json!("renamed")),
        ("isPriority", json!(false)),
        ("filters", json!([])),
        ("pii_config", json!({"log_fields": ["phone"]})),
        ("sink", json!({"httpEndpoint": "https://other.test/"})),
    ] {
        let before = app.get(&path).await.json();
        let mut expected = before.clone();
        expected[name] = value.clone();
        let answer = app.patch(&path, json!({name: value})).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected), "{name}");
        assert_eq!(app.get(&path).await.text, answer.text);
    }
    let unchanged = app.patch(&path, json!({})).await;
    assert_eq!(unchanged.text, app.get(&path).await.text);
}

#[tokio::test]
async fn what_cannot_change_is_refused() {
    let app = App::start().await;
    let path = format!("/log-streams/{}", log_stream(&app, json!({})).await);
    for name in ["type", "startFrom", "id"] {
        let expected = format!(
            "400 invalid_body Payload validation error: 'Additional properties not allowed: {name}'."
        );
        assert_eq!(refusal(&app.patch(&path, json!({name: "http"})).await), expected);
    }
    let refused = refusal(&app.patch(&path, json!({"status": "asleep"})).await);
    assert!(
        refused.starts_with("400 invalid_body Payload validation error: 'No enum match for: asleep'"),
        "{refused}"
    );
    let missing = app.patch("/log-streams/lst_0000000000000000", json!({"name": "x"})).await;
    assert_eq!(refusal(&missing), "404 inexistent_log_stream The log stream does not exist.");
}

#[tokio::test]
async fn what_authenticates_deliveries_is_shown_to_who_may_read_it_or_has_just_said_it() {
    let app = App::start().await;
    let made = app.post("/log-streams", everything()).await.json();
    let path = format!("/log-streams/{}", text(&made, "id"));
    let update =
        async |body| app.call_holding(&["update:log_streams"], "PATCH", &path, Some(body)).await.json();
    let renamed = update(json!({"name": "x"})).await;
    assert_eq!(renamed["sink"]["httpEndpoint"], "https://receiver.test/*****");
    assert!(
        renamed["sink"].get("httpAuthorization").is_none()
            && renamed["sink"].get("httpCustomHeaders").is_none()
    );
    let said =
        update(json!({"sink": {"httpEndpoint": "https://b.test/", "httpAuthorization": "mine"}})).await;
    assert_eq!(said["sink"]["httpAuthorization"], "mine");
}
