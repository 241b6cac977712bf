//! GET /log-streams/{id}

use super::{everything, refusal};
use crate::management_api::fixtures::{Requests, text};
use crate::support::App;

#[tokio::test]
async fn a_stream_is_shown_as_it_was_answered_when_it_was_made() {
    let app = App::start().await;
    let made = app.post("/log-streams", everything()).await;
    let path = format!("/log-streams/{}", text(&made.json(), "id"));
    let shown = app.call_holding(&["read:log_streams"], "GET", &path, None).await;
    assert_eq!((shown.status.as_u16(), shown.text), (200, made.text));
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let refused = refusal(&app.get("/log-streams/lst_0000000000000000").await);
    assert_eq!(refused, "404 inexistent_log_stream The log stream does not exist.");
}
