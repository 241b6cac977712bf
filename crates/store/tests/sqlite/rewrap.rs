//! One key-encryption key replaces another while stores read and write beside.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use grantd_model::{
    Audience, ClientGrant, ClientId, LogStream, ResourceServer, ResourceServerId, Secret, Timestamp,
};
use grantd_store::{
    Change, KeyEncryptionKey, KeyEncryptionKeyId, KeyEncryptionKeys, SealedSecrets, SqliteStore, Store,
    StoreError,
};
use serde_json::json;
use sqlx::Row;

use crate::file::{File, client, signing_key};

fn key(byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::new(&Secret::from(vec![byte; 32])).unwrap()
}

fn id(byte: u8) -> KeyEncryptionKeyId {
    key(byte).id()
}

/// The keys of a folder, by their bytes: whoever reads them again finds what is here by then.
#[derive(Clone)]
struct Folder(Arc<Mutex<Vec<u8>>>);

impl Folder {
    fn of(keys: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(keys.to_vec())))
    }

    fn set(&self, keys: &[u8]) {
        *self.0.lock().unwrap() = keys.to_vec();
    }

    fn keys(&self) -> KeyEncryptionKeys {
        let held = Arc::clone(&self.0);
        KeyEncryptionKeys::from_source(move || Ok(held.lock().unwrap().iter().copied().map(key).collect()))
            .unwrap()
    }

    async fn open(&self, file: &File) -> SqliteStore {
        SqliteStore::open(&file.path(), self.keys()).await.unwrap()
    }

    async fn secrets(&self, file: &File) -> SealedSecrets {
        SealedSecrets::open(&file.path(), self.keys()).await.unwrap()
    }
}

/// A secret in each sealed column of the schema, for the row `id`.
fn one_of_each(id: &str) -> Vec<Change> {
    let body = json!({
        "identifier": format!("https://{id}/"), "signing_alg": "HS256",
        "signing_secret": "the-secret-of-an-API-0123456789",
    });
    let api = ResourceServer::from_request(&ResourceServerId::from(id), body.as_object().cloned().unwrap());
    let key = signing_key(id, format!("the private key {id}"));
    let mut client = client(id, "secret");
    client.further_secrets.push("another secret".into());
    vec![
        Change::CreateClient(client),
        Change::CreateResourceServer(api.unwrap()),
        Change::CreateSigningKey(key),
    ]
}

/// The same in the column of log streams, of which there may be few.
async fn fill_streams(store: &SqliteStore) {
    let body = json!({"type": "http", "sink": {"httpEndpoint": "https://receiver.example/?key=secret"}});
    let body = body.as_object().cloned().unwrap();
    let stream = LogStream::from_request("lst_1".into(), body, Secret::from("whsec_"), Timestamp::default());
    store.commit(vec![Change::CreateLogStream(stream.unwrap().unwrap())]).await.unwrap();
}

async fn fill(store: &SqliteStore, count: usize) {
    store.commit((0..count).flat_map(|row| one_of_each(&format!("row_{row:04}"))).collect()).await.unwrap();
}

/// The sealed columns of the schema, as `table.column`, by their names.
async fn sealed_columns(file: &File) -> BTreeSet<String> {
    let text = "SELECT sqlite_schema.name || '.' || columns.name \
                FROM sqlite_schema JOIN pragma_table_info(sqlite_schema.name) AS columns \
                WHERE sqlite_schema.type = 'table' AND columns.name LIKE 'sealed%'";
    let rows = sqlx::query(text).fetch_all(&mut file.connect().await).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Under which keys something stands, by column.
async fn standing(secrets: &mut SealedSecrets) -> BTreeSet<(String, Option<KeyEncryptionKeyId>)> {
    let counts = secrets.count().await.unwrap();
    counts.into_iter().map(|count| (format!("{}.{}", count.table, count.column), count.key)).collect()
}

#[tokio::test]
async fn no_sealed_column_of_the_schema_is_forgotten() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 1).await;
    fill_streams(&store).await;
    store.log_key(vec![3; 32].into()).await.unwrap();
    let columns = sealed_columns(&file).await;
    assert!(columns.len() >= 3, "{columns:?}");
    let expected = |key: u8| columns.iter().map(|column| (column.clone(), Some(id(key)))).collect();
    folder.set(&[2, 1]);
    let mut secrets = folder.secrets(&file).await;
    assert_eq!(standing(&mut secrets).await, expected(1), "fill has a row for each sealed column");
    let sealed = secrets.reseal(id(2), |_| {}).await.unwrap();
    assert_eq!(sealed, u64::try_from(columns.len()).unwrap());
    assert_eq!(standing(&mut secrets).await, expected(2));
}

