//! DELETE /log-streams/{id}

use serde_json::json;

use super::refusal;
use crate::management_api::fixtures::{Requests, log_stream};
use crate::support::App;

#[tokio::test]
async fn a_deleted_stream_is_gone_and_cannot_be_deleted_again() {
    let app = App::start().await;
    let path = format!("/log-streams/{}", log_stream(&app, json!({})).await);
    assert_eq!(app.delete(&path).await.wire(), "204 No Content");
    let gone = "404 inexistent_log_stream The log stream does not exist.";
    assert_eq!(refusal(&app.delete(&path).await), gone);
    assert_eq!(refusal(&app.get(&path).await), gone);
    assert_eq!(app.get("/log-streams").await.text, "[]");
}
