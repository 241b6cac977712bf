//! The log in PostgreSQL, beside the configuration: one chain for all nodes. Whoever adds or removes entries locks its
//! head first, so that the chain has one order.

#[path = "../log_sql/mod.rs"]
mod log_sql;

use std::time::Duration;

use async_trait::async_trait;
use grantd_model::{Causes, Direction, LogBatch, LogEntry, LogPosition, LogStreamId, Timestamp};
use sqlx::{Connection as _, PgPool, Transaction};
use tokio::sync::Mutex;

use self::log_sql::Tip;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey};
use crate::postgres::{BULK, Lane, PostgresOptions, VIEW, WriteConnection, bounded, close, pool};
use crate::{ChainFault, Log, LogRange, Retention, StoreError, Verified, Visit};

type Db = sqlx::Postgres;
type Connection = sqlx::PgConnection;

const READERS: u32 = 2;
/// Searches read one page each in turn, on a connection of their own: deliveries and metrics do not wait for them.
const SEARCHERS: u32 = 1;
/// How often a transaction is tried again that met another one, or a connection that broke.
const TRIES: u32 = 6;

/// The connection that writes.
struct Writer {
    connection: WriteConnection,
    unresolved: Unresolved,
}

/// What is known of the events that were to be written last, where nobody was told what became of them. The next to be
/// written begin with the same.
#[derive(Clone, Copy, Default)]
struct Unresolved {
    /// So many of the first are in the log.
    kept: usize,
    /// So many are, if the log has come to this end.
    asked: Option<(usize, Tip)>,
}

/// A log in a PostgreSQL database.
pub struct PostgresLog {
    writer: Mutex<Option<Writer>>,
    key: ChainKey,
    readers: PgPool,
    searchers: PgPool,
}

impl PostgresLog {
    /// Opens the log of a database that [`PostgresStore::open`](crate::PostgresStore::open) has brought up to date.
    pub async fn open(options: &PostgresOptions, key: ChainKey) -> Result<Self, StoreError> {
        let pool = |most| pool(options, most);
        let connection = WriteConnection::new(options.database.clone(), Lane::Apart);
        let writer = Writer { connection, unresolved: Unresolved::default() };
        let log = Self {
            writer: Mutex::new(Some(writer)),
            key,
            readers: pool(READERS),
            searchers: pool(SEARCHERS),
        };
        // Whether the end of the log is as it was left is found out now.
        log.write(Work::Begin).await?;
        Ok(log)
    }

    async fn view(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.readers.begin_with(VIEW).await?)
    }
}

/// Walks the chain of a log on a server, beside whoever writes it, as [`verify_log`](crate::verify_log) does.
pub async fn verify_log_on_server(
    options: &PostgresOptions,
    key: &ChainKey,
    expected: Option<(LogPosition, ChainHash)>,
    progress: impl FnMut(u64) + Send,
) -> Result<Result<Verified, ChainFault>, StoreError> {
    let mut connection = Connection::connect_with(&options.database).await?;
    let mut view = connection.begin_with(BULK).await?;
    log_sql::verify::walk(&mut view, key, expected, progress).await
}