#[tokio::test]
async fn what_was_sealed_anew_is_the_same_at_the_same_revision() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 240).await;
    let before = store.load().await.unwrap();
    folder.set(&[2, 1]);
    let mut progress = Vec::new();
    let sealed = folder.secrets(&file).await.reseal(id(2), |done| progress.push(done)).await.unwrap();
    assert_eq!(sealed, 960);
    assert_eq!(progress, [200, 400, 600, 800, 960], "transactions of bounded size");
    folder.set(&[2]);
    assert_eq!(store.load().await.unwrap(), before);
    assert!(store.changes_since(before.revision).await.unwrap().changed.is_empty());
    let other = folder.open(&file).await;
    assert_eq!(other.load().await.unwrap(), before, "the new key is enough");
}

#[tokio::test]
async fn what_was_read_under_the_former_key_is_read_again() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 1).await;
    let (client, api) = (ClientId::from("row_0000"), Audience::from("https://row_0000/"));
    let before = (store.get_client(&client).await.unwrap(), store.find_resource_server(&api).await.unwrap());
    folder.set(&[2, 1]);
    folder.secrets(&file).await.reseal(id(2), |_| {}).await.unwrap();
    folder.set(&[2]);
    // Whoever writes reads the keys again, and a new grant changes no client and no API.
    let grant = json!({"client_id": client, "audience": api, "scope": []});
    let grant = ClientGrant::from_request("cgr_1".into(), grant.as_object().unwrap()).unwrap();
    store.commit(vec![Change::CreateClientGrant(grant)]).await.unwrap();
    let after = (store.get_client(&client).await.unwrap(), store.find_resource_server(&api).await.unwrap());
    assert!(before.0.is_some() && before.1.is_some());
    assert_eq!(after, before);
}

#[tokio::test]
async fn no_trace_of_what_the_former_key_sealed_is_left_in_the_files() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let trace = |byte: u8| {
        let mut trace = vec![1];
        trace.extend(u32::from_str_radix(&id(byte).to_string(), 16).unwrap().to_be_bytes());
        trace
    };
    let store = folder.open(&file).await;
    fill(&store, 100).await;
    store.commit(vec![Change::DeleteClient("row_0007".into())]).await.unwrap();
    assert!(file.contains(&trace(1)));
    folder.set(&[2, 1]);
    let mut secrets = folder.secrets(&file).await;
    secrets.reseal(id(2), |_| {}).await.unwrap();
    secrets.close().await.unwrap();
    assert!(file.contains(&trace(2)));
    assert!(!file.contains(&trace(1)), "while the store is open");
}

#[tokio::test]
async fn a_store_seals_under_the_new_key_from_the_first_transaction_on() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 1).await;
    folder.set(&[2, 1]);
    store.commit(one_of_each("before")).await.unwrap();
    let mut secrets = folder.secrets(&file).await;
    secrets.reseal(id(2), |_| {}).await.unwrap();
    folder.set(&[2]);
    store.commit(one_of_each("after")).await.unwrap();
    let keys: BTreeSet<_> = standing(&mut secrets).await.into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, BTreeSet::from([Some(id(2))]));
    assert_eq!(secrets.sealing_key().await.unwrap(), Some(id(2)));
}

