//! The embedded database: SQLite in one file of the data folder.
//!
//! One writer ([`sql::writer`]) batches waiting commits into one transaction each; readers have connections of
//! their own and never wait for it. WAL with `synchronous = FULL`: what is answered survives a power cut.

mod copy;
mod sealed_secrets;
#[path = "../sql/mod.rs"]
mod sql;
mod write_connection;

pub use self::copy::{ConfigurationCopy, copy_configuration};
pub(crate) use self::sealed_secrets::SealedSecrets;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool, Transaction};

use self::sql::records::Records;
use self::sql::writer::{Work, Writer, Written};
pub(crate) use self::write_connection::WriteConnection;
use crate::secret_uses::SecretUses;
use crate::{KeyEncryptionKeys, StoreError, migrations};

/// The database that the statements are compiled for here.
pub(crate) type Db = sqlx::Sqlite;
/// A connection to it.
pub(crate) type Connection = sqlx::SqliteConnection;
/// The time by its clock, in microseconds.
pub(crate) const CLOCK: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
/// The store that the statements are for here.
type Backend = SqliteStore;

const READERS: u32 = 4;
/// Pages that the writer keeps, 16 MiB at most: new records go to pages all over the file.
const CACHE: &str = "4096";
/// Pages of the log from which on it is copied into the file, some 16 MiB. A page that changes again before is copied once.
const CHECKPOINT: &str = "4096";
const MIGRATIONS: &[migrations::Source] = &[
    (1, "configuration", include_str!("../../migrations/sqlite/0001_configuration.sql")),
    (2, "credentials", include_str!("../../migrations/sqlite/0002_credentials.sql")),
    (3, "signing key rotation", include_str!("../../migrations/sqlite/0003_signing_key_rotation.sql")),
    (4, "client secrets", include_str!("../../migrations/sqlite/0004_client_secrets.sql")),
    (5, "federated identities", include_str!("../../migrations/sqlite/0005_federated_identities.sql")),
    (6, "revoked tokens", include_str!("../../migrations/sqlite/0006_revoked_tokens.sql")),
    (7, "sealing", include_str!("../../migrations/sqlite/0007_sealing.sql")),
    (8, "one-time uses", include_str!("../../migrations/sqlite/0008_one_time_uses.sql")),
    (9, "token quotas", include_str!("../../migrations/sqlite/0009_token_quotas.sql")),
    (10, "log streams", include_str!("../../migrations/sqlite/0010_log_streams.sql")),
    (11, "log key", include_str!("../../migrations/sqlite/0011_log_key.sql")),
    (
        12,
        "clients and domains of organizations",
        include_str!("../../migrations/sqlite/0012_organization_clients_and_domains.sql"),
    ),
    (13, "ownerships", include_str!("../../migrations/sqlite/0013_ownerships.sql")),
    (14, "rate counts", include_str!("../../migrations/sqlite/0014_rate_counts.sql")),
];

/// A configuration in a SQLite file.
pub struct SqliteStore {
    readers: SqlitePool,
    writer: Writer,
    key: Arc<KeyEncryptionKeys>,
    uses: Arc<SecretUses>,
    records: Arc<Records>,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date. A schema from a newer
    /// version is refused.
    pub async fn open(file: &Path, key: impl Into<KeyEncryptionKeys>) -> Result<Self, StoreError> {
        migrations::make_private(file);
        let options = options(file).busy_timeout(Duration::from_secs(5));
        let connection = connect(&writing(&options)).await?;
        let (key, uses, records) =
            (Arc::new(key.into()), Arc::default(), Arc::new(Records::new(Self::IS_SHARED)));
        // A file is there or it is not: asking it before each statement would be another turn of another thread.
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let readers = readers.connect_with(options).await?;
        let connection = WriteConnection::new(connection);
        let writer =
            Writer::start(connection, Arc::clone(&key), Some(Arc::clone(&uses)), Arc::clone(&records));
        Ok(Self { readers, writer, key, uses, records })
    }

    const IS_SHARED: bool = false;

    /// A connection for one statement.
    async fn reader(&self) -> Result<PoolConnection<Db>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// A connection that sees one moment.
    async fn view(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    /// A connection for who asks whether there is something to follow.
    async fn asking(&self) -> Result<PoolConnection<Db>, StoreError> {
        self.reader().await
    }

    /// A connection that sees one moment, for who follows.
    async fn following(&self) -> Result<Transaction<'static, Db>, StoreError> {
        self.view().await
    }

    /// The same, for as long as it takes.
    async fn bulk(&self) -> Result<Transaction<'static, Db>, StoreError> {
        self.view().await
    }

    /// Counts requests, in a transaction of its own. It waits for the writer, and the writer for it.
    async fn counting<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = self.readers.begin_with("BEGIN IMMEDIATE").await?;
        let counted = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(counted)
    }

    async fn write(&self, work: Work) -> Result<Written, StoreError> {
        self.writer.write(work).await
    }

    /// One process writes, and it knows what.
    async fn hint(&self) {
        std::future::pending::<()>().await;
    }

    async fn stop(&self) {
        self.writer.stop().await;
        self.readers.close().await;
    }
}

/// How long those who open a file at the same moment wait for one another.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to the file, whose schema is up to date. Where others turn it to its log at the same moment, SQLite says
/// that it is busy and does not wait by itself.
async fn connect(options: &SqliteConnectOptions) -> Result<Connection, StoreError> {
    let begun = Instant::now();
    loop {
        let opened = async {
            let mut connection = options.connect().await?;
            migrations::run(&mut connection, MIGRATIONS).await?;
            Ok(connection)
        };
        match opened.await {
            Err(StoreError::Database(error)) if is_busy(&error) && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

/// Whether somebody else writes.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

/// A file answers, or says why not: SQLite waits for a lock no longer than it is told to.
async fn bounded<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    work.await
}

/// How every connection to the file behaves. What is deleted or replaced is overwritten, so that no sealed secret
/// outlives its row for longer than until the write-ahead log is copied, or the key that it was sealed under.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
}

/// How the connection that writes behaves besides. What a statement of many rows would take back, should one of them fail, is
/// kept in memory and not in a file under `/var/tmp`.
fn writing(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    let options = options.clone().pragma("cache_size", CACHE).pragma("wal_autocheckpoint", CHECKPOINT);
    options.pragma("temp_store", "MEMORY")
}

/// The latest schema of a configuration that is known here.
pub fn known_schema() -> i64 {
    migrations::newest(MIGRATIONS)
}
