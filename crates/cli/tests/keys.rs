//! `grantd keys rewrap`: another key-encryption key, while the server runs, and however often it is interrupted.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_model::{Client, ClientId, Secret};
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use reqwest::Method;
use serde_json::{Value, json};
use support::api::{Api, admin};
use support::{Place, grantd};

fn rewrap(place: &Place, arguments: &[&str]) -> Command {
    let mut command = grantd(&["keys", "rewrap", "--data"]);
    command.arg(place.data()).args(arguments);
    command
}

fn succeed(place: &Place, arguments: &[&str]) -> String {
    let output = rewrap(place, arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn fail(place: &Place, arguments: &[&str]) -> (String, String) {
    let Output { status, stdout, stderr } = rewrap(place, arguments).output().unwrap();
    assert_eq!(status.code(), Some(1), "{stdout:?}");
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn key_file(place: &Place) -> PathBuf {
    place.data().join("key-encryption-key")
}

fn former_file(place: &Place) -> PathBuf {
    place.data().join("key-encryption-key.former")
}

/// How many secrets stand under keys of this role.
fn standing(said: &Value, role: &str) -> u64 {
    let counts = said["secrets"].as_array().unwrap().iter().filter(|count| count["key"] == role);
    counts.map(|count| count["secrets"].as_u64().unwrap()).sum()
}

/// A folder with this many clients more than the first start makes.
async fn filled(clients: usize) -> Place {
    let place = Place::new();
    place.start(&[]).stop();
    let key = KeyEncryptionKey::new(&Secret::from(fs::read(key_file(&place)).unwrap())).unwrap();
    let store = SqliteStore::open(&place.data().join("grantd.db"), key).await.unwrap();
    let changes = (0..clients).map(|number| {
        let body = json!({"name": format!("Client {number}")}).as_object().cloned().unwrap();
        let (id, secret) = (format!("client_{number}"), format!("secret_{number}"));
        Change::CreateClient(
            Client::from_request(ClientId::from(id.as_str()), Secret::from(secret), body).unwrap(),
        )
    });
    store.commit(changes.collect()).await.unwrap();
    store.close().await;
    place
}

/// The former key is in no file, opens nothing, and the server does without it.
async fn assert_replaced(place: &Place, former: &[u8]) {
    let said = json_of(&succeed(place, &["--check", "--json"]));
    assert_eq!(said["finished"], true, "{said}");
    assert_eq!((standing(&said, "former"), standing(&said, "unknown")), (0, 0), "{said}");
    assert!(!former_file(place).exists());
    let now = fs::read(key_file(place)).unwrap();
    assert_ne!(now, former);
    assert_eq!(fs::metadata(key_file(place)).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(key_file(place), former).unwrap();
    let refused = place.fail(&[]);
    assert!(refused.stderr.contains("key-encryption-key cannot be used"), "{refused:?}");
    fs::write(key_file(place), now).unwrap();
    let server = place.start(&[]);
    Api::open(&server.base, &place.data()).await;
    server.stop();
}

/// Writes clients, APIs with secrets and grants, changes them, and gets tokens by them, until told to end.
async fn load(api: Api, number: usize, end: Arc<AtomicBool>) -> usize {
    let mut rounds = 0;
    while !end.load(Ordering::Relaxed) {
        let name = format!("load_{number}_{rounds}");
        let client =
            api.create("/api/v2/clients", json!({"name": name, "app_type": "non_interactive"})).await;
        let audience = json!(format!("https://{name}/"));
        let body = json!({"identifier": audience, "signing_alg": "HS256", "scopes": [{"value": "read"}]});
        api.create("/api/v2/resource-servers", body).await;
        let body = json!({"client_id": client["client_id"], "audience": audience, "scope": ["read"]});
        api.create("/api/v2/client-grants", body).await;
        let path = format!("/api/v2/clients/{}/rotate-secret", client["client_id"].as_str().unwrap());
        let rotated = api.call(Method::POST, &path, None).await;
        assert_eq!(rotated.status, 200, "{rotated:?}");
        let token = api.ask(&client["client_id"], &rotated.body["client_secret"], &audience).await;
        assert_eq!(token.status, 200, "{token:?}");
        api.get("/api/v2/clients?per_page=50").await;
        rounds += 1;
    }
    rounds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_under_load_does_not_notice() {
    let place = filled(2_000).await;
    let former = fs::read(key_file(&place)).unwrap();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let end = Arc::new(AtomicBool::new(false));
    let load: Vec<_> =
        (0..4).map(|number| tokio::spawn(load(api.apart(&place.data()), number, Arc::clone(&end)))).collect();
    let said = tokio::task::block_in_place(|| json_of(&succeed(&place, &["--json"])));
    assert!(said["resealed"].as_u64().unwrap() >= 2_000, "{said}");
    let between = fs::read(key_file(&place)).unwrap();
    // The server has had two keys already when the next replacement begins.
    tokio::task::block_in_place(|| succeed(&place, &[]));
    end.store(true, Ordering::Relaxed);
    let mut rounds = 0;
    for writer in load {
        rounds += writer.await.unwrap();
    }
    assert!(rounds > 0, "there was no load");
    let ended = server.stop();
    assert!(!ended.stderr.contains("ERROR"), "{ended:?}");
    assert_replaced(&place, &former).await;
    assert_replaced(&place, &between).await;
}

/// Kills the command (kill -9) after this many lines of progress.
fn kill_after(place: &Place, lines: usize) {
    let mut child = rewrap(place, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let progress = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let seen: Vec<_> = progress.take(lines).collect();
    assert_eq!(seen.len(), lines, "{seen:?}");
    assert!(seen.iter().all(|line| line.ends_with(" secrets are sealed under the new key")), "{seen:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_everything_is_readable_and_the_next_run_finishes() {
    let place = filled(3_000).await;
    let former = fs::read(key_file(&place)).unwrap();
    let running = place.start(&[]);
    let api = Api::open(&running.base, &place.data()).await;
    for lines in [1, 4, 3] {
        kill_after(&place, lines);
        let (said, why) = fail(&place, &["--check", "--json"]);
        let said = json_of(&said);
        assert!(standing(&said, "current") > 0 && standing(&said, "former") > 0, "{said}");
        assert_eq!((standing(&said, "unknown"), &said["finished"]), (0, &json!(false)), "{said}");
        assert!(why.contains("`grantd keys rewrap` finishes what was begun"), "{why}");
        assert_eq!(fs::read(former_file(&place)).unwrap(), former);
        let page = api.get("/api/v2/clients?per_page=100&page=5").await;
        assert_eq!(page.as_array().unwrap().len(), 100);
        api.create("/api/v2/clients", json!({"name": "made in between"})).await;
    }
    running.stop();
    // A server that starts now needs both keys.
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let said = json_of(&succeed(&place, &["--json"]));
    assert_eq!((&said["resumed"], &said["finished"]), (&json!(true), &json!(true)), "{said}");
    api.create("/api/v2/clients", json!({"name": "made afterwards"})).await;
    server.stop();
    assert_replaced(&place, &former).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_first_secret_the_next_run_finishes() {
    let place = filled(10).await;
    let former = fs::read(key_file(&place)).unwrap();
    // The former key is kept, and there is no new one yet.
    fs::write(former_file(&place), &former).unwrap();
    let said = json_of(&succeed(&place, &["--json"]));
    assert_eq!((&said["resumed"], &said["former_key_id"]), (&json!(false), &Value::Null), "{said}");
    assert_replaced(&place, &former).await;
    // There is a new one, and nothing is sealed under it.
    let former = fs::read(key_file(&place)).unwrap();
    fs::write(former_file(&place), &former).unwrap();
    fs::write(key_file(&place), [9; 32]).unwrap();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    api.create("/api/v2/clients", json!({"name": "made in between"})).await;
    let said = json_of(&succeed(&place, &["--json"]));
    assert_eq!(said["resumed"], true, "{said}");
    server.stop();
    assert_eq!(fs::read(key_file(&place)).unwrap(), [9; 32]);
    assert_replaced(&place, &former).await;
}

#[test]
fn the_command_says_what_it_did_and_check_what_there_is() {
    let place = Place::new();
    place.start(&[]).stop();
    let id = |said: &Value| said["current_key_id"].as_str().unwrap().to_owned();
    let said = json_of(&succeed(&place, &["--check", "--json"]));
    let (before, all) = (id(&said), standing(&said, "current"));
    let mut lines = vec![format!("secrets are sealed under the key {before} (current)")];
    lines.extend(said["secrets"].as_array().unwrap().iter().map(|count| {
        let column = count["column"].as_str().unwrap();
        format!("{} in {column} stand under {before} (current)", count["secrets"])
    }));
    assert!(
        lines.contains(&format!("2 in clients.sealed_secret stand under {before} (current)")),
        "{lines:?}"
    );
    assert_eq!(succeed(&place, &["--check"]).lines().collect::<Vec<_>>(), lines);
    let output = rewrap(&place, &[]).output().unwrap();
    let now = json_of(&succeed(&place, &["--check", "--json"]));
    assert_ne!(id(&now), before);
    let (said, file) = (String::from_utf8(output.stdout).unwrap(), key_file(&place));
    let key = format!("the key {} in {}", id(&now), file.display());
    assert_eq!(said, format!("a new key was made: all {all} secrets stand under {key}\n"));
    let progress = String::from_utf8(output.stderr).unwrap();
    assert_eq!(progress, format!("{all} of {all} secrets are sealed under the new key\n"));
    let counts: Vec<_> = now["secrets"].as_array().unwrap().clone();
    assert_eq!(
        now,
        json!({
            "current_key_id": id(&now), "former_key_id": null, "sealing_key_id": id(&now), "finished": true,
            "secrets": counts,
        })
    );
    assert_eq!(
        counts[0],
        json!({"column": "clients.sealed_secret", "key": "current", "key_id": id(&now), "secrets": 2})
    );
}

#[test]
fn keys_that_do_not_open_the_secrets_are_left_alone() {
    let place = Place::new();
    place.start(&[]).stop();
    let key = fs::read(key_file(&place)).unwrap();
    fs::write(key_file(&place), [7; 32]).unwrap();
    let (_, why) = fail(&place, &[]);
    assert!(why.contains("key-encryption-key cannot be used: "), "{why}");
    assert!(why.contains(" secrets stand under another key"), "{why}");
    assert_eq!(fs::read(key_file(&place)).unwrap(), [7; 32]);
    assert!(!former_file(&place).exists());
    fs::remove_file(key_file(&place)).unwrap();
    let (_, why) = fail(&place, &[]);
    assert!(why.contains("key-encryption-key is not there, but the database is"), "{why}");
    fs::write(key_file(&place), [7; 31]).unwrap();
    let (_, why) = fail(&place, &[]);
    assert!(why.contains("key-encryption-key does not hold 32 bytes"), "{why}");
    fs::write(key_file(&place), key).unwrap();
    place.start(&[]).stop();
}

#[test]
fn one_command_at_a_time_replaces_the_key() {
    let place = Place::new();
    place.start(&[]).stop();
    let lock = fs::File::create(place.data().join("key-encryption-key.lock")).unwrap();
    lock.try_lock().unwrap();
    let before = fs::read(key_file(&place)).unwrap();
    let (_, why) = fail(&place, &[]);
    assert!(why.contains("another grantd replaces the key: "), "{why}");
    assert_eq!(fs::read(key_file(&place)).unwrap(), before);
    assert!(!admin(&place.data())["client_id"].is_null());
}

#[test]
fn a_folder_that_no_server_has_filled_is_left_alone() {
    let place = Place::new();
    let (_, why) = fail(&place, &[]);
    assert!(why.contains("grantd.db is not there: this is no data folder"), "{why}");
    assert!(!place.data().exists());
}
