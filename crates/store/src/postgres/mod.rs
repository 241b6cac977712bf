//! PostgreSQL, or what speaks its protocol: one database for many servers.
//!
//! Two connections write: one for the configuration, whose transactions come one after another on all nodes because
//! each begins by locking the revision; and one for what is outside of the revision, which waits for nobody's turn.
//! A third one counts requests, on nodes that have rate limits. Reads are transactions of their own, so that a pooler in
//! between may give each another connection. A listener hears of commits; it is a hint, and nothing relies on it.

mod listener;
mod sealed_secrets;
#[path = "../sql/mod.rs"]
mod sql;
mod write_connection;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Transaction};
use tokio::sync::Mutex;

use self::listener::Listener;
pub(crate) use self::sealed_secrets::SealedSecrets;
use self::sql::records::Records;
use self::sql::writer::{Work, Writer, Written};
pub(crate) use self::write_connection::Lane;
pub(crate) use self::write_connection::WriteConnection;
use crate::moving::UNFINISHED;
use crate::secret_uses::SecretUses;
use crate::{KeyEncryptionKeys, StoreError, migrations};

/// The database that the statements are compiled for here.
pub(crate) type Db = sqlx::Postgres;
/// A connection to it.
pub(crate) type Connection = sqlx::PgConnection;
/// The time by its clock, in microseconds.
pub(crate) const CLOCK: &str = "CAST(EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP()) * 1000000 AS BIGINT)";
/// The store that the statements are for here.
type Backend = PostgresStore;

const MIGRATIONS: &[migrations::Source] = &[
    (1, "configuration", include_str!("../../migrations/postgres/0001_configuration.sql")),
    (2, "events", include_str!("../../migrations/postgres/0002_events.sql")),
    (3, "rate counts", include_str!("../../migrations/postgres/0003_rate_counts.sql")),
];

/// How long a statement may take, and how long a transaction may stand still, which holds up all others that write: its
/// node may be gone. The server ends them then.
const STATEMENT: &str =
    "SET LOCAL statement_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";
/// A transaction that sees one moment.
pub(crate) const VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '5s'; \
                    SET LOCAL idle_in_transaction_session_timeout = '15s'";
/// The same, for reading everything.
pub(crate) const BULK: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0";
/// The same where requests are counted, which is of little use later.
const COUNTING: &str =
    "SET LOCAL statement_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '2s'";
/// How long is waited for a server that says nothing at all: longer than it lets a statement run.
const SILENCE: Duration = Duration::from_secs(10);
/// Connections that follow.
const FOLLOWING: u32 = 2;
/// How long is waited for a connection of the pool.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How often a database that cannot be reached is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is said that this goes on.
const SAID: u32 = 30;

/// How a PostgreSQL database is reached.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    pub(crate) database: PgConnectOptions,
    listener: PgConnectOptions,
    readers: u32,
}

impl PostgresOptions {
    /// Connections that read, unless something else is said.
    pub const READERS: u32 = 8;

    /// From `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=…`.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let database = parse(url)?;
        Ok(Self { listener: database.clone(), database, readers: Self::READERS })
    }

    /// Listens on another URL: one that leads to the database itself, where the first leads to a pooler.
    pub fn with_listener(self, url: &str) -> Result<Self, StoreError> {
        Ok(Self { listener: parse(url)?, ..self })
    }

    /// Reads on so many connections at most. Ten more are for following, writing, counting, listening and searching.
    #[must_use]
    pub fn with_readers(self, readers: u32) -> Self {
        Self { readers, ..self }
    }
}

/// What a URL may say; anything else would do nothing.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// Poolers know few settings of connections, so none is made that can be done without.
fn parse(url: &str) -> Result<PgConnectOptions, StoreError> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split('=').next().unwrap_or_default();
        if !PARAMETERS.contains(&name) && !name.starts_with("options") {
            return Err(
                sqlx::Error::Configuration(format!("the parameter {name} is not known").into()).into()
            );
        }
    }
    Ok(PgConnectOptions::from_str(url)?.application_name("grantd").extra_float_digits(None))
}

/// A configuration in a PostgreSQL database.
pub struct PostgresStore {
    readers: PgPool,
    /// For following, which must not wait behind those who read lists.
    following: PgPool,
    configuration: Writer,
    apart: Writer,
    /// None when the store is closed.
    counting: Mutex<Option<WriteConnection>>,
    listener: Listener,
    key: Arc<KeyEncryptionKeys>,
    uses: Arc<SecretUses>,
    records: Arc<Records>,
}

impl PostgresStore {
    const IS_SHARED: bool = true;

    /// Waits for the database, and brings its schema up to date: one node does it where several start. A schema from a
    /// newer version that this one cannot use is refused.
    pub async fn open(
        options: &PostgresOptions,
        key: impl Into<KeyEncryptionKeys>,
    ) -> Result<Self, StoreError> {
        let mut connection = Self::prepare(options).await?;
        let revision = revision(&mut connection).await?;
        connection.close().await?;
        if revision == UNFINISHED {
            return Err(StoreError::Unfinished);
        }
        let (key, uses) = (Arc::new(key.into()), Arc::new(SecretUses::default()));
        let records = Arc::new(Records::new(Self::IS_SHARED));
        let pool = |most| pool(options, most);
        let connection = |lane| WriteConnection::new(options.database.clone(), lane);
        let writer =
            |lane, uses| Writer::start(connection(lane), Arc::clone(&key), uses, Arc::clone(&records));
        Ok(Self {
            readers: pool(options.readers),
            following: pool(FOLLOWING),
            configuration: writer(Lane::Configuration, None),
            apart: writer(Lane::Apart, Some(Arc::clone(&uses))),
            counting: Mutex::new(Some(connection(Lane::Counting))),
            listener: Listener::start(options.listener.clone()),
            key,
            uses,
            records,
        })
    }

