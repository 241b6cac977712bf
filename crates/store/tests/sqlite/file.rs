//! A SQLite file, with a store or without.

use std::fs;
use std::path::PathBuf;

use grantd_model::{Client, ClientId, Secret, SigningKey, SigningKeyKind, SigningKeyState, Timestamp};
use grantd_store::{KeyEncryptionKey, SqliteStore, StoreError};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

/// A file in a folder of its own.
pub struct File(tempfile::TempDir);

impl File {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The database.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("grantd.db")
    }

    /// The store, under a key of 32 times this byte.
    pub async fn try_open(&self, key: u8) -> Result<SqliteStore, StoreError> {
        let key = KeyEncryptionKey::new(&Secret::from(vec![key; 32])).unwrap();
        SqliteStore::open(&self.path(), key).await
    }

    /// The store, under the usual key.
    pub async fn open(&self) -> SqliteStore {
        self.try_open(7).await.unwrap()
    }

    /// A connection beside the store.
    pub async fn connect(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path()).create_if_missing(true).connect().await.unwrap()
    }

    /// Runs a statement beside the store.
    pub async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.connect().await).await.unwrap();
    }

    /// Whether some file of the database has these bytes.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        let files = fs::read_dir(self.0.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|content| content.windows(bytes.len()).any(|window| window == bytes))
    }
}

/// A client.
pub fn client(id: &str, secret: &str) -> Client {
    let body = json!({"name": id}).as_object().cloned().unwrap();
    Client::from_request(ClientId::from(id), Secret::from(secret), body).unwrap()
}

/// A signing key that no longer signs.
pub fn signing_key(kid: &str, private_key: impl Into<Secret>) -> SigningKey {
    SigningKey {
        kid: kid.into(),
        kind: SigningKeyKind::Rsa2048,
        state: SigningKeyState::Previous,
        private_key: private_key.into(),
        certificate: "certificate".into(),
        created_at: Timestamp::from_seconds(1),
        current_since: None,
        current_until: None,
        revoked_at: None,
    }
}
