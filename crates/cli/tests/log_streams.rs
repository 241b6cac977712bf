//! Log streams of a real server: what happened is in the file, whatever became of the server in between.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Place;
use crate::support::api::Api;

/// The whole lines of the file.
fn events(path: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The names of the organizations whose making is in the file, each once, in the order in which they came first.
fn organizations(path: &PathBuf) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for event in events(path) {
        let name = event["data"]["details"]["response"]["body"]["name"].as_str();
        if let Some(name) = name.filter(|name| name.starts_with("org-"))
            && names.iter().all(|known| known != name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

fn until_there(path: &PathBuf, last: &str) {
    let asked = Instant::now();
    while organizations(path).last().is_none_or(|name| name != last) {
        assert!(asked.elapsed() < Duration::from_secs(20), "{last}: {:?}", organizations(path));
        sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_file_in_order_though_the_server_is_killed_again_and_again() {
    let place = Place::new();
    let folder = place.beside("streams");
    let flags = ["--log-files", folder.to_str().unwrap()];
    let path = folder.join("audit.jsonl");
    let mut expected = Vec::new();
    for round in 0..4 {
        let server = place.start(&flags);
        let api = Api::open(&server.base, &place.data()).await;
        if round == 0 {
            let filters = json!([{"type": "category", "name": "management.success"}]);
            let body =
                json!({"type": "http", "filters": filters, "sink": {"httpEndpoint": "file:///audit.jsonl"}});
            let made = api.call(Method::POST, "/api/v2/log-streams", Some(&body)).await;
            assert_eq!(made.status, 200, "{made:?}");
        }
        for number in 0..40 {
            let name = format!("org-{round}-{number}");
            api.create("/api/v2/organizations", json!({"name": name})).await;
            expected.push(name);
        }
        if round == 3 {
            until_there(&path, expected.last().unwrap());
            assert!(server.stop().status.success());
        } else {
            server.kill();
        }
    }
    assert_eq!(organizations(&path), expected);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("\"seccft\""), "the filter holds");
}

#[tokio::test]
async fn without_the_flag_no_file_is_written_and_private_receivers_need_theirs() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    for endpoint in ["file:///audit.jsonl", "http://127.0.0.1:9/", "https://127.0.0.1/"] {
        let body = json!({"type": "http", "sink": {"httpEndpoint": endpoint}});
        assert_eq!(
            api.call(Method::POST, "/api/v2/log-streams", Some(&body)).await.status,
            400,
            "{endpoint}"
        );
    }
    assert!(server.stop().status.success());
    let server = place.start(&["--outbound-allow", "127.0.0.1"]);
    let api = Api::open(&server.base, &place.data()).await;
    let body = json!({"type": "http", "sink": {"httpEndpoint": "http://127.0.0.1:9/"}});
    assert_eq!(api.call(Method::POST, "/api/v2/log-streams", Some(&body)).await.status, 200);
    assert!(server.stop().status.success(), "a stream that fails does not hold up an orderly stop");
    let file = place.beside("file");
    std::fs::write(&file, "").unwrap();
    let failed = place.fail(&["--log-files", file.to_str().unwrap()]);
    assert!(failed.stderr.contains("--log-files"), "{failed:?}");
}
