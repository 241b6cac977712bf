//! GET /log-streams

use serde_json::json;

use crate::management_api::fixtures::{Requests, log_stream};
use crate::support::App;

#[tokio::test]
async fn all_streams_are_listed_in_order_of_creation() {
    let app = App::start().await;
    assert_eq!(app.get("/log-streams").await.wire(), "200 OK\n[]");
    let mut made = Vec::new();
    for name in ["one", "two", "three"] {
        made.push(log_stream(&app, json!({"name": name})).await);
    }
    let list = app.get("/log-streams").await.json();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|stream| stream["id"].as_str().unwrap()).collect();
    assert_eq!(ids, made);
    assert_eq!(list[1], app.get(&format!("/log-streams/{}", made[1])).await.json());
}
