//! The databases that the suite runs on.

use std::sync::Arc;

use grantd_model::Secret;
use grantd_store::{KeyEncryptionKey, SqliteStore, Store};

/// A database that the suite runs on.
pub trait Backend {
    /// A database that nobody has opened yet.
    fn new() -> Self;

    /// Opens it: each call is another node on the same database.
    async fn open(&self) -> Arc<dyn Store>;
}

/// A database of this backend that nobody has opened yet.
pub fn fresh<B: Backend>() -> B {
    B::new()
}

/// A SQLite file in a folder of its own.
pub struct SqliteFile(tempfile::TempDir);

impl Backend for SqliteFile {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Store> {
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        Arc::new(SqliteStore::open(&self.0.path().join("grantd.db"), key).await.unwrap())
    }
}
