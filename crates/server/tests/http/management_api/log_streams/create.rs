//! POST /log-streams

use grantd_model::{LogStream, Timestamp};
use serde_json::json;

use super::{everything, refusal};
use crate::management_api::fixtures::{Requests, log_stream, text};
use crate::support::{App, NOW};

#[tokio::test]
async fn a_stream_is_answered_with_all_its_members_in_the_order_of_the_contract() {
    let app = App::start().await;
    let answer = app.post("/log-streams", everything()).await;
    let id = text(&answer.json(), "id");
    assert!(id.len() == 20 && id.starts_with("lst_"), "{id}");
    let expected = concat!(
        r#"{"id":"lst_","name":"SIEM","status":"active","type":"http","isPriority":true,"#,
        r#""filters":[{"type":"category","name":"management.success"}],"#,
        r#""pii_config":{"log_fields":["email"],"method":"hash","algorithm":"xxhash"},"#,
        r#""sink":{"httpAuthorization":"Bearer s3cr3t","httpContentFormat":"JSONARRAY","#,
        r#""httpContentType":"application/json; charset=utf-8","#,
        r#""httpEndpoint":"https://receiver.test/logs?key=1","#,
        r#""httpCustomHeaders":[{"header":"X-Tenant","value":"one"}]}}"#
    );
    assert_eq!((answer.status.as_u16(), answer.text.replace(&id, "lst_").as_str()), (200, expected));
}

#[tokio::test]
async fn what_was_not_said_is_absent_and_delivery_begins_now() {
    let app = App::start().await;
    let answer =
        app.post("/log-streams", json!({"type": "http", "sink": {"httpEndpoint": "https://a.test"}})).await;
    let id = text(&answer.json(), "id");
    let expected = r#"{"id":"lst_","status":"active","type":"http","isPriority":false,"sink":{"httpEndpoint":"https://a.test"}}"#;
    assert_eq!(answer.text.replace(&id, "lst_"), expected);
    let stored = app.store.get_log_stream(&id.into()).await.unwrap().unwrap().record;
    assert_eq!(stored.start, NOW);
    assert!(stored.signing.current.expose_str().starts_with("whsec_"));

    let from = log_stream(&app, json!({"startFrom": "2026-01-01T01:00:00+01:00"})).await;
    let stored = app.store.get_log_stream(&from.into()).await.unwrap().unwrap().record;
    assert_eq!(stored.start, Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
}

#[tokio::test]
async fn two_streams_may_have_one_name() {
    let app = App::start().await;
    let ids = [log_stream(&app, json!({"name": "x"})).await, log_stream(&app, json!({"name": "x"})).await];
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn the_26th_stream_is_refused() {
    let app = App::start().await;
    for _ in 0..LogStream::MOST {
        log_stream(&app, json!({})).await;
    }
    let body = json!({"type": "http", "sink": {"httpEndpoint": "https://a.test"}});
    assert_eq!(
        refusal(&app.post("/log-streams", body).await),
        "409 too_many_records You have reached the maximum number of log streams for your account."
    );
}
