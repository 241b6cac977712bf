//! When secrets were last used, as the file has it; and a file from before clients had several secrets.

use std::collections::HashMap;
use std::sync::Arc;

use grantd_model::{Client, ClientSecret, ClientSecretId, Timestamp, Versioned};
use grantd_store::{Change, SqliteStore, Store};
use sqlx::Row;

use crate::file::{File, client};

const NOON: Timestamp = Timestamp::from_seconds(1_767_355_200);

fn id(number: u8) -> ClientSecretId {
    ClientSecretId::parse(&format!("sec_{number:016x}")).unwrap()
}

fn with_two_secrets(client_id: &str) -> Client {
    let mut client = client(client_id, "one");
    client.client_secret.id = id(1);
    client.further_secrets.push(ClientSecret { id: id(2), ..ClientSecret::new("two".into(), NOON) });
    client
}

async fn filled(file: &File) -> SqliteStore {
    let store = file.open().await;
    store.commit(vec![Change::CreateClient(with_two_secrets("one"))]).await.unwrap();
    store
}

async fn written(file: &File) -> i64 {
    let mut connection = file.connect().await;
    let counted = sqlx::query("SELECT count(*) FROM client_secret_uses").fetch_one(&mut connection);
    counted.await.unwrap().get(0)
}

#[tokio::test]
async fn uses_are_written_when_the_store_closes() {
    let file = File::new();
    let store = filled(&file).await;
    store.note_secret_use(&"one".into(), id(1), NOON);
    store.note_secret_use(&"nobody".into(), id(1), NOON);
    store.close().await;
    assert_eq!(written(&file).await, 1);
    let store = file.open().await;
    let uses = store.secret_uses(&with_two_secrets("one")).await.unwrap();
    assert_eq!(uses, HashMap::from([(id(1), NOON)]));
}

#[tokio::test]
async fn many_uses_are_all_written_and_a_later_one_is_kept() {
    let file = File::new();
    let store = filled(&file).await;
    let clients = (0..1500).map(|number| Change::CreateClient(with_two_secrets(&format!("c{number}"))));
    store.commit(clients.collect()).await.unwrap();
    for number in 0..1500 {
        store.note_secret_use(&format!("c{number}").into(), id(2), NOON);
    }
    let later = Timestamp::from_seconds(NOON.seconds() + 600);
    let other = file.open().await;
    other.note_secret_use(&"c7".into(), id(2), later);
    other.close().await;
    store.close().await;
    assert_eq!(written(&file).await, 1500);
    let uses = file.open().await.secret_uses(&with_two_secrets("c7")).await.unwrap();
    assert_eq!(uses, HashMap::from([(id(2), later)]));
}

#[tokio::test]
async fn the_uses_of_what_is_gone_are_forgotten() {
    let file = File::new();
    let store = filled(&file).await;
    store.note_secret_use(&"one".into(), id(1), NOON);
    store.note_secret_use(&"one".into(), id(2), NOON);
    store.close().await;
    assert_eq!(written(&file).await, 2);
    let store = file.open().await;
    let Versioned { mut record, revision } = store.get_client(&"one".into()).await.unwrap().unwrap();
    record.further_secrets.clear();
    store.commit(vec![Change::UpdateClient(Versioned { record, revision })]).await.unwrap();
    assert_eq!(written(&file).await, 1);
    store.commit(vec![Change::DeleteClient("one".into())]).await.unwrap();
    assert_eq!(written(&file).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_is_still_known_and_written_later() {
    let file = File::new();
    let store = filled(&file).await;
    file.execute("ALTER TABLE client_secret_uses RENAME TO elsewhere").await;
    store.note_secret_use(&"one".into(), id(1), NOON);
    store.close().await;
    file.execute("ALTER TABLE elsewhere RENAME TO client_secret_uses").await;
    assert_eq!(written(&file).await, 0, "a store that cannot write them closes all the same");
    let store = Arc::new(file.open().await);
    store.note_secret_use(&"one".into(), id(1), NOON);
    assert_eq!(store.secret_uses(&with_two_secrets("one")).await.unwrap().len(), 1);
    Arc::into_inner(store).unwrap().close().await;
    assert_eq!(written(&file).await, 1);
}

#[tokio::test]
async fn a_file_from_before_clients_had_several_secrets_is_brought_up_to_date() {
    let file = File::new();
    let store = file.open().await;
    store.commit(vec![Change::CreateClient(client("one", "secret"))]).await.unwrap();
    store.commit(vec![Change::CreateClient(client("two", "secret"))]).await.unwrap();
    store.close().await;
    file.execute(
        "DROP TABLE client_secret_uses; ALTER TABLE clients DROP COLUMN secret_terms; \
         ALTER TABLE clients DROP COLUMN sealed_further_secrets; \
         DELETE FROM _sqlx_migrations WHERE version = 4",
    )
    .await;
    let clients = file.open().await.load().await.unwrap().clients;
    let secrets: Vec<&ClientSecret> = clients.iter().flat_map(Client::secrets).collect();
    assert_eq!(secrets.len(), 2);
    assert!(secrets.iter().all(|secret| secret.value.expose() == b"secret"));
    assert!(secrets.iter().all(|secret| secret.created_at > NOON && secret.expires_at.is_none()));
    assert!(secrets.iter().all(|secret| secret.id != ClientSecretId::default()));
}
