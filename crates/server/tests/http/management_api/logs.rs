//! GET /api/v2/logs and /api/v2/logs/{id}

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, organization};
use crate::support::{Answer, App};

/// A log with an event for each of these organizations.
async fn app_with_events(names: &[&str]) -> App {
    let app = App::recording().await;
    for name in names {
        organization(&app, name).await;
    }
    app.events().await;
    app
}

/// The names of the organizations that the entries are about.
fn names(answer: &Answer) -> Vec<String> {
    let entries = answer.json();
    let entries = entries.get("logs").unwrap_or(&entries).as_array().unwrap().clone();
    entries
        .iter()
        .map(|entry| entry["details"]["request"]["body"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn link(answer: &Answer) -> &str {
    answer.headers["link"].to_str().unwrap()
}

#[tokio::test]
async fn entries_come_newest_first_and_one_by_its_id() {
    let app = app_with_events(&["one", "two", "three"]).await;
    let listed = app.get("/logs").await;
    assert_eq!(names(&listed), ["three", "two", "one"]);
    let first = &listed.json()[0];
    let id = first["log_id"].as_str().unwrap();
    assert_eq!(id, format!("90020260102030405000{:036}", 3));
    assert_eq!(app.get(&format!("/logs/{id}")).await.json(), *first);
    let names: Vec<&String> = first.as_object().unwrap().keys().collect();
    let expected = "date type description client_id details $event_schema log_id tenant_name _id isMobile id";
    assert_eq!(names, expected.split(' ').collect::<Vec<_>>());
}

#[tokio::test]
async fn an_id_that_is_none_or_of_another_entry_is_not_found() {
    let app = app_with_events(&["one"]).await;
    let wrong_time = format!("90020260102030406000{:036}", 1);
    let none = format!("90020260102030405000{:036}", 2);
    for id in ["1", "none", &wrong_time, &none] {
        let answer = app.get(&format!("/logs/{id}")).await;
        let body = r#"{"statusCode":404,"error":"Not Found","message":"Log not found.","errorCode":"inexistent_log"}"#;
        assert_eq!((answer.status.as_u16(), &*answer.text), (404, body), "{id}");
    }
}

#[tokio::test]
async fn pages_have_totals_where_they_are_asked_for() {
    let app = app_with_events(&["one", "two", "three"]).await;
    let page = app.get("/logs?page=1&per_page=2&include_totals=true&fields=type").await;
    assert_snapshot!(page.wire(), @r#"
    200 OK
    {"length":1,"limit":2,"logs":[{"type":"sapi"}],"start":2,"total":1}
    "#);
    assert_eq!(names(&app.get("/logs?sort=date:1&per_page=2").await), ["one", "two"]);
    assert_eq!(app.get("/logs?per_page=0").await.json(), json!([]));
}

#[tokio::test]
async fn a_query_is_the_documented_subset_of_lucene() {
    let app = app_with_events(&["one"]).await;
    let found = |q: &str| format!("/logs?q={}", q.replace(' ', "%20").replace('"', "%22"));
    for q in ["type:sapi", "type:(sapi OR seccft) AND NOT client_id:nobody", "date:[2026-01-02 TO *]", "sapi"]
    {
        assert_eq!(names(&app.get(&found(q)).await), ["one"], "{q}");
    }
    assert_eq!(app.get(&found("type:seccft")).await.json(), json!([]));
    assert_eq!(names(&app.get("/logs?search=type:SAP").await), ["one"]);
    assert_snapshot!(app.get(&found("password:x")).await.wire(), @r#"
    400 Bad Request
    {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'the field \"password\" cannot be searched' on property q.","errorCode":"invalid_query_string"}
    "#);
    assert_snapshot!(app.get(&format!("/logs?q={}", "a".repeat(2049))).await.wire(), @r#"
    414 URI Too Long
    {"statusCode":414,"error":"URI Too Long","message":"The query is too long","errorCode":"invalid_query_string"}
    "#);
    assert_snapshot!(app.get("/logs?page=10&per_page=100").await.wire(), @r#"
    400 Bad Request
    {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'only the first 1000 entries are found by page; use from and take beyond'","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn a_checkpoint_reads_on_in_the_order_of_the_log_and_says_where_the_next_begins() {
    let app = app_with_events(&["one", "two", "three"]).await;
    let begin = app.get("/logs?take=2&sort=date:-1&q=type:nothing").await;
    assert_eq!(names(&begin), ["one", "two"]);
    let id = |number: u8| format!("90020260102030405000{number:036}");
    assert_eq!(link(&begin), format!("<https://auth.test/api/v2/logs?from={}&take=2>; rel=\"next\"", id(2)));
    let next = app.get(&format!("/logs?from={}&take=2", id(2))).await;
    assert_eq!(names(&next), ["three"]);
    let end = app.get(&format!("/logs?from={}&take=2", id(3))).await;
    assert_eq!(end.json(), json!([]));
    assert_eq!(link(&end), format!("<https://auth.test/api/v2/logs?from={}&take=2>; rel=\"next\"", id(3)));
    organization(&app, "four").await;
    app.events().await;
    assert_eq!(names(&app.get(&format!("/logs?from={}", id(3))).await), ["four"]);
    assert_eq!(app.get("/logs?from=nowhere").await.status, 400);
}

/// As after a restore: the entries that the reader has read are of another past.
#[tokio::test]
async fn a_checkpoint_of_another_log_is_refused() {
    let app = app_with_events(&["one", "two", "three"]).await;
    let behind_the_end = format!("90020260102030405000{:036}", 9);
    let of_another_time = format!("90020260102030405001{:036}", 2);
    for from in [behind_the_end, of_another_time] {
        let answer = app.get(&format!("/logs?from={from}&take=2")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["errorCode"].as_str()),
            (400, Some("invalid_cursor"))
        );
    }
}

#[tokio::test]
async fn a_server_without_a_log_has_an_empty_one() {
    let app = App::start().await;
    assert_eq!(app.get("/logs").await.json(), json!([]));
    assert_eq!(app.get("/logs?take=5").await.json(), Value::Array(Vec::new()));
    assert_eq!(app.get("/logs/1").await.status, 404);
}

/// It is a read: nothing of it is a change, and nothing of its answer gets into the log.
#[tokio::test]
async fn a_head_request_is_no_management_write() {
    let app = app_with_events(&["one"]).await;
    let written = "grantd_management_writes_total 1\n";
    assert!(app.watched("/metrics").await.text.contains(written));
    assert_eq!(app.call("HEAD", "/logs", None).await.status, 200);
    assert_eq!(app.events().await.len(), 1);
    assert!(app.watched("/metrics").await.text.contains(written));
}

#[tokio::test]
async fn the_key_in_the_url_of_a_log_stream_is_in_no_event_and_not_shown_to_who_only_writes() {
    let app = App::recording().await;
    let sink = json!({"httpEndpoint": "https://hooks.test/services/T0/KEY-IN-PATH?key=KEY-IN-QUERY"});
    let stream = app.create("/log-streams", json!({"type": "http", "sink": sink})).await;
    let path = format!("/log-streams/{}", stream["id"].as_str().unwrap());
    let writer = app.token_with_scopes(&["update:log_streams"]);
    let answer = app.call_with(&writer, "PATCH", &path, Some(json!({"name": "x"}))).await;
    assert_eq!(answer.json()["sink"], json!({"httpEndpoint": "https://hooks.test/*****"}), "{}", answer.text);
    let events = app.events().await;
    assert_eq!(events.len(), 2);
    assert!(!format!("{events:?}").contains("KEY-IN"), "{events:?}");
}
