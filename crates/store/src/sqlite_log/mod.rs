//! The log in a SQLite file of its own, so that no commit of the configuration waits for it.
//!
//! One connection writes; readers have their own. WAL with `synchronous = FULL`: what is appended survives a power cut.
//! Rows are bound to each other by the chain (`log_chain`); [`verify`] walks it.

mod append;
mod copy;
mod read;
mod trim;
mod verify;

pub use self::copy::{LogCopy, copy_log};
pub use self::verify::{ChainFault, Verified};

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use grantd_model::{Direction, LogEntry, LogEvent, LogPosition, LogStreamId, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

use self::append::Writer;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey};
use crate::{Log, LogRange, Retention, StoreError, Visit, migrations};

type Db = sqlx::Sqlite;

const READERS: u32 = 2;
/// Searches read one page each in turn, on a connection of their own: deliveries and metrics do not wait for them.
const SEARCHERS: u32 = 1;
const MIGRATIONS: &[migrations::Source] = &[
    (1, "events", include_str!("../../migrations/sqlite_log/0001_events.sql")),
    (2, "one index", include_str!("../../migrations/sqlite_log/0002_one_index.sql")),
];

/// A log in a SQLite file.
pub struct SqliteLog {
    writer: Mutex<Writer>,
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
        let writer = Writer::take_over(connection, key).await?;
        let pool = |most| SqlitePoolOptions::new().max_connections(most).connect_with(options.clone());
        let (readers, searchers) = (pool(READERS).await?, pool(SEARCHERS).await?);
        Ok(Self { writer: Mutex::new(writer), readers, searchers })
    }

    /// Closes the file.
    pub async fn close(self) {
        self.readers.close().await;
        self.searchers.close().await;
        if let Err(error) = self.writer.into_inner().close().await {
            tracing::error!(%error, "the log did not close");
        }
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
    let verified = verify::walk(&mut connection, key, expected, progress).await;
    drop(connection.close().await);
    verified
}

/// An end of the chain as it is stored.
struct End {
    position: LogPosition,
    hash: ChainHash,
    seal: ChainHash,
    bytes: u64,
}

async fn end(connection: &mut SqliteConnection, end: ChainEnd) -> Result<Option<End>, StoreError> {
    let text = "SELECT position, hash, seal, bytes FROM chain_ends WHERE name = $1";
    let row = sqlx::query_as::<Db, (i64, Vec<u8>, Vec<u8>, i64)>(text).bind(end.as_str());
    let Some((position, hash, seal, bytes)) = row.fetch_optional(connection).await? else { return Ok(None) };
    // A value of another length fits nothing, as this one does not.
    let hash_of = |bytes: &[u8]| ChainHash::from_bytes(bytes).unwrap_or(ChainHash::NONE);
    Ok(Some(End {
        position: position_of(position),
        hash: hash_of(&hash),
        seal: hash_of(&seal),
        bytes: u64::try_from(bytes).unwrap_or_default(),
    }))
}

fn position_of(stored: i64) -> LogPosition {
    LogPosition(u64::try_from(stored).unwrap_or_default())
}

fn stored_position(position: LogPosition) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn stored_time(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}

fn time_of(stored: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(stored).unwrap_or_default())
}

#[async_trait]
impl Log for SqliteLog {
    async fn append(&self, events: &[LogEvent]) -> Result<(), StoreError> {
        self.writer.lock().await.append(events).await
    }

    async fn get(&self, position: LogPosition) -> Result<Option<LogEntry>, StoreError> {
        read::get(&mut *self.readers.acquire().await?, position).await
    }

    async fn after(&self, position: LogPosition, most: u32) -> Result<Vec<LogEntry>, StoreError> {
        read::after(&mut *self.readers.acquire().await?, position, most).await
    }

    async fn newest(&self) -> Result<LogPosition, StoreError> {
        Ok(self.writer.lock().await.head())
    }

    async fn removed(&self) -> Result<LogPosition, StoreError> {
        let anchor = end(&mut *self.readers.acquire().await?, ChainEnd::Anchor).await?;
        Ok(anchor.map(|anchor| anchor.position).unwrap_or_default())
    }

    async fn scan(
        &self,
        range: &LogRange,
        direction: Direction,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        read::scan(&self.searchers, range, direction, visit).await
    }

    async fn trim(&self, retention: Retention, now: Timestamp) -> Result<u64, StoreError> {
        trim::trim(&self.writer, retention, now).await
    }

    async fn delivered(&self, stream: &LogStreamId) -> Result<Option<LogPosition>, StoreError> {
        let text = "SELECT position FROM deliveries WHERE stream = $1";
        let position = sqlx::query_scalar::<Db, i64>(text).bind(stream.as_str());
        let position = position.fetch_optional(&mut *self.readers.acquire().await?).await?;
        Ok(position.map(position_of))
    }

    async fn deliver(&self, stream: &LogStreamId, position: LogPosition) -> Result<(), StoreError> {
        self.writer.lock().await.deliver(stream, position).await
    }
}
