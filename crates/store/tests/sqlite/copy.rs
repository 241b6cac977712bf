//! Copies of the file: of one moment, whoever writes meanwhile, and of nobody who stopped in order.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_model::{Revision, Secret, Timestamp};
use grantd_store::{
    Change, ConfigurationCopy, KeyEncryptionKey, SqliteStore, Store, StoreError, copy_configuration,
    known_configuration_schema,
};

use crate::file::{File, client};

fn key(byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::new(&Secret::from(vec![byte; 32])).unwrap()
}

fn beside(file: &File) -> PathBuf {
    file.path().with_file_name("copy.db")
}

async fn copy(file: &File) -> Result<Option<ConfigurationCopy>, StoreError> {
    let to = beside(file);
    drop(fs::remove_file(&to));
    copy_configuration(&file.path(), &to).await
}

/// The store that a copy is.
async fn open_copy(file: &File) -> SqliteStore {
    SqliteStore::open(&beside(file), key(7)).await.unwrap()
}

async fn filled(clients: usize) -> File {
    let file = File::new();
    let store = file.open().await;
    let clients = (0..clients).map(|number| Change::CreateClient(client(&format!("c{number:05}"), "secret")));
    store.commit(clients.collect()).await.unwrap();
    store.close().await;
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_others_write_is_of_one_moment_and_holds_nobody_up() {
    let file = filled(2_000).await;
    let store = Arc::new(file.open().await);
    let end = Arc::new(AtomicBool::new(false));
    let (writing, ending) = (Arc::clone(&store), Arc::clone(&end));
    let first = store.revision().await.unwrap();
    let writer = tokio::spawn(async move {
        let mut revision = first;
        while !ending.load(Ordering::SeqCst) {
            let name = format!("w{:05}", revision.0 + 1);
            revision = writing.commit(vec![Change::CreateClient(client(&name, "secret"))]).await.unwrap();
            assert_eq!(name, format!("w{:05}", revision.0));
        }
        revision
    });
    let mut written_meanwhile = 0;
    for _ in 0..10 {
        let before = store.revision().await.unwrap();
        let copied = copy(&file).await.unwrap().unwrap();
        let after = store.revision().await.unwrap();
        assert!((before..=after).contains(&copied.revision), "{before:?} {copied:?} {after:?}");
        written_meanwhile += after.0 - before.0;
        assert_eq!((copied.schema, copied.keys), (known_configuration_schema(), vec![key(7).id()]));
        let restored = open_copy(&file).await;
        let whole = restored.load().await.unwrap();
        restored.close().await;
        assert_eq!(whole.revision, copied.revision);
        let written: Vec<String> =
            (first.0 + 1..=copied.revision.0).map(|number| format!("w{number:05}")).collect();
        let mut found: Vec<&str> = whole.clients.iter().map(|client| client.client_id.as_str()).collect();
        found.retain(|id| id.starts_with('w'));
        assert_eq!(found, written);
    }
    end.store(true, Ordering::SeqCst);
    assert_eq!(writer.await.unwrap(), store.revision().await.unwrap());
    assert!(written_meanwhile > 0, "there was no load");
}

#[tokio::test]
async fn a_copy_is_of_a_server_that_did_not_stop_in_order() {
    let file = filled(1).await;
    let store = file.open().await;
    store.leave_uses(Vec::new(), Timestamp::from_seconds(1)).await.unwrap();
    copy(&file).await.unwrap().unwrap();
    let now = Timestamp::from_seconds(2);
    assert!(!open_copy(&file).await.take_over_uses(now).await.unwrap().complete);
    assert!(store.take_over_uses(now).await.unwrap().complete, "what was copied is left alone");
}

#[tokio::test]
async fn a_file_that_was_not_closed_is_copied_with_what_its_log_has() {
    let file = filled(1).await;
    let store = file.open().await;
    let made = store.commit(vec![Change::CreateClient(client("late", "secret"))]).await.unwrap();
    // As kill -9 leaves it: the WAL is not in the file, and nobody has it open.
    let crashed = File::new();
    for name in ["grantd.db", "grantd.db-wal"] {
        fs::copy(file.path().with_file_name(name), crashed.path().with_file_name(name)).unwrap();
    }
    let before = fs::read(crashed.path()).unwrap();
    assert_eq!(copy(&crashed).await.unwrap().unwrap().revision, made);
    assert_eq!(fs::read(crashed.path()).unwrap(), before, "the file that is copied is left alone");
}

#[tokio::test]
async fn a_copy_keeps_the_mode_of_the_empty_file_it_is_made_in_and_replaces_no_other() {
    let file = filled(1).await;
    let to = beside(&file);
    fs::write(&to, "").unwrap();
    fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
    copy_configuration(&file.path(), &to).await.unwrap().unwrap();
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = fs::read(&to).unwrap();
    assert!(copy_configuration(&file.path(), &to).await.is_err());
    assert_eq!(fs::read(&to).unwrap(), whole);
}

#[tokio::test]
async fn a_copy_says_which_keys_its_secrets_need_and_which_one_new_ones() {
    let file = filled(1).await;
    file.execute("INSERT INTO sealing (one, key_id) VALUES (1, '0badcafe')").await;
    let keys = copy(&file).await.unwrap().unwrap().keys;
    assert_eq!(
        keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["0badcafe", &key(7).id().to_string()]
    );
}

#[tokio::test]
async fn a_file_of_an_older_version_is_copied_and_one_of_a_newer_version_refused() {
    let file = filled(1).await;
    file.execute(
        "DROP TABLE sealing; DROP TABLE one_time_uses; DROP TABLE clean_stop; DROP TABLE token_quotas; \
         DROP TABLE log_streams; DROP TABLE log_keys; DROP TABLE organization_clients; \
         DROP TABLE discovery_domains; DROP TABLE ownerships; DROP TABLE rate_counts; DELETE FROM _sqlx_migrations WHERE version > 6",
    )
    .await;
    let copied = copy(&file).await.unwrap().unwrap();
    assert_eq!(copied, ConfigurationCopy { schema: 6, revision: Revision(1), keys: vec![key(7).id()] });
    let brought_up_to_date = open_copy(&file).await;
    assert_eq!(brought_up_to_date.load().await.unwrap().clients, [client("c00000", "secret")]);
    brought_up_to_date.close().await;
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    let refused = copy(&file).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { schema: 999, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_file_without_a_schema_is_no_configuration() {
    let file = File::new();
    file.execute("PRAGMA journal_mode = WAL").await;
    assert_eq!(copy(&file).await.unwrap(), None);
    fs::write(file.path(), "").unwrap();
    assert_eq!(copy(&file).await.unwrap(), None);
}
