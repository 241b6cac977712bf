//! What an operator does beside nodes that run, or to a database that none is on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{DATABASES, Nodes, until};
use crate::support::api::{Api, client};
use crate::support::{Place, grantd};

/// A command on a node's folder and the database.
fn on(arguments: &[&str], data: &Path, database: &str) -> Command {
    let mut command = grantd(arguments);
    command.args(["--database", database, "--data"]).arg(data);
    command
}

fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_seals_the_secrets_of_a_database_beside_the_node_that_has_it() {
    let nodes = Nodes::start(&DATABASES, [&[]]).await;
    let job = nodes.job("before").await;
    let (data, former) = (nodes.node(0).data(), nodes.node(0).key());
    let rewrapped = said(on(&["keys", "rewrap", "--json"], &data, &nodes.database));
    let rewrapped: Value = serde_json::from_str(&rewrapped).unwrap();
    assert_eq!(rewrapped["finished"], true);
    assert!(rewrapped["resealed"].as_u64().unwrap() >= 5, "{rewrapped}");
    assert_ne!(nodes.node(0).key(), former);
    said(on(&["keys", "rewrap", "--check"], &data, &nodes.database));
    // What runs goes on reading and sealing, and what starts anew reads it all.
    nodes.job("after").await;
    nodes.node(0).kill();
    nodes.node(0).start();
    assert_eq!(job.ask(&nodes.api(0)).await.unwrap().status, 200);
    assert!(said(on(&["audit", "verify"], &data, &nodes.database)).starts_with("the log is whole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_administrator_is_made_anew_in_the_folder_of_any_node() {
    let nodes = Nodes::start(&DATABASES, [&[], &[]]).await;
    let data = nodes.node(1).data();
    nodes.node(1).kill();
    said(on(&["admin"], &data, &nodes.database));
    nodes.node(1).start();
    let admin = crate::support::api::admin(&data);
    Api::open_with(client().build().unwrap(), &nodes.node(1).base(), &admin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_is_told_which_file_is_wrong() {
    let nodes = Nodes::start(&DATABASES, [&[]]).await;
    let place = Place::new();
    let arguments = ["--database", &nodes.database];
    let failed = place.fail(&arguments);
    assert!(failed.stderr.contains("copy it from a server that is on this database already"), "{failed:?}");
    std::fs::write(place.data().join("key-encryption-key"), [7; 32]).unwrap();
    let failed = place.fail(&arguments);
    assert!(failed.stderr.contains("key-encryption-key cannot be used"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_database_cannot_keep_is_the_callers_mistake_and_stops_no_log() {
    let nodes = Nodes::start(&DATABASES, [&[]]).await;
    let api = nodes.api(0);
    let body = json!({"identifier": "https://a/\0"});
    let refused = api.call(Method::POST, "/api/v2/resource-servers", Some(&body)).await;
    assert_eq!((refused.status, &refused.body["errorCode"]), (400, &json!("invalid_body")), "{refused:?}");
    let looked_for = api.call(Method::GET, "/api/v2/clients/a%00b", None).await;
    assert_eq!(looked_for.status, 400, "{looked_for:?}");
    // Who asks for a token may call themselves anything.
    let body = json!({"grant_type": "client_credentials", "client_id": "a\0b", "client_secret": "c"});
    assert_eq!(api.call(Method::POST, "/oauth/token", Some(&body)).await.status, 401);
    let there = async || {
        let events = api.get("/api/v2/logs").await;
        events.as_array().unwrap().iter().any(|event| event["client_id"] == "a\0b")
    };
    until(Duration::from_secs(20), "the denial is not in the log", there).await;
    nodes.job("later").await;
}

/// How often the making of each organization is in the file of a log stream.
fn deliveries(file: &Path) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut deliveries = BTreeMap::new();
    for event in events {
        if let Some(name) = event["data"]["details"]["response"]["body"]["name"].as_str()
            && name.starts_with("org-")
        {
            *deliveries.entry(name.to_owned()).or_default() += 1;
        }
    }
    deliveries
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_delivers_a_log_stream_and_another_when_it_is_gone() {
    let place = Place::new();
    std::fs::create_dir(place.beside("streams")).unwrap();
    let (folder, file): (PathBuf, PathBuf) = (place.beside("streams"), place.beside("streams/all.jsonl"));
    let flags: &[&str] = &["--log-files", folder.to_str().unwrap()];
    let nodes = Nodes::start(&DATABASES, [flags, flags]).await;
    let stream = json!({"type": "http", "sink": {"httpEndpoint": "file:///all.jsonl"}});
    let made = nodes.api(0).call(Method::POST, "/api/v2/log-streams", Some(&stream)).await;
    assert_eq!(made.status, 200, "{made:?}");

    let delivered = async |node: usize, name: &str| {
        nodes.api(node).create("/api/v2/organizations", json!({"name": name})).await;
        let there = async || deliveries(&file).contains_key(name);
        until(Duration::from_secs(30), &format!("{name} is not delivered"), there).await;
    };
    for number in 0..10 {
        delivered(number % 2, &format!("org-both-{number}")).await;
    }
    assert!(deliveries(&file).values().all(|times| *times == 1), "{:?}", deliveries(&file));
    nodes.node(0).kill();
    delivered(1, "org-second-alone").await;
    nodes.node(0).start();
    nodes.node(1).kill();
    delivered(0, "org-first-alone").await;
}
