//! The databases that the suite runs on.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use grantd_model::Secret;
use grantd_store::{KeyEncryptionKey, PostgresOptions, PostgresStore, SqliteStore, Store};
use grantd_testbed::{Cluster, Durability};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

/// A database that the suite runs on.
pub trait Backend {
    /// A database that nobody has opened yet.
    fn new() -> Self;

    /// Opens it: each call is another node on the same database.
    async fn open(&self) -> Arc<dyn Store>;

    /// Runs SQL beside those who have opened it.
    async fn run(&self, text: &'static str);
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
        Arc::new(SqliteStore::open(&self.0.path().join("grantd.db"), key()).await.unwrap())
    }

    async fn run(&self, text: &'static str) {
        let file = SqliteConnectOptions::new().filename(self.0.path().join("grantd.db"));
        let mut connection = file.busy_timeout(Duration::from_secs(5)).connect().await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    }
}

/// One for all cases of this program.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Nothing));

/// A database of its own on a PostgreSQL server.
pub struct PostgresDatabase(String);

impl Backend for PostgresDatabase {
    fn new() -> Self {
        Self(CLUSTER.database())
    }

    async fn open(&self) -> Arc<dyn Store> {
        let options = PostgresOptions::parse(&self.0).unwrap().with_readers(3);
        Arc::new(PostgresStore::open(&options, key()).await.unwrap())
    }

    async fn run(&self, text: &'static str) {
        let mut connection = PgConnection::connect(&self.0).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    }
}

fn key() -> KeyEncryptionKey {
    KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap()
}