#[tokio::test]
async fn a_store_without_the_key_to_seal_under_refuses_to_write() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 1).await;
    let elsewhere = Folder::of(&[2, 1]);
    elsewhere.secrets(&file).await.reseal(id(2), |_| {}).await.unwrap();
    let refused = store.commit(one_of_each("other")).await;
    assert!(matches!(refused, Err(StoreError::NotDurable)), "{refused:?}");
    assert!(store.get_client(&"row_0000".into()).await.is_err());
    folder.set(&[2]);
    store.commit(one_of_each("other")).await.unwrap();
    assert!(store.get_client(&"row_0000".into()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_secret_that_no_key_opens_ends_it_and_what_was_done_before_stays() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let store = folder.open(&file).await;
    fill(&store, 300).await;
    file.execute("UPDATE signing_keys SET sealed_private_key = x'0102' WHERE kid = 'row_0150'").await;
    folder.set(&[2, 1]);
    let mut secrets = folder.secrets(&file).await;
    let mut done = 0;
    let refused = secrets.reseal(id(2), |sealed| done = sealed).await;
    assert!(matches!(refused, Err(StoreError::Sealed(_))), "{refused:?}");
    assert_eq!(done, 1_000, "its transaction is undone");
    file.execute("DELETE FROM signing_keys WHERE kid = 'row_0150'").await;
    assert_eq!(secrets.reseal(id(2), |_| {}).await.unwrap(), 199, "and the next run does the rest");
}

#[tokio::test]
async fn a_file_that_is_not_there_or_of_an_older_schema_is_left_alone() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    assert!(SealedSecrets::open(&file.path(), folder.keys()).await.is_err());
    assert!(!file.path().exists());
    folder.open(&file).await.close().await;
    file.execute("DELETE FROM _sqlx_migrations WHERE version > 1").await;
    let refused = SealedSecrets::open(&file.path(), folder.keys()).await.err();
    assert!(matches!(refused, Some(StoreError::Older { schema: 1, .. })), "{refused:?}");
}

/// Makes and changes clients, one after the other, and reads each back.
async fn write(store: Arc<SqliteStore>, number: usize, rounds: usize) {
    for round in 0..rounds {
        let id = format!("client_{number}_{round}");
        store.commit(vec![Change::CreateClient(client(&id, "first"))]).await.unwrap();
        let mut stored = store.get_client(&id.as_str().into()).await.unwrap().unwrap();
        stored.record.client_secret = "second".into();
        store.commit(vec![Change::UpdateClient(stored)]).await.unwrap();
        let stored = store.get_client(&id.as_str().into()).await.unwrap().unwrap().record;
        assert_eq!(stored.client_secret.value.expose_str(), "second");
        store.get_resource_server(&format!("row_{:04}", round % 500).as_str().into()).await.unwrap().unwrap();
    }
}

/// Each store is a node of its own, with keys of its own.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_key_is_replaced_no_read_and_no_write_fails() {
    let (file, folder) = (File::new(), Folder::of(&[1]));
    let stores = [Arc::new(folder.open(&file).await), Arc::new(folder.open(&file).await)];
    fill(&stores[0], 500).await;
    for (former, next) in [(1, 2), (2, 3)] {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                tokio::spawn(write(Arc::clone(&stores[number % 2]), usize::from(next) * 10 + number, 40))
            })
            .collect();
        folder.set(&[next, former]);
        let mut secrets = folder.secrets(&file).await;
        secrets.reseal(id(next), |_| {}).await.unwrap();
        folder.set(&[next]);
        for writer in writers {
            writer.await.unwrap();
        }
        let keys: BTreeSet<_> = standing(&mut secrets).await.into_iter().map(|(_, key)| key).collect();
        assert_eq!(
            keys,
            BTreeSet::from([Some(id(next))]),
            "nothing was sealed under the former key after all"
        );
    }
}
