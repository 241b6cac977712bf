//! What POST and PATCH /log-streams refuse, and in which words.

use serde_json::{Value, json};

use super::refusal;
use crate::management_api::fixtures::{Requests, log_stream};
use crate::support::App;

const OK: &str = "https://receiver.test/";

/// Fails unless a stream with this sink is refused so, when it is made and when it is changed.
async fn assert_refused(app: &App, sink: Value, why: &str) {
    let expected = format!("400 invalid_body Payload validation error: {why}");
    let made = app.post("/log-streams", json!({"type": "http", "sink": sink})).await;
    assert_eq!(refusal(&made), expected, "{sink}");
    let id = log_stream(app, json!({})).await;
    let changed = app.patch(&format!("/log-streams/{id}"), json!({"sink": sink})).await;
    assert_eq!(refusal(&changed), expected, "{sink}");
    app.delete(&format!("/log-streams/{id}")).await;
}

#[tokio::test]
async fn the_other_types_of_the_contract_are_refused_by_name_and_nothing_is_stored() {
    let app = App::start().await;
    let sinks = [
        ("eventbridge", json!({"awsAccountId": "1", "awsRegion": "us-east-1"})),
        (
            "eventgrid",
            json!({"azureSubscriptionId": "1", "azureRegion": "westus", "azureResourceGroup": "g"}),
        ),
        ("datadog", json!({"datadogApiKey": "k", "datadogRegion": "us"})),
        (
            "splunk",
            json!({"splunkDomain": "d", "splunkToken": "t", "splunkPort": "8088", "splunkSecure": true}),
        ),
        ("sumo", json!({"sumoSourceAddress": "a"})),
        ("segment", json!({"segmentWriteKey": "k"})),
        ("mixpanel", json!({"mixpanelRegion": "us", "mixpanelProjectId": "1"})),
    ];
    for (kind, sink) in sinks {
        let answer = app.post("/log-streams", json!({"name": "x", "type": kind, "sink": sink})).await;
        let expected = format!(
            "400 invalid_body Payload validation error: log streams of type {kind} are not supported; \
             the only supported type is http"
        );
        assert_eq!(refusal(&answer), expected);
    }
    assert_eq!(app.get("/log-streams").await.text, "[]");
}

#[tokio::test]
async fn where_the_server_may_not_go_no_stream_leads() {
    let app = App::start().await;
    let cannot = "sink.httpEndpoint cannot be asked: ";
    let urls = [
        ("http://receiver.test/", "only https is spoken"),
        ("https://receiver.test:8443/", "port 8443 is not asked, only 443"),
        ("https://127.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://2130706433/", "127.0.0.1 is not a public address"),
        ("https://[::1]/", "::1 is not a public address"),
        ("https://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1 is not a public address"),
        ("https://169.254.169.254/latest/", "169.254.169.254 is not a public address"),
    ];
    for (url, why) in urls {
        assert_refused(&app, json!({"httpEndpoint": url}), &format!("{cannot}{why}")).await;
    }
    let malformed = [
        ("https://user:password@receiver.test/", "it names a user"),
        ("https://receiver.test/#x", "it has a query or a fragment"),
        ("https:///x", "it names no host"),
        ("https://receiver.test/\r\nX: y", "it has characters that no URL has"),
    ];
    for (url, why) in malformed {
        assert_refused(&app, json!({"httpEndpoint": url}), &format!("sink.httpEndpoint is refused: {why}"))
            .await;
    }
}

#[tokio::test]
async fn without_a_folder_for_files_no_stream_leads_into_one() {
    let app = App::start().await;
    let why = "sink.httpEndpoint names a file, and this server was started without --log-files";
    assert_refused(&app, json!({"httpEndpoint": "file:///audit.jsonl"}), why).await;
}

#[tokio::test]
async fn a_file_is_a_name_and_nothing_more() {
    let app = App::start().await;
    let long = format!("file:///{}.jsonl", "x".repeat(200));
    let names = [
        "file:///",
        "file:///.jsonl",
        "file:///..jsonl",
        "file:///.hidden.jsonl",
        "file:///audit.json",
        "file:///../audit.jsonl",
        "file:///a/b.jsonl",
        "file:////etc/audit.jsonl",
        "file:///%2e%2e%2faudit.jsonl",
        "file:///a\\b.jsonl",
        "file:///a\u{0}.jsonl",
        "file://host/audit.jsonl",
        "file:///audit.jsonl?x",
        "file:///audit.jsonl/",
        &long,
    ];
    let why = "sink.httpEndpoint names a file as file:///NAME.jsonl, with letters, digits, `-`, `_` and `.` in NAME";
    for name in names {
        assert_refused(&app, json!({"httpEndpoint": name}), why).await;
    }
    let webhooks = [
        json!({"httpAuthorization": "x"}),
        json!({"httpContentFormat": "JSONARRAY"}),
        json!({"httpContentType": "text/plain"}),
        json!({"httpCustomHeaders": []}),
    ];
    for mut sink in webhooks {
        let why = format!(
            "sink.{} is for webhooks; a file has one event a line",
            sink.as_object().unwrap().keys().next().unwrap()
        );
        sink["httpEndpoint"] = json!("file:///audit.jsonl");
        assert_refused(&app, sink, &why).await;
    }
}

#[tokio::test]
async fn headers_that_cannot_be_or_are_not_the_streams_to_set_are_refused() {
    let app = App::start().await;
    let named = |header: &str, value: &str| json!({"httpEndpoint": OK, "httpCustomHeaders": [{"header": header, "value": value}]});
    for header in ["", "X Y", "X:", "X\n", "Ä"] {
        let why = format!("sink.httpCustomHeaders names a header that cannot be: {header}");
        assert_refused(&app, named(header, "x"), &why).await;
    }
    for header in ["Host", "content-LENGTH", "Transfer-Encoding", "Authorization", "webhook-signature"] {
        let why = format!("sink.httpCustomHeaders names a header that is not yours to set: {header}");
        assert_refused(&app, named(header, "x"), &why).await;
    }
    let twice = json!([{"header": "X-A", "value": "1"}, {"header": "x-a", "value": "2"}]);
    let why = "sink.httpCustomHeaders names a header twice: x-a";
    assert_refused(&app, json!({"httpEndpoint": OK, "httpCustomHeaders": twice}), why).await;
    let has = |name: &str| format!("sink.{name} has characters that no header has, or more than 4096 bytes");
    for value in ["", " x", "x\r\nY: z", "ä", "x\u{0}"] {
        assert_refused(&app, named("X", value), &has("httpCustomHeaders")).await;
        for name in ["httpAuthorization", "httpContentType"] {
            assert_refused(&app, json!({"httpEndpoint": OK, name: value}), &has(name)).await;
        }
    }
}

#[tokio::test]
async fn a_start_that_is_no_date_is_refused() {
    let app = App::start().await;
    for start in ["", "yesterday", "2026-01-01", "1969-12-31T23:59:59Z"] {
        let body = json!({"type": "http", "sink": {"httpEndpoint": OK}, "startFrom": start});
        let why = "400 invalid_body Payload validation error: \
                   startFrom is no date and time as in 2026-01-02T03:04:05Z";
        assert_eq!(refusal(&app.post("/log-streams", body).await), why);
    }
}
