//! GET and POST /grantd/v1/log-streams/{id}/signing-secret

use serde_json::json;

use super::{refusal, secret};
use crate::management_api::fixtures::{Requests, log_stream, text};
use crate::support::App;

#[tokio::test]
async fn a_secret_is_shown_and_replaced_and_the_former_one_signs_for_a_day() {
    let app = App::start().await;
    let (id, other) = (log_stream(&app, json!({})).await, log_stream(&app, json!({})).await);
    let token = app.token_with_scopes(&["read:log_streams", "update:log_streams"]);
    let first = secret(&app, &token, "GET", &id).await;
    let members = first.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((first.status.as_u16(), members), (200, vec!["signing_secret".to_owned()]));
    let value = text(&first.json(), "signing_secret");
    assert!(value.starts_with("whsec_") && value.len() == 50, "{value}");
    assert_ne!(value, text(&secret(&app, &token, "GET", &other).await.json(), "signing_secret"));
    assert_eq!(secret(&app, &token, "GET", &id).await.text, first.text);

    let rotated = secret(&app, &token, "POST", &id).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    assert_ne!(text(&rotated.json(), "signing_secret"), value);
    assert_eq!(rotated.json()["former_signs_until"], "2026-01-03T03:04:05.000Z");
    assert_eq!(secret(&app, &token, "GET", &id).await.text, rotated.text);
    app.advance(86_400);
    let token = app.token_with_scopes(&["read:log_streams", "update:log_streams"]);
    app.follower.catch_up().await.unwrap();
    let after = secret(&app, &token, "GET", &id).await.json();
    assert_eq!(after["signing_secret"], rotated.json()["signing_secret"]);
    assert!(after.get("former_signs_until").is_none());
}

#[tokio::test]
async fn it_takes_both_scopes_and_no_other_answer_shows_it() {
    let app = App::start().await;
    let id = log_stream(&app, json!({})).await;
    let value = text(&secret(&app, &app.token(), "GET", &id).await.json(), "signing_secret");
    for scopes in [["read:log_streams"], ["update:log_streams"]] {
        for method in ["GET", "POST"] {
            let refused = refusal(&secret(&app, &app.token_with_scopes(&scopes), method, &id).await);
            let expected = "403 insufficient_scope Insufficient scope; expected read:log_streams and update:log_streams.";
            assert_eq!(refused, expected);
        }
    }
    let path = format!("/log-streams/{id}");
    let changed = app.patch(&path, json!({"name": "x"})).await;
    for answer in [app.get("/log-streams").await, app.get(&path).await, changed] {
        assert!(!answer.text.contains(&value), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_stream_that_is_not_there_has_none() {
    let app = App::start().await;
    for method in ["GET", "POST"] {
        let refused = refusal(&secret(&app, &app.token(), method, "lst_0").await);
        assert_eq!(refused, "404 inexistent_log_stream The log stream does not exist.");
    }
}
