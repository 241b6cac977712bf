//! Moving a deployment from SQLite to PostgreSQL: every row of every table, in the order of its key, a few hundred at a
//! time. What was moved is compared, row by row, before the database says that it may be used; whoever is interrupted
//! goes on behind the last row that arrived.
//!
//! The tables and their keys stand in [`TABLES`]; their columns are asked of PostgreSQL.

use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use sqlx::query::Query;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions, Connection as _, Database, Decode, Encode, PgConnection,
    Postgres, Row, Sqlite, SqliteConnection, Type,
};

use crate::{PostgresOptions, PostgresStore, StoreError};

/// Rows that one transaction moves.
const ROWS: usize = 500;
/// The revision of a database that is being filled. Nobody serves from it.
pub(crate) const UNFINISHED: i64 = -1;

/// Which file a table is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Configuration,
    Log,
}

/// A table, and the columns of its primary key.
struct Table {
    file: File,
    name: &'static str,
    key: &'static [&'static str],
}

const fn of_configuration(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { file: File::Configuration, name, key }
}

const fn of_log(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { file: File::Log, name, key }
}

/// What is moved: whatever another table refers to comes before it. The revision comes last and by itself; that the
/// server has stopped in order is asked before.
const TABLES: &[Table] = &[
    of_configuration("organizations", &["id"]),
    of_configuration("resource_servers", &["id"]),
    of_configuration("clients", &["client_id"]),
    of_configuration("client_secret_uses", &["client_id", "secret_id"]),
    of_configuration("credentials", &["id"]),
    of_configuration("federated_identities", &["id"]),
    of_configuration("client_grants", &["id"]),
    of_configuration("organization_client_grants", &["organization_id", "client_grant_id"]),
    of_configuration("organization_clients", &["organization_id", "client_id"]),
    of_configuration("discovery_domains", &["id"]),
    of_configuration("signing_keys", &["kid"]),
    of_configuration("tenant", &["one"]),
    of_configuration("changes", &["kind", "key"]),
    of_configuration("revoked_tokens", &["token"]),
    of_configuration("sealing", &["one"]),
    of_configuration("one_time_uses", &["digest"]),
    of_configuration("token_quotas", &["entity_type", "entity_id", "bucket", "window_start"]),
    of_configuration("log_streams", &["id"]),
    of_configuration("log_keys", &["name"]),
    of_configuration("ownerships", &["kind", "id"]),
    of_log("events", &["position"]),
    of_log("chain_ends", &["name"]),
    of_log("deliveries", &["stream"]),
];

/// A table that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of all of them, the same on both sides.
    pub hash: [u8; 32],
}

/// How far a move has come.
#[derive(Clone, Copy, Debug)]
pub struct MoveProgress {
    /// The table.
    pub table: &'static str,
    /// Whether the rows are compared; they are moved otherwise.
    pub compares: bool,
    /// How many rows of it are done.
    pub done: u64,
    /// How many it has.
    pub all: u64,
}

/// Why a deployment was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The database is in use already.
    #[error("the database is not empty: a deployment is moved into a new one")]
    NotEmpty,
    /// What may be used once, and was, is not all noted.
    #[error(
        "the server was killed, and did not stop in order: start it and stop it once more before it is moved"
    )]
    NotStopped,
    /// A row is another than the one that was moved.
    #[error("the table {0} is not the same on both sides: empty the database, and move again")]
    Different(&'static str),
    /// A row was refused.
    #[error("a row of {table} cannot be moved")]
    Row {
        /// The table.
        table: &'static str,
        /// Why not.
        source: StoreError,
    },
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Bytes,
}

/// What a row has in a column.
#[derive(Clone, PartialEq, Eq)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// Moves the files of a data folder, which nobody else has open and whose schemas are up to date, into a new database.
/// `log` is left out where there is none. Interrupted, the same call goes on.
pub async fn move_to_postgres(
    configuration: &Path,
    log: Option<&Path>,
    options: &PostgresOptions,
    mut progress: impl FnMut(MoveProgress) + Send,
) -> Result<Vec<MovedTable>, MoveError> {
    let mut to = PostgresStore::prepare(options).await?;
    let mut configuration = open(configuration).await?;
    let mut log = match log {
        Some(log) => Some(open(log).await?),
        None => None,
    };
    if !has_stopped_in_order(&mut configuration).await? {
        return Err(MoveError::NotStopped);
    }
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM revision WHERE one = 1")
        .fetch_one(&mut configuration)
        .await?;
    begin(&mut to).await?;
    let mut moved = Vec::new();
    for compares in [false, true] {
        for table in TABLES {
            let from = match (table.file, &mut log) {
                (File::Configuration, _) => &mut configuration,
                (File::Log, Some(log)) => log,
                (File::Log, None) => continue,
            };
            let mut pass = Pass { columns: columns(&mut to, table).await?, table, all: 0, compares };
            pass.all = pass.count_in_sqlite(from).await?;
            if compares {
                moved.push(pass.compare(from, &mut to, &mut progress).await?);
            } else {
                pass.fill(from, &mut to, &mut progress).await?;
            }
        }
    }
    let finish = sqlx::query("UPDATE revision SET revision = $1 WHERE one = 1 AND revision = $2");
    if finish.bind(revision).bind(UNFINISHED).execute(&mut to).await?.rows_affected() == 0 {
        return Err(MoveError::NotEmpty);
    }
    to.close().await?;
    Ok(moved)
}