    /// A connection to the database, whose schema is up to date.
    pub(crate) async fn prepare(options: &PostgresOptions) -> Result<Connection, StoreError> {
        let mut connection = reach(&options.database).await?;
        migrations::run_on_postgres(&mut connection, MIGRATIONS).await?;
        Ok(connection)
    }

    /// Whether nothing was ever committed. Waits for the database.
    pub async fn is_new(options: &PostgresOptions) -> Result<bool, StoreError> {
        let mut connection = reach(&options.database).await?;
        let revision = revision(&mut connection).await;
        connection.close().await?;
        match revision {
            Ok(revision) => Ok(revision == 0),
            // There is no such table yet.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// A connection for a read.
    async fn reader(&self) -> Result<Transaction<'static, Db>, StoreError> {
        self.view().await
    }

    /// A connection that sees one moment.
    async fn view(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.readers.begin_with(VIEW).await?)
    }

    /// A connection for who asks whether there is something to follow.
    async fn asking(&self) -> Result<Transaction<'static, Db>, StoreError> {
        self.following().await
    }

    /// A connection that sees one moment, for who follows.
    async fn following(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.following.begin_with(VIEW).await?)
    }

    /// The same, for as long as it takes.
    async fn bulk(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.following.begin_with(BULK).await?)
    }

    /// Counts requests, in a transaction of its own that waits for no writer.
    async fn counting<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.counting.lock().await;
        let counting = held.as_mut().ok_or(StoreError::Stopped)?;
        let counted = bounded(async {
            let counted = work(counting.begin().await?).await?;
            counting.commit().await?;
            Ok(counted)
        });
        match counted.await {
            Ok(counted) => Ok(counted),
            Err(error) => Err(counting.give_up(error).await),
        }
    }

    async fn write(&self, work: Work) -> Result<Written, StoreError> {
        let writer = match work {
            Work::Commit(_) | Work::MakeLogKey(_) => &self.configuration,
            _ => &self.apart,
        };
        writer.write(work).await
    }

    async fn hint(&self) {
        self.listener.heard().await;
    }

    async fn stop(&self) {
        self.listener.stop();
        self.configuration.stop().await;
        self.apart.stop().await;
        if let Some(counting) = self.counting.lock().await.take() {
            counting.close().await;
        }
        close(&self.readers).await;
        close(&self.following).await;
    }
}

/// So many connections, made when they are needed.
pub(crate) fn pool(options: &PostgresOptions, most: u32) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(ACQUIRE);
    // A read that was given up comes back with its connection. Where the other end is gone without a word, the pool would
    // wait for it as long as TCP does, a quarter of an hour.
    let pool = pool.after_release(|connection, _| Box::pin(answers(connection)));
    pool.connect_lazy_with(options.database.clone())
}

/// Whether the other end of a connection is there; an error, where it is not, has the connection dropped and not closed.
async fn answers(connection: &mut Connection) -> Result<bool, sqlx::Error> {
    let silent = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(ACQUIRE, connection.ping()).await.map_err(silent)?.map(|()| true)
}

/// Closes a pool. What a server does not answer is not waited for.
pub(crate) async fn close(pool: &PgPool) {
    drop(tokio::time::timeout(ACQUIRE, pool.close()).await);
}

async fn revision(connection: &mut Connection) -> Result<i64, sqlx::Error> {
    let mut view = connection.begin_with(VIEW).await?;
    let text = "SELECT revision FROM revision WHERE one = 1";
    sqlx::query_scalar::<Db, i64>(text).fetch_one(&mut *view).await
}

/// Connects; waits as long as the database cannot be reached, and says so.
async fn reach(options: &PgConnectOptions) -> Result<Connection, StoreError> {
    let mut tried = 0;
    loop {
        let error = match bounded(async { Ok(Connection::connect_with(options).await?) }).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !is_out_of_reach(&error) {
            return Err(error);
        }
        if tried % SAID == 0 {
            let error = grantd_model::Causes(&error);
            tracing::warn!(%error, "the database cannot be reached; waiting for it");
        }
        tried += 1;
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether the database did not answer, or said that it cannot now; everything else will be the same the next time.
fn is_out_of_reach(error: &StoreError) -> bool {
    match error {
        StoreError::TooSlow(_) => true,
        StoreError::Database(sqlx::Error::Database(error)) => {
            // 57P: the operator intervenes; 53300: too many connections; 08: the connection, but for its protocol.
            let code = error.code().unwrap_or_default();
            (code.starts_with("57P") || code.starts_with("08") || code == "53300") && code != "08P01"
        }
        // What TLS finds wrong is wrong the next time too.
        StoreError::Database(sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            false
        }
        StoreError::Database(error) => is_broken(error),
        _ => false,
    }
}

/// Whether a connection is of no use any more.
fn is_broken(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    )
}

/// A server that stands still is not waited for.
pub(crate) async fn bounded<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(SILENCE, work).await.unwrap_or(Err(StoreError::TooSlow(SILENCE)))
}
