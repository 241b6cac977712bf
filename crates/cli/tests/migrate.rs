//! `grantd migrate sqlite-to-postgres`: a deployment moves, whole, and goes on where it was.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]
#![expect(dead_code, reason = "support is for all tests of the program")]

mod support;

use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use grantd_model::{LogEvent, LogEventKind, Secret, Timestamp};
use grantd_store::{ChainKey, KeyEncryptionKey, Log, SqliteLog, SqliteStore, Store};
use grantd_testbed::{Cluster, Durability};
use serde_json::{Value, json};

use crate::support::api::{Api, admin};
use crate::support::{Place, Process, grantd};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Nothing));

fn migrate(place: &Place, database: &str) -> Command {
    let mut command = grantd(&["migrate", "sqlite-to-postgres", "--json", "--database", database, "--data"]);
    command.arg(place.data());
    command
}

fn moved(mut command: Command) -> Value {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

fn refusal(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

fn rows(moved: &Value, table: &str) -> u64 {
    let tables = moved["tables"].as_array().unwrap();
    tables.iter().find(|moved| moved["table"] == table).unwrap()["rows"].as_u64().unwrap()
}

/// A client with a grant, in an organization.
async fn configure(api: &Api) -> Value {
    api.create(
        "/api/v2/resource-servers",
        json!({"identifier": "https://a/", "scopes": [{"value": "read"}]}),
    )
    .await;
    let client = api
        .create(
            "/api/v2/clients",
            json!({"name": "Ünïcode 🦀", "app_type": "non_interactive", "grant_types": ["client_credentials"]}),
        )
        .await;
    let grant = api
        .create(
            "/api/v2/client-grants",
            json!({
                "client_id": client["client_id"], "audience": "https://a/", "scope": ["read"],
                "organization_usage": "allow",
            }),
        )
        .await;
    let organization = api.create("/api/v2/organizations", json!({"name": "acme"})).await;
    let path = format!("/api/v2/organizations/{}/client-grants", organization["id"].as_str().unwrap());
    api.create(&path, json!({"grant_id": grant["id"]})).await;
    client
}

#[tokio::test]
async fn a_deployment_moves_with_its_secrets_its_keys_and_its_log() {
    let place = Place::new();
    let server = place.start(&["--issuer", "https://auth.example.com/"]);
    let api = Api::open(&server.base, &place.data()).await;
    let client = configure(&api).await;
    let keys = api.get("/.well-known/jwks.json").await;
    let clients = api.get("/api/v2/clients").await;
    server.stop();

    let database = CLUSTER.database();
    let moved = moved(migrate(&place, &database));
    assert_eq!((rows(&moved, "client_grants"), rows(&moved, "organization_client_grants")), (2, 1));
    assert!(rows(&moved, "events") >= 6);

    let server = place.start(&["--database", &database]);
    let api = Api::open(&server.base, &place.data()).await;
    assert_eq!(api.get("/.well-known/jwks.json").await, keys);
    assert_eq!(api.get("/api/v2/clients").await, clients);
    let audience = json!("https://a/");
    let answer = api.ask(&client["client_id"], &client["client_secret"], &audience).await;
    assert_eq!(answer.body["scope"], "read", "{answer:?}");
    let path = format!("/api/v2/clients/{}", admin(&place.data())["client_id"].as_str().unwrap());
    assert_eq!(api.get(&path).await["name"], "Administration");
    server.stop();
    let mut audit = grantd(&["audit", "verify", "--json", "--database", &database, "--data"]);
    let audit: Value = serde_json::from_slice(&audit.arg(place.data()).output().unwrap().stdout).unwrap();
    assert_eq!(audit["whole"], true);
}

#[test]
fn a_database_that_is_in_use_is_left_alone() {
    let (place, other, database) = (Place::new(), Place::new(), CLUSTER.database());
    place.start(&[]).stop();
    other.start(&["--database", &database]).stop();
    assert!(refusal(migrate(&place, &database)).contains("the database is not empty"));
    other.start(&["--database", &database]).stop();
}

#[test]
fn a_server_that_was_killed_has_to_stop_in_order_first() {
    let (place, database) = (Place::new(), CLUSTER.database());
    place.start(&[]).kill();
    assert!(refusal(migrate(&place, &database)).contains("start it and stop it once more"));
    place.start(&[]).stop();
    moved(migrate(&place, &database));
}

#[test]
fn a_parameter_that_would_do_nothing_is_refused_by_its_name() {
    let place = Place::new();
    place.start(&[]).stop();
    let refused = refusal(migrate(&place, "postgres://h/d?sslmode=require&sslpassword=hunter2"));
    assert!(
        refused.contains("the parameter sslpassword is not known") && !refused.contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn a_server_that_runs_is_not_moved_from_under_its_feet() {
    let place = Place::new();
    let _server = place.start(&[]);
    let refused = refusal(migrate(&place, &CLUSTER.database()));
    assert!(refused.contains("another grantd runs on this data folder"), "{refused}");
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let place = Place::new();
    place.start(&[]).stop();
    for url in [
        "mysql://root:hunter2@h/d",
        "postgres://root:hunter2@h:port/d",
        "postgres://root:hunter2@127.0.0.1:1/d?sslmode=hunter2",
    ] {
        let refused = refusal(migrate(&place, url));
        assert!(refused.contains("--database") && !refused.contains("hunter2@"), "{refused}");
    }
}

/// A folder whose log takes a while to move.
async fn filled(events: u64) -> Place {
    let place = Place::new();
    place.start(&[]).stop();
    let key = Secret::from(std::fs::read(place.data().join("key-encryption-key")).unwrap());
    let key = KeyEncryptionKey::new(&key).unwrap();
    let store = SqliteStore::open(&place.data().join("grantd.db"), key).await.unwrap();
    let key = store.log_key(Secret::from(vec![0; ChainKey::LENGTH])).await.unwrap();
    store.close().await;
    let log = SqliteLog::open(&place.data().join("events.db"), key).await.unwrap();
    let event = |second| {
        let date = Timestamp::from_seconds(1_790_000_000 + second);
        LogEvent::new(LogEventKind::TokenIssued, date, "a token", "tenant")
    };
    log.append(&(0..events).map(event).collect()).await.unwrap();
    log.close().await;
    place
}

/// How many events have arrived in a database.
fn events_in(database: &str) -> u64 {
    if CLUSTER.sql(database, "SELECT TO_REGCLASS('events') IS NULL").trim() == "t" {
        return 0;
    }
    CLUSTER.sql(database, "SELECT COALESCE(MAX(position), 0) FROM events").trim().parse().unwrap()
}

#[tokio::test]
async fn a_move_that_is_killed_goes_on_where_it_was_and_nobody_serves_meanwhile() {
    const EVENTS: u64 = 20_000;
    let place = filled(EVENTS).await;
    let database = CLUSTER.database();
    let name = database.rsplit('/').next().unwrap();
    for goal in [3_000, 9_000] {
        let process = Process::start(migrate(&place, &database));
        let deadline = Instant::now() + Duration::from_mins(1);
        while events_in(name) < goal {
            assert!(Instant::now() < deadline, "no events arrived");
        }
        drop(process);
        let ended = place.fail(&["--database", &database]);
        assert!(ended.stderr.contains("`grantd migrate` finishes it"), "{}", ended.stderr);
    }
    let moved = moved(migrate(&place, &database));
    assert!(rows(&moved, "events") >= EVENTS);
    place.start(&["--database", &database]).stop();
}