/// Something to be written.
#[derive(Clone, Copy)]
enum Work<'w> {
    Begin,
    Append(&'w LogBatch),
    Trim(Retention, Timestamp),
    Deliver(&'w LogStreamId, LogPosition),
    Lease { what: &'w str, holder: &'w str, length: Duration },
}

/// What came of it.
#[derive(Clone, Copy, Default)]
struct Written {
    /// Of trimming: how many entries went.
    removed: u64,
    /// Of a lease: whether it is held.
    held: bool,
}

impl PostgresLog {
    /// Writes, and again while other transactions are in the way. Where it is not known whether events were kept, the
    /// next to be added tell: they begin with the same.
    async fn write(&self, work: Work<'_>) -> Result<Written, StoreError> {
        let mut writer = self.writer.lock().await;
        let writer = writer.as_mut().ok_or(StoreError::Stopped)?;
        for tried in 1.. {
            let error = match bounded(self.attempt(writer, work)).await {
                Ok(written) => return Ok(written),
                Err(error) => writer.connection.give_up(error).await,
            };
            let again = matches!(error, StoreError::Uncertain) || WriteConnection::may_try_again(&error);
            if tried == TRIES || !again {
                return Err(error);
            }
            tracing::debug!(error = %Causes(&error), tried, "a transaction of the log is tried again");
            tokio::time::sleep(Duration::from_millis(5 << tried)).await;
        }
        Err(StoreError::NotDurable)
    }

    async fn attempt(&self, writer: &mut Writer, work: Work<'_>) -> Result<Written, StoreError> {
        let Writer { connection, unresolved } = writer;
        let transaction = connection.begin().await?;
        let mut written = Written::default();
        match work {
            Work::Begin => drop(locked_tip(transaction, &self.key).await?),
            Work::Append(events) => {
                let tip = locked_tip(transaction, &self.key).await?;
                if let Some((number, end)) = unresolved.asked
                    && is_there(transaction, end).await?
                {
                    unresolved.kept = number;
                }
                let events = events.iter().skip(unresolved.kept);
                let number = unresolved.kept + events.len();
                let end = log_sql::append::append(transaction, &self.key, tip, events).await?;
                // Until the commit is answered nothing is known of these; what was kept before them stays kept.
                unresolved.asked = Some((number, end));
            }
            Work::Trim(retention, now) => {
                let tip = locked_tip(transaction, &self.key).await?;
                let trimmed = log_sql::trim::trim(transaction, &self.key, tip, retention, now).await?;
                written.removed = trimmed.map_or(0, |(_, removed)| removed);
            }
            Work::Deliver(stream, position) => {
                log_sql::deliveries::put(transaction, stream, position).await?;
            }
            Work::Lease { what, holder, length } => {
                written.held = lease(transaction, what, holder, length).await?;
            }
        }
        connection.commit().await?;
        if let Work::Append(_) = work {
            *unresolved = Unresolved::default();
        }
        Ok(written)
    }
}

/// Where the log ends. Nobody else moves it until the transaction ends.
async fn locked_tip(connection: &mut Connection, key: &ChainKey) -> Result<Tip, StoreError> {
    let lock = "SELECT position FROM chain_ends WHERE name = 'head' FOR UPDATE";
    if sqlx::query::<Db>(lock).fetch_optional(&mut *connection).await?.is_none() {
        // There is no row to lock, so those who begin the log lock another.
        let lock = "SELECT revision FROM revision WHERE one = 1 FOR UPDATE";
        sqlx::query::<Db>(lock).execute(&mut *connection).await?;
    }
    log_sql::append::take_over(connection, key).await
}

/// Whether an entry is there that was about to be added.
async fn is_there(connection: &mut Connection, added: Tip) -> Result<bool, StoreError> {
    let text = "SELECT hash FROM events WHERE position = $1";
    let found = sqlx::query_scalar::<Db, Vec<u8>>(text).bind(log_sql::stored_position(added.position));
    Ok(found
        .fetch_optional(connection)
        .await?
        .is_some_and(|hash| ChainHash::from_bytes(&hash) == Some(added.hash)))
}

/// By the database's clock, so that a node whose own is wrong takes nothing from the others.
async fn lease(
    connection: &mut Connection,
    what: &str,
    holder: &str,
    length: Duration,
) -> Result<bool, StoreError> {
    let text = "INSERT INTO leases (name, holder, until) \
                VALUES ($1, $2, CAST(EXTRACT(EPOCH FROM NOW()) * 1000 AS BIGINT) + $3) \
                ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
                WHERE leases.holder = excluded.holder \
                OR leases.until <= CAST(EXTRACT(EPOCH FROM NOW()) * 1000 AS BIGINT)";
    let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 2);
    let taken = sqlx::query::<Db>(text).bind(what).bind(holder).bind(millis).execute(connection).await?;
    Ok(taken.rows_affected() == 1)
}

#[async_trait]
impl Log for PostgresLog {
    async fn append(&self, events: &LogBatch) -> Result<(), StoreError> {
        self.write(Work::Append(events)).await.map(drop)
    }

    async fn get(&self, position: LogPosition) -> Result<Option<LogEntry>, StoreError> {
        bounded(async { log_sql::read::get(&mut *self.view().await?, position).await }).await
    }

    async fn after(&self, position: LogPosition, most: u32) -> Result<Vec<LogEntry>, StoreError> {
        bounded(async { log_sql::read::after(&mut *self.view().await?, position, most).await }).await
    }

    async fn newest(&self) -> Result<LogPosition, StoreError> {
        let head = bounded(async { log_sql::end(&mut *self.view().await?, ChainEnd::Head).await }).await?;
        Ok(head.map(|(head, _)| head.position).unwrap_or_default())
    }

    async fn removed(&self) -> Result<LogPosition, StoreError> {
        let anchor =
            bounded(async { log_sql::end(&mut *self.view().await?, ChainEnd::Anchor).await }).await?;
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
        self.write(Work::Trim(retention, now)).await.map(|written| written.removed)
    }

    async fn delivered(&self, stream: &LogStreamId) -> Result<Option<LogPosition>, StoreError> {
        bounded(async { log_sql::deliveries::get(&mut *self.view().await?, stream).await }).await
    }

    async fn deliver(&self, stream: &LogStreamId, position: LogPosition) -> Result<(), StoreError> {
        self.write(Work::Deliver(stream, position)).await.map(drop)
    }

    async fn lease(&self, what: &str, holder: &str, length: Duration) -> Result<bool, StoreError> {
        self.write(Work::Lease { what, holder, length }).await.map(|written| written.held)
    }

    async fn close(&self) {
        if let Some(writer) = self.writer.lock().await.take() {
            writer.connection.close().await;
        }
        close(&self.readers).await;
        close(&self.searchers).await;
    }
}
