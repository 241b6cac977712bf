//! A disk that is full or read-only: writes are refused with 503, what was acknowledged is kept, reads and tokens go
//! on, and the server lives.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use support::api::{Api, admin, https};
use support::{Place, Server, clean};

/// `grantd serve` on the folder, started by a shell after these commands. They find the folder in `$DATA`.
fn after(commands: &str, data: &Path) -> Command {
    let mut shell = Command::new("sh");
    let serve = "exec \"$GRANTD\" serve --listen 127.0.0.1:0 --data \"$DATA\"";
    clean(&mut shell).args(["-c", &format!("{commands}\n{serve}")]);
    shell.env("GRANTD", env!("CARGO_BIN_EXE_grantd")).env("DATA", data);
    shell
}

/// The same in mounts of its own, which go with the process.
fn after_mounting(commands: &str, data: &Path) -> Command {
    let inner = after(&format!("set -e\n{commands}"), data);
    let mut command = Command::new("unshare");
    clean(&mut command).arg("--mount").arg(inner.get_program()).args(inner.get_args());
    command.env("GRANTD", env!("CARGO_BIN_EXE_grantd")).env("DATA", data);
    command
}

/// Mounting is for root; without it these tests have nothing to say.
#[expect(clippy::print_stderr, reason = "what is left out is named")]
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs none /tmp"]).status();
    let may = tried.is_ok_and(|status| status.success());
    let required = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(may || !required, "mounting is required under CI=true");
    if !may {
        eprintln!("left out: mounting a small disk is for root");
    }
    may
}

/// An API of some 20 KiB.
fn large_api(number: usize) -> Value {
    let scopes: Vec<Value> = (0..40)
        .map(|scope| json!({"value": format!("scope:{scope}"), "description": "x".repeat(480)}))
        .collect();
    json!({"identifier": format!("https://api-{number}/"), "scopes": scopes})
}

/// Makes APIs until one is refused; the identifiers of those that were acknowledged.
async fn fill(api: &Api) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for number in 0..1000 {
        let body = large_api(number);
        let answer = api.call(Method::POST, "/api/v2/resource-servers", Some(&body)).await;
        if answer.status != 201 {
            assert_unavailable(&answer);
            return acknowledged;
        }
        acknowledged.insert(answer.body["identifier"].as_str().unwrap().to_owned());
    }
    panic!("the disk is not full after {} APIs", acknowledged.len());
}

fn assert_unavailable(answer: &support::api::Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.body["message"], "The service is temporarily unavailable", "{answer:?}");
}

/// The identifiers of all APIs but the Management API.
async fn identifiers(api: &Api) -> BTreeSet<String> {
    let apis = api.list("/api/v2/resource-servers", "resource_servers").await;
    let own = apis.iter().filter(|api| api["is_system"] != true);
    own.map(|api| api["identifier"].as_str().unwrap().to_owned()).collect()
}

/// With the disk full: every kind of write is refused, the same each time; reads and tokens go on.
async fn assert_read_only(api: &Api, admin: &Value, acknowledged: &BTreeSet<String>) {
    let client = format!("/api/v2/clients/{}", admin["client_id"].as_str().unwrap());
    for round in 0..3 {
        let writes = [
            (Method::POST, "/api/v2/resource-servers", large_api(5000 + round)),
            (Method::PATCH, &client, json!({"description": "x".repeat(140)})),
            (Method::POST, "/api/v2/organizations", json!({"name": format!("refused-{round}")})),
        ];
        for (method, path, body) in writes {
            let answer = api.call(method, path, Some(&body)).await;
            // What is small may still find a place.
            assert!(answer.status < 300 || answer.status == 503, "{path}: {answer:?}");
        }
        assert_eq!(&identifiers(api).await, acknowledged);
        let token = api.ask(&admin["client_id"], &admin["client_secret"], &admin["audience"]).await;
        assert_eq!(token.status, 200, "{token:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_loses_none() {
    let place = Place::new();
    place.start(&[]).stop();
    // Files may have 1 MiB (2048 blocks of 512 bytes); the signal that says so is ignored, so that writing fails.
    let server = Server::start(after("trap '' XFSZ; ulimit -f 2048", &place.data())).unwrap();
    let api = Api::open(&server.base, &place.data()).await;
    let acknowledged = fill(&api).await;
    assert!(acknowledged.len() > 5, "{}", acknowledged.len());
    assert_read_only(&api, &admin(&place.data()), &acknowledged).await;
    server.kill();

    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    assert_eq!(identifiers(&api).await, acknowledged, "what was acknowledged, and nothing that was refused");
    api.create("/api/v2/resource-servers", large_api(9000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_on_when_a_full_disk_has_room_again() {
    if !may_mount() {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let small =
        "mount -t tmpfs -o size=2m,mode=700 none \"$DATA\"; head -c 700000 /dev/zero > \"$DATA/ballast\"";
    let server = Server::start(after_mounting(small, &place.data())).unwrap();
    let data = seen_from_outside(&server, &place.data());
    let api = Api::open_with(https(&data.join("ca.pem")), &server.base, &admin(&data)).await;
    let mut acknowledged = fill(&api).await;
    assert_read_only(&api, &admin(&data), &acknowledged).await;
    std::fs::remove_file(data.join("ballast")).unwrap();
    let body = large_api(9000);
    acknowledged.insert(body["identifier"].as_str().unwrap().to_owned());
    api.create("/api/v2/resource-servers", body).await;
    assert_eq!(identifiers(&api).await, acknowledged);
    let ended = server.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

/// A folder of the process's mounts.
fn seen_from_outside(server: &Server, folder: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root", server.id())).join(folder.strip_prefix("/").unwrap())
}

#[test]
fn a_first_start_on_a_full_disk_is_refused_and_can_be_made_again() {
    let place = Place::new();
    let ended = Server::start(after("trap '' XFSZ; ulimit -f 64", &place.data())).err().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("grantd: ") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
    place.start(&[]).stop();
}

#[test]
fn a_read_only_folder_is_refused_by_name() {
    if !may_mount() {
        return;
    }
    let place = Place::new();
    place.start(&[]).stop();
    let read_only = "mount --bind \"$DATA\" \"$DATA\"; mount -o remount,bind,ro \"$DATA\"";
    let ended = Server::start(after_mounting(read_only, &place.data())).err().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let folder = place.data().canonicalize().unwrap().display().to_string();
    assert!(ended.stderr.contains(&folder), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    place.start(&[]).stop();
}
