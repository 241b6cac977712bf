//! Which files are opened, and what is said about the others.

use std::fs;

use grantd_model::{SigningKey, Timestamp};
use grantd_store::{Change, Store, StoreError};

use crate::file::{File, client, signing_key};

/// Why the file is refused, with all causes.
async fn refusal(file: &File) -> String {
    let error = file.try_open(7).await.err().unwrap();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

async fn filled() -> File {
    let file = File::new();
    let store = file.open().await;
    store.commit(vec![Change::CreateClient(client("one", "secret"))]).await.unwrap();
    store.close().await;
    file
}

#[tokio::test]
async fn a_file_from_a_newer_version_is_refused_and_left_alone() {
    let file = filled().await;
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    let refused = file.try_open(7).await.err().unwrap();
    assert!(matches!(refused, StoreError::Newer { schema: 999, .. }), "{refused:?}");
    let said = "the database was last used by a newer version: its schema is 999, ";
    let refusal = refusal(&file).await;
    assert!(refusal.starts_with(said), "{refusal}");
    file.execute("DELETE FROM _sqlx_migrations WHERE version = 999").await;
    assert_eq!(file.open().await.load().await.unwrap().clients, [client("one", "secret")]);
}

#[tokio::test]
async fn a_file_whose_schema_was_made_by_other_statements_is_refused() {
    let file = filled().await;
    file.execute("UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let refusal = refusal(&file).await;
    assert!(refusal.starts_with("the database schema could not be migrated: migration 1 "), "{refusal}");
    assert!(refusal.contains("has been modified"), "{refusal}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let file = File::new();
    fs::write(file.path(), "this is no database, though it is long enough to be one: ".repeat(100)).unwrap();
    let refusal = refusal(&file).await;
    assert!(refusal.contains("file is not a database"), "{refusal}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused() {
    let file = File::new();
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
    let refusal = refusal(&file).await;
    assert!(refusal.contains("unable to open database file"), "{refusal}");
}

#[tokio::test]
async fn migrations_that_were_cut_short_are_made_again() {
    let file = File::new();
    file.execute("PRAGMA journal_mode = WAL").await;
    let store = file.open().await;
    store.commit(vec![Change::CreateClient(client("one", "secret"))]).await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_an_error_that_names_its_noun() {
    let file = filled().await;
    file.execute("UPDATE clients SET record = '{\"client_id\": 1}'").await;
    let error = file.open().await.get_client(&"one".into()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert_eq!(error.to_string(), "a stored Client cannot be read");
}

#[tokio::test]
async fn a_closed_store_has_its_whole_content_in_one_file() {
    let file = filled().await;
    let names = fs::read_dir(file.path().parent().unwrap()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["grantd.db"]);
}

/// As the first version left it: one key, with none of what rotation added.
#[tokio::test]
async fn the_key_of_a_file_from_before_rotation_signs_since_it_was_made() {
    let file = File::new();
    let store = file.open().await;
    let made = Timestamp::from_millis(1_767_323_045_678);
    let key = SigningKey { created_at: made, ..signing_key("kid", "private") }.promoted(made);
    store.commit(vec![Change::CreateSigningKey(key.clone())]).await.unwrap();
    store.close().await;
    file.execute(
        "DROP INDEX signing_keys_in_office; \
         ALTER TABLE signing_keys DROP COLUMN kind; \
         ALTER TABLE signing_keys DROP COLUMN current_since; \
         ALTER TABLE signing_keys DROP COLUMN current_until; \
         ALTER TABLE signing_keys DROP COLUMN revoked_at; \
         DELETE FROM _sqlx_migrations WHERE version = 3",
    )
    .await;
    assert_eq!(file.open().await.signing_keys().await.unwrap(), [key]);
}

/// A data folder of the first version, with a client and its secret in it.
#[tokio::test]
async fn a_file_of_the_first_version_has_its_clients_and_secrets_after_the_migrations() {
    let file = filled().await;
    let store = file.open().await;
    let before = store.load().await.unwrap();
    store.close().await;
    file.execute(
        "DROP TABLE credentials; DROP INDEX signing_keys_in_office; \
         ALTER TABLE signing_keys DROP COLUMN kind; \
         ALTER TABLE signing_keys DROP COLUMN current_since; \
         ALTER TABLE signing_keys DROP COLUMN current_until; \
         ALTER TABLE signing_keys DROP COLUMN revoked_at; \
         DROP TABLE client_secret_uses; \
         ALTER TABLE clients DROP COLUMN secret_terms; \
         ALTER TABLE clients DROP COLUMN sealed_further_secrets; \
         DROP TABLE federated_identities; DROP TABLE revoked_tokens; DROP TABLE sealing; \
         DROP TABLE one_time_uses; DROP TABLE clean_stop; DROP TABLE log_streams; DROP TABLE log_keys; \
         DROP TABLE token_quotas; DROP TABLE organization_clients; DROP TABLE discovery_domains; DROP TABLE ownerships; DROP TABLE rate_counts; \
         DELETE FROM _sqlx_migrations WHERE version > 1",
    )
    .await;
    let after = file.open().await.load().await.unwrap();
    assert!(!before.clients.is_empty());
    for (old, new) in before.clients.iter().zip(&after.clients) {
        assert_eq!(old.client_secret.value, new.client_secret.value);
        assert!(new.client_secret.expires_at.is_none());
    }
    assert_eq!(before.clients.len(), after.clients.len());
}
