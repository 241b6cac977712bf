//! `grantd backup` and `grantd restore`: a backup taken while the server runs is a data folder as it was at one moment.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "backup/commands.rs"]
mod commands;
#[path = "backup/interrupted.rs"]
mod interrupted;
#[path = "backup/load.rs"]
mod load;
#[path = "backup/refusals.rs"]
mod refusals;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use commands::{audit, backup, json_said, key_file, names, restore, said, store};
use grantd_model::Timestamp;
use grantd_store::Store;
use serde_json::{Value, json};
use support::api::{Api, admin};
use support::{Place, grantd};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A backup is its owner's alone, and so is what is restored from it.
fn assert_private(folder: &Path) {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    for name in names(folder) {
        assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
    }
}

fn rewrap(place: &Place) {
    let mut command = grantd(&["keys", "rewrap", "--data"]);
    assert!(command.arg(place.data()).output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_goes_on_where_the_backup_was_taken() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    api.create("/api/v2/organizations", json!({"name": "before"})).await;
    let (taken, key) = (place.beside("backup"), key_file(&place.data()));
    let told = said(backup(&place, &taken, &[]));
    api.create("/api/v2/organizations", json!({"name": "after"})).await;
    let manifest: Value = serde_json::from_slice(&fs::read(taken.join("manifest.json")).unwrap()).unwrap();
    let end =
        format!("{}:{}", manifest["event_log"]["position"], manifest["event_log"]["hash"].as_str().unwrap());
    assert_eq!(
        told,
        format!(
            "revision 2 is backed up in {}\nthe event log in it ends with {end}\nthe key-encryption key is not in it: keep {} \
             apart from it, since nothing can be restored without\n",
            taken.display(),
            key.display()
        )
    );
    let restored = Place::new();
    let told = said(restore(&taken, &restored.data(), &["--key", key.to_str().unwrap()]));
    let entries = manifest["event_log"]["position"].as_u64().unwrap();
    assert_eq!(
        told,
        format!(
            "revision 2 is restored into {}: 2 clients, 1 grants, 1 APIs\nthe event log is whole: {entries} events, the end is \
             {end}\n",
            restored.data().display()
        )
    );
    assert_eq!(audit(&restored.data())["end"], end);
    let other = restored.start(&[]);
    let http = support::api::https(&restored.data().join("ca.pem"));
    let api = Api::open_with(http, &other.base, &admin(&place.data())).await;
    let organizations = api.list("/api/v2/organizations", "organizations").await;
    assert_eq!(organizations.iter().map(|found| &found["name"]).collect::<Vec<_>>(), ["before"]);
    api.create("/api/v2/organizations", json!({"name": "later"})).await;
    assert!(other.stop().status.success());
    assert!(server.stop().status.success());
    audit(&restored.data());
    audit(&place.data());
}

#[test]
fn a_backup_has_the_key_only_when_asked_and_never_what_is_of_the_machine() {
    let place = Place::new();
    let server = place.start(&[]);
    let without = place.beside("without");
    let with = place.beside("with");
    fs::create_dir(&with).unwrap();
    let manifest = json_said(backup(&place, &without, &["--json"]));
    assert_eq!((&manifest["format"], &manifest["has_key"]), (&json!(1), &json!(false)));
    assert_eq!((&manifest["grantd"], &manifest["revision"]), (&json!(env!("CARGO_PKG_VERSION")), &json!(1)));
    assert!(Timestamp::parse(manifest["taken_at"].as_str().unwrap()).is_some());
    assert_eq!(manifest["configuration_schema"], grantd_store::known_configuration_schema());
    assert_eq!(manifest["event_log"]["schema"], grantd_store::known_log_schema());
    assert_eq!(names(&without), ["events.db", "grantd.db", "manifest.json"]);
    let told = said(backup(&place, &with, &["--with-key"]));
    assert!(
        told.ends_with("the key-encryption key is in it: whoever has this backup has every secret\n"),
        "{told}"
    );
    assert_eq!(names(&with), ["events.db", "grantd.db", "key-encryption-key", "manifest.json"]);
    assert_eq!(fs::read(key_file(&with)).unwrap(), fs::read(key_file(&place.data())).unwrap());
    let restored = place.beside("restored");
    fs::create_dir(&restored).unwrap();
    fs::set_permissions(&restored, fs::Permissions::from_mode(0o755)).unwrap();
    let told = json_said(restore(&with, &restored, &["--json"]));
    assert_eq!(
        told,
        json!({
            "revision": 1, "clients": 2, "client_grants": 1, "resource_servers": 1,
            "event_log": {"whole": true, "entries": 0, "end": format!("0:{}", "0".repeat(64))},
        })
    );
    assert_eq!(names(&restored), ["events.db", "grantd.db", "key-encryption-key"]);
    for folder in [&without, &with, &restored] {
        assert_private(folder);
    }
    server.stop();
}

#[test]
fn a_server_without_a_log_has_backups_without_one() {
    let place = Place::new();
    let server = place.start(&["--no-event-log"]);
    let taken = place.beside("backup");
    let told = said(backup(&place, &taken, &["--with-key"]));
    assert_eq!(told.lines().nth(1), Some("there is no event log"));
    assert_eq!(names(&taken), ["grantd.db", "key-encryption-key", "manifest.json"]);
    server.stop();
    let restored = Place::new();
    let told = said(restore(&taken, &restored.data(), &[]));
    assert_eq!(told.lines().nth(1), Some("there is no event log in the backup"));
    assert!(restored.start(&[]).stop().status.success());
    audit(&restored.data());
}

#[tokio::test]
async fn a_restored_folder_counts_as_of_a_server_that_did_not_stop_in_order() {
    let place = Place::new();
    place.start(&[]).stop();
    let taken = place.beside("backup");
    said(backup(&place, &taken, &["--with-key"]));
    let restored = place.beside("restored");
    said(restore(&taken, &restored, &[]));
    for (folder, complete) in [(&taken, false), (&restored, false), (&place.data(), true)] {
        let store = store(folder).await;
        assert_eq!(store.take_over_uses(Timestamp::from_seconds(1)).await.unwrap().complete, complete);
        store.close().await;
    }
}

#[test]
fn a_log_that_was_tampered_with_is_backed_up_and_restored_as_it_is() {
    let place = Place::new();
    place.start(&[]).stop();
    // Somebody has put another log there.
    let other = Place::new();
    other.start(&[]).stop();
    fs::copy(other.data().join("events.db"), place.data().join("events.db")).unwrap();
    let taken = place.beside("backup");
    said(backup(&place, &taken, &["--with-key"]));
    let restored = place.beside("restored");
    let told = said(restore(&taken, &restored, &[]));
    assert_eq!(
        told.lines().nth(1),
        Some(
            "the event log is restored as it was, and is not whole: the Head of the log is not sealed as it should be: it \
             was changed, or the key is another"
        )
    );
    let told = json_said(restore(&taken, &place.beside("again"), &["--json"]));
    assert_eq!(told["event_log"]["whole"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_one_key_replaces_another_has_both() {
    let place = Place::new();
    place.start(&[]).stop();
    let former = fs::read(key_file(&place.data())).unwrap();
    // As `keys rewrap` leaves it when it is killed after the first transaction: new secrets stand under another key.
    let next = [9; 32];
    fs::write(place.data().join("key-encryption-key.former"), &former).unwrap();
    fs::write(key_file(&place.data()), next).unwrap();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    api.create("/api/v2/clients", json!({"name": "under the new key"})).await;
    let (with, without) = (place.beside("with"), place.beside("without"));
    said(backup(&place, &with, &["--with-key"]));
    said(backup(&place, &without, &[]));
    server.stop();
    assert_eq!(fs::read(key_file(&with)).unwrap(), next);
    assert_eq!(fs::read(with.join("key-encryption-key.former")).unwrap(), former);
    rewrap(&place);
    let former_file = place.beside("former");
    fs::write(&former_file, &former).unwrap();
    let keys =
        ["--key", with.join("key-encryption-key").to_str().unwrap(), "--key", former_file.to_str().unwrap()]
            .map(str::to_owned);
    for (from, arguments) in [(&with, &[][..]), (&without, &keys.each_ref().map(String::as_str)[..])] {
        let restored = Place::new();
        said(restore(from, &restored.data(), arguments));
        assert_private(&restored.data());
        rewrap(&restored);
        assert_eq!(names(&restored.data()).iter().filter(|name| name.ends_with(".former")).count(), 0);
        let server = restored.start(&[]);
        let http = support::api::https(&restored.data().join("ca.pem"));
        Api::open_with(http, &server.base, &admin(&place.data())).await;
        server.stop();
    }
    let why = commands::refusal(restore(&without, &place.beside("one-key"), &[&keys[0], &keys[1]]));
    assert!(why.contains(" does not open the secrets in "), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_taken_while_keys_are_replaced_again_and_again_open_with_what_is_in_them() {
    let place = Place::new();
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    for number in 0..40 {
        api.create("/api/v2/clients", json!({"name": format!("client {number}")})).await;
    }
    let secrets = admin(&place.data());
    std::thread::scope(|scope| {
        let replacing = scope.spawn(|| (0..8).for_each(|_| rewrap(&place)));
        let mut taken = 0;
        while !replacing.is_finished() || taken == 0 {
            let (to, restored) =
                (place.beside(&format!("backup-{taken}")), place.beside(&format!("restored-{taken}")));
            said(backup(&place, &to, &["--with-key"]));
            said(restore(&to, &restored, &[]));
            taken += 1;
        }
        replacing.join().unwrap();
    });
    let answer = api.ask(&secrets["client_id"], &secrets["client_secret"], &secrets["audience"]).await;
    assert_eq!(answer.status, 200);
    server.stop();
}