/// The names of the tables that are moved.
pub fn moved_tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name)
}

/// Whether all that was used once is noted, as a server does that stops in order.
async fn has_stopped_in_order(from: &mut SqliteConnection) -> Result<bool, MoveError> {
    Ok(sqlx::query("SELECT one FROM clean_stop").fetch_optional(from).await?.is_some())
}

async fn open(file: &Path) -> Result<SqliteConnection, MoveError> {
    Ok(SqliteConnectOptions::new().filename(file).read_only(true).connect().await?)
}

/// Takes the database for the move, or goes on with a move that was interrupted.
async fn begin(to: &mut PgConnection) -> Result<(), MoveError> {
    let text = "UPDATE revision SET revision = $1 WHERE one = 1 AND revision IN (0, $1)";
    if sqlx::query(text).bind(UNFINISHED).execute(&mut *to).await?.rows_affected() == 0 {
        return Err(MoveError::NotEmpty);
    }
    sqlx::query("DELETE FROM clean_stop").execute(to).await?;
    Ok(())
}

async fn columns(to: &mut PgConnection, table: &Table) -> Result<Vec<(String, Kind)>, MoveError> {
    let text = "SELECT column_name::TEXT, data_type::TEXT FROM information_schema.columns \
                WHERE table_schema = CURRENT_SCHEMA() AND table_name = $1 ORDER BY ordinal_position";
    let columns: Vec<(String, String)> = sqlx::query_as(text).bind(table.name).fetch_all(to).await?;
    let kind = |data_type: &str| match data_type {
        "bigint" => Kind::Number,
        "bytea" => Kind::Bytes,
        _ => Kind::Text,
    };
    Ok(columns.into_iter().map(|(name, data_type)| (name, kind(&data_type))).collect())
}

/// One way through a table.
struct Pass<'t> {
    table: &'t Table,
    columns: Vec<(String, Kind)>,
    all: u64,
    compares: bool,
}

type Values = Vec<Value>;

