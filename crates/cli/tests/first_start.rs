//! The first start of a data folder, the ones after it, and the issuer that the folder keeps.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use grantd_model::{Secret, SigningKeyState};
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use serde_json::{Value, json};
use support::api::{Api, admin, https};
use support::{Ended, Place, Server, read};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn modified(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// Everything that a start makes is there and works: the administration client gets a token that reads the global
/// client, the Management API and the system grant.
async fn assert_complete(base: &str, data: &Path) {
    let api = Api::open(base, data).await;
    let admin = admin(data);
    let apis = api.get("/api/v2/resource-servers").await;
    assert_eq!(apis.as_array().unwrap().len(), 1, "{apis}");
    assert_eq!((&apis[0]["identifier"], &apis[0]["is_system"]), (&admin["audience"], &json!(true)));
    let clients = api.get("/api/v2/clients").await;
    let names: Vec<_> =
        clients.as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Administration", "All Applications"]);
    assert_eq!(clients[0]["client_id"], admin["client_id"]);
    let grants = api.get("/api/v2/client-grants").await;
    assert_eq!(grants.as_array().unwrap().len(), 1, "{grants}");
    assert_eq!(grants[0]["audience"], admin["audience"]);
    let jwks = https(&data.join("ca.pem")).get(format!("{base}/.well-known/jwks.json")).send().await.unwrap();
    let jwks: Value = jwks.json().await.unwrap();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2, "the current and the next: {jwks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_files_that_only_their_owner_reads() {
    let place = Place::new();
    let server = place.start(&[]);
    let data = place.data();
    assert_eq!(mode(&data), 0o700);
    for (file, expected) in
        [("admin.json", 0o600), ("key-encryption-key", 0o600), ("ca-key.pem", 0o600), ("ca.pem", 0o644)]
    {
        assert_eq!(mode(&data.join(file)), expected, "{file}");
    }
    for file in ["grantd.db", "grantd.db-wal", "grantd.db-shm"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!(fs::read(data.join("key-encryption-key")).unwrap().len(), 32);
    let unfinished =
        fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(unfinished.filter(|name| name.contains("unfinished")).count(), 0);
    assert_complete(&server.base, &data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_says_who_administers_it() {
    let place = Place::new();
    let server = place.start(&[]);
    let admin = admin(&place.data());
    let issuer = format!("{}/", server.base);
    assert!(server.base.starts_with("https://localhost:"), "{}", server.base);
    assert_eq!(admin["issuer"], json!(issuer));
    assert_eq!(admin["audience"], json!(format!("{issuer}api/v2/")));
    assert_eq!(admin["client_id"].as_str().unwrap().len(), 32);
    assert_eq!(admin["client_secret"].as_str().unwrap().len(), 64);
    assert_eq!(admin["ca"], json!(place.data().canonicalize().unwrap().join("ca.pem")));
    assert_eq!(admin.as_object().unwrap().len(), 5);
    let secret = admin["client_secret"].as_str().unwrap().to_owned();
    let ended = server.stop();
    assert_eq!(ended.stdout, "", "the ready line is said once, and nothing else");
    assert!(ended.stderr.contains("first start"), "{}", ended.stderr);
    assert!(ended.stderr.contains("admin.json"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(&secret), "a secret is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_start_says_nothing_of_it_and_keeps_the_issuer() {
    let place = Place::new();
    let first = place.start(&[]);
    let issuer = format!("{}/", first.base);
    first.stop();
    let written =
        ["admin.json", "ca.pem", "ca-key.pem", "key-encryption-key"].map(|name| place.data().join(name));
    let before = written.clone().map(|file| (read_bytes(&file), modified(&file)));
    let second = place.start(&[]);
    assert_eq!(admin(&place.data())["issuer"], json!(issuer), "though the port is another");
    assert_complete(&second.base, &place.data()).await;
    let metadata = https(&place.data().join("ca.pem"));
    let metadata =
        metadata.get(format!("{}/.well-known/openid-configuration", second.base)).send().await.unwrap();
    assert_eq!(metadata.json::<Value>().await.unwrap()["issuer"], json!(issuer));
    let ended = second.stop();
    assert!(!ended.stderr.contains("admin"), "{}", ended.stderr);
    assert_eq!(written.map(|file| (read_bytes(&file), modified(&file))), before);
}

/// As a version without rotation left it.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_a_next_signing_key_gets_one() {
    let place = Place::new();
    place.start(&[]).stop();
    let data = place.data();
    let key = KeyEncryptionKey::new(&Secret::from(read_bytes(&data.join("key-encryption-key")))).unwrap();
    let store = SqliteStore::open(&data.join("grantd.db"), key).await.unwrap();
    let keys = store.signing_keys().await.unwrap();
    let next = keys.into_iter().find(|key| key.state == SigningKeyState::Next).unwrap();
    store.commit(vec![Change::DeleteSigningKey(next.kid)]).await.unwrap();
    store.close().await;
    let server = place.start(&[]);
    assert_complete(&server.base, &data).await;
    assert!(server.stop().stderr.contains("the next signing key is made"));
}

fn read_bytes(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_takes_the_management_api_along() {
    let place = Place::new();
    let server = place.start(&["--issuer", "https://old.example.com/"]);
    let old = Api::open(&server.base, &place.data()).await;
    old.create("/api/v2/clients", json!({"name": "Kept"})).await;
    let old_audience = admin(&place.data())["audience"].clone();
    let secret = admin(&place.data())["client_secret"].clone();
    server.stop();

    let server = place.start(&["--issuer", "https://new.example.com"]);
    let now = admin(&place.data());
    assert_eq!(now["issuer"], json!("https://new.example.com/"), "with the slash that issuers have");
    assert_eq!(now["audience"], json!("https://new.example.com/api/v2/"));
    assert_eq!(now["client_secret"], secret);
    let new = Api::open(&server.base, &place.data()).await;
    let grants = new.get("/api/v2/client-grants").await;
    assert_eq!(grants[0]["audience"], now["audience"]);
    assert_eq!(new.get("/api/v2/resource-servers").await[0]["identifier"], now["audience"]);
    assert_eq!(new.get("/api/v2/clients").await[1]["name"], json!("Kept"));
    let refused = new.ask(&now["client_id"], &now["client_secret"], &old_audience).await;
    assert!(refused.status >= 400, "{refused:?}");
    let former = old.at(&server.base).call(reqwest::Method::GET, "/api/v2/clients", None).await;
    assert_eq!(former.status, 401, "a token of the former issuer: {former:?}");
    server.stop();

    let server = place.start(&[]);
    assert_eq!(admin(&place.data()), now, "the folder keeps it");
    Api::open(&server.base, &place.data()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_whose_identifier_is_taken_is_refused_with_a_way_out() {
    let place = Place::new();
    let server = place.start(&["--issuer", "https://old.example.com/"]);
    let api = Api::open(&server.base, &place.data()).await;
    let taken = json!({"name": "Taken", "identifier": "https://new.example.com/api/v2/"});
    let taken = api.create("/api/v2/resource-servers", taken).await;
    let path = format!("/api/v2/resource-servers/{}", taken["id"].as_str().unwrap());
    server.stop();
    let before = admin(&place.data());

    let ended = place.fail(&["--issuer", "https://new.example.com/"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for part in ["https://new.example.com/api/v2/", &format!("DELETE {path}"), "name another issuer"] {
        assert!(ended.stderr.contains(part), "{part} is not in: {}", ended.stderr);
    }
    assert_eq!(admin(&place.data()), before);

    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    assert_eq!(api.call(reqwest::Method::DELETE, &path, None).await.status, 204);
    server.stop();
    place.start(&["--issuer", "https://new.example.com/"]).stop();
    assert_eq!(admin(&place.data())["issuer"], json!("https://new.example.com/"));
}

#[test]
fn files_that_others_can_read_are_named() {
    let place = Place::new();
    assert!(!place.start(&[]).stop().stderr.contains("access to this"));
    for (name, file) in [("", 0o755), ("key-encryption-key", 0o644), ("admin.json", 0o640)] {
        let path = place.data().join(name);
        let before = mode(&path);
        fs::set_permissions(&path, fs::Permissions::from_mode(file)).unwrap();
        let ended = place.start(&[]).stop();
        let lines: Vec<_> =
            ended.stderr.lines().filter(|line| line.contains("others than the owner")).collect();
        assert_eq!(lines.len(), 1, "{name}: {}", ended.stderr);
        let path = path.canonicalize().unwrap();
        assert!(lines[0].contains("WARN") && lines[0].contains(&path.display().to_string()), "{}", lines[0]);
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
    }
}

#[test]
fn an_authority_that_does_not_fit_together_is_refused_by_name() {
    let (place, other) = (Place::new(), Place::new());
    place.start(&[]).stop();
    other.start(&[]).stop();
    let (certificate, key) = (place.data().join("ca.pem"), place.data().join("ca-key.pem"));
    let right = (read(&certificate), read(&key));
    for wrong in [read(&other.data().join("ca.pem")), "garbage".to_owned(), String::new()] {
        fs::write(&certificate, &wrong).unwrap();
        let ended = place.fail(&[]);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains("/ca.pem"), "{}", ended.stderr);
        assert_eq!(read(&certificate), wrong, "it is left for whoever wrote it");
    }
    fs::write(&certificate, &right.0).unwrap();
    fs::write(&key, "garbage").unwrap();
    assert!(place.fail(&[]).stderr.contains("/ca-key.pem"));
    fs::write(&key, &right.1).unwrap();
    fs::remove_file(&certificate).unwrap();
    place.start(&[]).stop();
    assert!(read(&certificate).contains("BEGIN CERTIFICATE"), "what is missing is made anew");
}

#[test]
fn an_admin_file_that_fell_behind_is_brought_up_to_date() {
    let place = Place::new();
    place.start(&["--issuer", "https://new.example.com/"]).stop();
    let current = admin(&place.data());
    let mut behind = current.clone();
    behind["issuer"] = json!("https://old.example.com/");
    behind["audience"] = json!("https://old.example.com/api/v2/");
    behind["ca"] = json!("/where/the/folder/was/ca.pem");
    fs::write(place.data().join("admin.json"), behind.to_string()).unwrap();
    place.start(&[]).stop();
    assert_eq!(admin(&place.data()), current);
    assert_eq!(mode(&place.data().join("admin.json")), 0o600);
}

#[test]
fn an_admin_file_that_is_gone_stays_gone() {
    let place = Place::new();
    place.start(&[]).stop();
    fs::remove_file(place.data().join("admin.json")).unwrap();
    place.start(&["--issuer", "https://new.example.com/"]).stop();
    assert!(!place.data().join("admin.json").exists());
}

#[test]
fn an_admin_file_that_cannot_be_read_is_named_and_keeps_no_server_from_starting() {
    let place = Place::new();
    place.start(&[]).stop();
    fs::write(place.data().join("admin.json"), "{\"issuer\":").unwrap();
    for arguments in [&["--issuer", "https://new.example.com/"][..], &[]] {
        let ended = place.start(arguments).stop();
        assert!(ended.status.success());
        assert!(ended.stderr.contains("admin.json"), "{}", ended.stderr);
    }
    assert_eq!(read(&place.data().join("admin.json")), "{\"issuer\":", "it is left for whoever wrote it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_whose_key_is_gone_is_made_anew_with_its_certificate() {
    let place = Place::new();
    place.start(&[]).stop();
    fs::remove_file(place.data().join("ca-key.pem")).unwrap();
    let server = place.start(&[]);
    assert_complete(&server.base, &place.data()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_is_made_again() {
    for delay in [0, 2, 5, 10, 15, 20, 30, 45, 60, 90, 130, 180, 250, 350] {
        let place = Place::new();
        let child =
            place.serve(&[]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
        let mut child = child.unwrap();
        tokio::time::sleep(Duration::from_millis(delay)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let server = place.start(&[]);
        assert_complete(&server.base, &place.data()).await;
        server.stop();
        let again = place.start(&[]);
        assert_complete(&again.base, &place.data()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_starts_at_once_one_serves_and_the_other_says_so() {
    let place = Place::new();
    let start = || Server::start(place.serve(&[]));
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(start);
        (start(), other.join().unwrap())
    });
    let (server, refused) = match (one, other) {
        (Ok(server), Err(refused)) | (Err(refused), Ok(server)) => (server, refused),
        both => panic!("one of them serves: {:?}", (both.0.err(), both.1.err())),
    };
    assert_locked(&refused, &place);
    assert_complete(&server.base, &place.data()).await;
    server.kill();
    let next = place.start(&[]);
    assert_complete(&next.base, &place.data()).await;
}

fn assert_locked(refused: &Ended, place: &Place) {
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let folder = place.data().canonicalize().unwrap().display().to_string();
    let expected = format!("grantd: another grantd runs on this data folder: {folder}\n");
    assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_locked_for_as_long_as_its_server_lives() {
    let place = Place::new();
    let server = place.start(&[]);
    let before = admin(&place.data());
    let begun = Instant::now();
    assert_locked(&place.fail(&["--issuer", "https://other.example.com/"]), &place);
    assert!(begun.elapsed() < Duration::from_secs(5), "it does not wait");
    assert_eq!(admin(&place.data()), before);
    assert_complete(&server.base, &place.data()).await;
    server.kill();
    place.start(&[]).stop();
    place.start(&[]).stop();
}

/// Prints how long a start takes, for the record: tests run beside others, so nothing is asserted.
#[test]
#[expect(clippy::print_stdout, reason = "the figures are what this is for")]
fn how_long_a_start_takes() {
    let place = Place::new();
    let timed = || {
        let begun = Instant::now();
        let server = place.start(&[]);
        let ready = begun.elapsed().as_millis();
        server.stop();
        ready
    };
    let first = timed();
    let mut warm: Vec<_> = (0..5).map(|_| timed()).collect();
    warm.sort_unstable();
    println!("ready after {first} ms on a new folder, and {warm:?} ms on the same one after it");
}
