//! The log in a SQLite file of its own, so that no commit of the configuration waits for it.
//!
//! One connection writes; readers have their own. WAL with `synchronous = FULL`: what is appended survives a power cut.
//! Rows are bound to each other by the chain (`log_chain`); [`verify_log`] walks it.

mod copy;
#[path = "../log_sql/mod.rs"]
mod log_sql;

pub use self::copy::{LogCopy, copy_log};

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use grantd_model::{Direction, LogBatch, LogEntry, LogPosition, LogStreamId, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqlitePool};
use tokio::sync::Mutex;

use self::log_sql::Tip;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey};
use crate::{ChainFault, Log, LogRange, Retention, StoreError, Verified, Visit, migrations};

type Db = sqlx::Sqlite;
type Connection = sqlx::SqliteConnection;

/// A transaction that writes: nobody else does until it ends.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// A transaction that sees one moment.
const VIEW: &str = "BEGIN";

const READERS: u32 = 2;
/// Searches read one page each in turn, on a connection of their own: deliveries and metrics do not wait for them.
const SEARCHERS: u32 = 1;
const MIGRATIONS: &[migrations::Source] = &[
    (1, "events", include_str!("../../migrations/sqlite_log/0001_events.sql")),
    (2, "one index", include_str!("../../migrations/sqlite_log/0002_one_index.sql")),
];

/// The one connection that writes, and the end of the chain that it writes on.
struct Writer {
    connection: Option<Connection>,
    tip: Tip,
}

/// A log in a SQLite file.
pub struct SqliteLog {
    writer: Mutex<Writer>,
    key: ChainKey,
    readers: SqlitePool,
    searchers: SqlitePool,
}

impl SqliteLog {
    /// Opens the file, makes it if it is not there, and brings its schema up to date. A schema from a newer version is
    /// refused.
    pub async fn open(file: &Path, key: ChainKey) -> Result<Self, StoreError> {
        migrations::make_private(file);
        let options = options(file);
        let mut connection = options.connect().await?;
        migrations::run(&mut connection, MIGRATIONS).await?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        let tip = log_sql::append::take_over(&mut transaction, &key).await?;
        transaction.commit().await?;
        let writer = Writer { connection: Some(connection), tip };
        let pool = |most| SqlitePoolOptions::new().max_connections(most).connect_with(options.clone());
        let (readers, searchers) = (pool(READERS).await?, pool(SEARCHERS).await?);
        Ok(Self { writer: Mutex::new(writer), key, readers, searchers })
    }
}

/// The latest schema of a log that is known here.
pub fn known_schema() -> i64 {
    migrations::newest(MIGRATIONS)
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
}

/// Walks the chain of a log, beside whoever has it open, and says whether it is whole, or where it is not. `progress`
/// is told how many entries were looked at. `expected` is an entry that is known to have been there, with its value.
pub async fn verify_log(
    file: &Path,
    key: &ChainKey,
    expected: Option<(LogPosition, ChainHash)>,
    progress: impl FnMut(u64) + Send,
) -> Result<Result<Verified, ChainFault>, StoreError> {
    let mut connection = options(file).create_if_missing(false).connect().await?;
    let mut transaction = connection.begin().await?;
    let verified = log_sql::verify::walk(&mut transaction, key, expected, progress).await;
    drop(transaction);
    drop(connection.close().await);
    verified
}

#[async_trait]
impl Log for SqliteLog {
    async fn append(&self, events: &LogBatch) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let Writer { connection, tip } = &mut *writer;
        let connection = connection.as_mut().ok_or(StoreError::Stopped)?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        let new = log_sql::append::append(&mut transaction, &self.key, *tip, events.iter()).await?;
        transaction.commit().await?;
        *tip = new;
        Ok(())
    }

    async fn get(&self, position: LogPosition) -> Result<Option<LogEntry>, StoreError> {
        log_sql::read::get(&mut *self.readers.acquire().await?, position).await
    }

    async fn after(&self, position: LogPosition, most: u32) -> Result<Vec<LogEntry>, StoreError> {
        log_sql::read::after(&mut *self.readers.acquire().await?, position, most).await
    }

    async fn newest(&self) -> Result<LogPosition, StoreError> {
        Ok(self.writer.lock().await.tip.position)
    }

    async fn removed(&self) -> Result<LogPosition, StoreError> {
        let anchor = log_sql::end(&mut *self.readers.acquire().await?, ChainEnd::Anchor).await?;
        Ok(anchor.map(|(anchor, _)| anchor.position).unwrap_or_default())
    }

    async fn scan(
        &self,
        range: &LogRange,
        direction: Direction,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        log_sql::read::scan(&self.searchers, range, direction, visit).await
    }

    async fn trim(&self, retention: Retention, now: Timestamp) -> Result<u64, StoreError> {
        let mut writer = self.writer.lock().await;
        let Writer { connection, tip } = &mut *writer;
        let connection = connection.as_mut().ok_or(StoreError::Stopped)?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        let trimmed = log_sql::trim::trim(&mut transaction, &self.key, *tip, retention, now).await?;
        transaction.commit().await?;
        let Some((new, removed)) = trimmed else { return Ok(0) };
        *tip = new;
        Ok(removed)
    }

    async fn delivered(&self, stream: &LogStreamId) -> Result<Option<LogPosition>, StoreError> {
        log_sql::deliveries::get(&mut *self.readers.acquire().await?, stream).await
    }

    async fn deliver(&self, stream: &LogStreamId, position: LogPosition) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let connection = writer.connection.as_mut().ok_or(StoreError::Stopped)?;
        log_sql::deliveries::put(connection, stream, position).await
    }

    /// There is nobody else.
    async fn lease(&self, _: &str, _: &str, _: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.searchers.close().await;
        let connection = self.writer.lock().await.connection.take();
        if let Some(connection) = connection
            && let Err(error) = connection.close().await
        {
            tracing::error!(%error, "the log did not close");
        }
    }
}