impl Pass<'_> {
    fn counting(&self) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", self.table.name))
    }

    async fn count_in_sqlite(&self, from: &mut SqliteConnection) -> Result<u64, MoveError> {
        let count = sqlx::query_scalar::<Sqlite, i64>(self.counting()).fetch_one(from).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn count_in_postgres(&self, to: &mut PgConnection) -> Result<u64, MoveError> {
        let count = sqlx::query_scalar::<Postgres, i64>(self.counting()).fetch_one(to).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Moves what lies behind the last row that is there.
    async fn fill(
        &self,
        from: &mut SqliteConnection,
        to: &mut PgConnection,
        progress: &mut (impl FnMut(MoveProgress) + Send),
    ) -> Result<(), MoveError> {
        let last = format!("{} ORDER BY {} LIMIT 1", self.select(), self.order(" DESC"));
        let last = sqlx::query(AssertSqlSafe(last)).fetch_optional(&mut *to).await?;
        let mut after = last.map(|row| self.key_of(&values(&self.columns, &row)?)).transpose()?;
        let mut done = if after.is_some() { self.count_in_postgres(to).await? } else { 0 };
        loop {
            let rows = self.rows_of_sqlite(from, after.as_ref()).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(self.key_of(last)?);
            let refused =
                |source: sqlx::Error| MoveError::Row { table: self.table.name, source: source.into() };
            let mut transaction = to.begin().await?;
            for row in &rows {
                self.insert(&mut transaction, row).await.map_err(refused)?;
            }
            transaction.commit().await?;
            done += rows.len() as u64;
            progress(self.progress(done));
        }
    }

    /// Goes through both tables side by side.
    async fn compare(
        &self,
        from: &mut SqliteConnection,
        to: &mut PgConnection,
        progress: &mut (impl FnMut(MoveProgress) + Send),
    ) -> Result<MovedTable, MoveError> {
        let (mut ours, mut theirs) = (Context::new(&SHA256), Context::new(&SHA256));
        let (mut after, mut done) = (None, 0);
        loop {
            let rows = self.rows_of_sqlite(from, after.as_ref()).await?;
            let moved = self.rows_of_postgres(to, after.as_ref()).await?;
            for row in &rows {
                add(&mut ours, row);
            }
            for row in &moved {
                add(&mut theirs, row);
            }
            if rows != moved {
                return Err(MoveError::Different(self.table.name));
            }
            let Some(last) = rows.last() else { break };
            after = Some(self.key_of(last)?);
            done += rows.len() as u64;
            progress(self.progress(done));
        }
        let (ours, theirs) = (ours.finish(), theirs.finish());
        if done != self.all || self.count_in_postgres(to).await? != done || ours.as_ref() != theirs.as_ref() {
            return Err(MoveError::Different(self.table.name));
        }
        let hash = <[u8; 32]>::try_from(ours.as_ref()).unwrap_or_default();
        Ok(MovedTable { name: self.table.name, rows: done, hash })
    }

    fn progress(&self, done: u64) -> MoveProgress {
        MoveProgress { table: self.table.name, compares: self.compares, done, all: self.all }
    }

    fn select(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.table.name)
    }

    fn order(&self, how: &str) -> String {
        let columns: Vec<String> = self.table.key.iter().map(|column| format!("{column}{how}")).collect();
        columns.join(", ")
    }

    /// The next rows behind a key.
    fn page(&self, after: Option<&Values>) -> String {
        let places: Vec<String> = (1..=self.table.key.len()).map(|number| format!("${number}")).collect();
        let behind = match after {
            Some(_) => format!(" WHERE ({}) > ({})", self.order(""), places.join(", ")),
            None => String::new(),
        };
        format!("{}{behind} ORDER BY {} LIMIT {ROWS}", self.select(), self.order(""))
    }

    async fn rows_of_sqlite(
        &self,
        from: &mut SqliteConnection,
        after: Option<&Values>,
    ) -> Result<Vec<Values>, MoveError> {
        let query = sqlx::query::<Sqlite>(AssertSqlSafe(self.page(after)));
        let rows = bind(query, after.into_iter().flatten()).fetch_all(from).await?;
        rows.iter().map(|row| values(&self.columns, row)).collect()
    }

    async fn rows_of_postgres(
        &self,
        to: &mut PgConnection,
        after: Option<&Values>,
    ) -> Result<Vec<Values>, MoveError> {
        let query = sqlx::query::<Postgres>(AssertSqlSafe(self.page(after)));
        let rows = bind(query, after.into_iter().flatten()).fetch_all(to).await?;
        rows.iter().map(|row| values(&self.columns, row)).collect()
    }

    async fn insert(&self, to: &mut PgConnection, row: &Values) -> Result<(), sqlx::Error> {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let places: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        let text = format!("INSERT INTO {} ({columns}) VALUES ({places})", self.table.name);
        bind(sqlx::query::<Postgres>(AssertSqlSafe(text)), row).execute(to).await.map(drop)
    }

    /// The key of a row.
    fn key_of(&self, row: &Values) -> Result<Values, MoveError> {
        let value = |column: &&str| {
            let place = self.columns.iter().position(|(name, _)| name == column);
            place.and_then(|place| row.get(place)).cloned().ok_or(MoveError::Different(self.table.name))
        };
        self.table.key.iter().map(value).collect()
    }
}

/// A statement with these values in their places.
fn bind<'q, 'v, DB: Database>(
    query: Query<'q, DB, DB::Arguments>,
    values: impl IntoIterator<Item = &'v Value>,
) -> Query<'q, DB, DB::Arguments>
where
    Option<String>: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<Vec<u8>>: Encode<'q, DB> + Type<DB>,
{
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text.clone()),
        Value::Number(number) => query.bind(*number),
        Value::Bytes(bytes) => query.bind(bytes.clone()),
    })
}

/// What a row of either database has in these columns.
fn values<R: Row>(columns: &[(String, Kind)], row: &R) -> Result<Values, MoveError>
where
    usize: ColumnIndex<R>,
    for<'r> Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(place, (_, kind)): (usize, &(String, Kind))| {
        Ok(match kind {
            Kind::Text => Value::Text(row.try_get(place)?),
            Kind::Number => Value::Number(row.try_get(place)?),
            Kind::Bytes => Value::Bytes(row.try_get(place)?),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

/// Each value with its kind and its length before it, so that no two rows are the same bytes.
fn add(hash: &mut Context, row: &Values) {
    for value in row {
        let number = if let Value::Number(Some(number)) = value { number.to_be_bytes() } else { [0; 8] };
        let (kind, bytes): (u8, &[u8]) = match value {
            Value::Text(None) | Value::Number(None) | Value::Bytes(None) => (0, &[]),
            Value::Text(Some(text)) => (1, text.as_bytes()),
            Value::Number(Some(_)) => (2, &number),
            Value::Bytes(Some(bytes)) => (3, bytes),
        };
        hash.update(&[kind]);
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
}
