//! The event log of a real server: it outlives the server, and `grantd audit verify` says whether it is whole.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::api::{Api, admin};
use crate::support::{Place, grantd};

fn audit(place: &Place, arguments: &[&str]) -> Output {
    let mut command = grantd(&["audit", "verify", "--data"]);
    command.arg(place.data()).args(arguments).output().unwrap()
}

/// What a command said on standard output, all being well.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn entries(place: &Place) -> u64 {
    let said: Value = serde_json::from_str(&said(&audit(place, &["--json"]))).unwrap();
    said["entries"].as_u64().unwrap()
}

/// Replaces a text in the file by one of the same length, wherever it stands.
fn tamper(place: &Place, from: &str, to: &str) {
    let file = place.data().join("events.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    std::fs::write(file, bytes).unwrap();
}

async fn organizations(api: &Api, names: std::ops::Range<u32>) {
    for number in names {
        api.create("/api/v2/organizations", json!({"name": format!("org-{number}")})).await;
    }
}

#[tokio::test]
async fn every_acknowledged_write_is_in_the_log_whatever_becomes_of_the_server() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    organizations(&api, 0..10).await;
    // The token and ten writes, beside the server that runs.
    assert!(entries(&place) >= 11);
    server.kill();
    assert!(entries(&place) >= 11, "nothing that was answered is lost");
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    organizations(&api, 10..20).await;
    assert!(server.stop().status.success());
    assert!(entries(&place) >= 22);
}

#[tokio::test]
async fn what_waits_is_written_when_the_server_stops_in_order() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let admin = admin(&place.data());
    for _ in 0..20 {
        let answer = api.ask(&admin["client_id"], &admin["client_secret"], &admin["audience"]).await;
        assert_eq!(answer.status, 200);
    }
    assert!(server.stop().status.success());
    assert_eq!(entries(&place), 21);
}

#[tokio::test]
async fn tampering_is_found_and_an_old_copy_by_who_noted_the_end() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    organizations(&api, 0..5).await;
    server.stop();
    let whole = said(&audit(&place, &[]));
    assert!(whole.starts_with("the log is whole: 6 events\nit ends with 6:"), "{whole}");
    let end = whole.trim().rsplit(' ').next().unwrap().to_owned();
    said(&audit(&place, &["--expect", &end]));
    let forged = format!("6:{}", "0".repeat(64));
    let output = audit(&place, &["--expect", &forged]);
    assert!(!output.status.success());
    tamper(&place, "org-2", "org-9");
    let output = audit(&place, &[]);
    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("is not whole: the entry at position 4 was altered"), "{stderr}");
}

#[test]
fn a_folder_without_a_log_is_said_to_have_none() {
    let place = Place::new();
    place.start(&["--no-event-log"]).stop();
    let output = audit(&place, &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("no event was ever recorded"));
}

#[test]
fn an_end_that_is_none_is_refused_with_what_it_should_be() {
    let output = Command::new(env!("CARGO_BIN_EXE_grantd"))
        .args(["audit", "verify", "--data", "/nowhere", "--expect", "7"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("a number, a colon and 64 hexadecimal digits"), "{stderr}");
}
