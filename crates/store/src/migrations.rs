//! Bringing the schema of a database file up to date, and refusing one from a newer version.

use std::fs;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::StoreError;

/// A migration: its number, what it brings, its statements.
pub(crate) type Source = (i64, &'static str, &'static str);

/// Makes the file for its owner alone, unless it is there. SQLite gives the files beside it the same mode, and says
/// why there is no file when it could not be made.
pub(crate) fn make_private(file: &Path) {
    if file.exists() {
        return;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(file));
}

/// Brings the schema up to date, in one transaction: whoever opens the file at the same moment waits.
pub(crate) async fn run(connection: &mut SqliteConnection, sources: &[Source]) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let known = newest(sources);
    let migrated = migrator(sources).run(&mut *transaction).await;
    migrated.map_err(|error| match error {
        // What the database has and nobody here knows is from a newer version.
        MigrateError::VersionMissing(schema) if schema > known => StoreError::Newer { schema, known },
        error => StoreError::Migration(error),
    })?;
    Ok(transaction.commit().await?)
}

/// Keeps nodes that start at the same moment from migrating together: a number that nobody else locks by.
const MIGRATING: i64 = 0x6772_616e_7464;

/// Brings the schema up to date, in one transaction: whoever opens the database at the same moment waits. A schema of a
/// newer version is left as it is, and used where it says that this version may.
pub(crate) async fn run_on_postgres(
    connection: &mut PgConnection,
    sources: &[Source],
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    // A node that goes away in the middle must not keep the others from starting.
    let limits = "SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL lock_timeout = '60s'";
    sqlx::raw_sql(limits).execute(&mut *transaction).await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING);
    lock.execute(&mut *transaction).await?;
    let known = newest(sources);
    let migrator = Migrator { ignore_missing: true, locking: false, ..migrator(sources) };
    migrator.run(&mut *transaction).await?;
    let text = "SELECT MAX(version) FROM _sqlx_migrations";
    let schema: i64 = sqlx::query_scalar(text).fetch_one(&mut *transaction).await?;
    let text = "SELECT oldest FROM compatibility WHERE one = 1";
    let oldest: i64 = sqlx::query_scalar(text).fetch_one(&mut *transaction).await?;
    if oldest > known {
        return Err(StoreError::Newer { schema, known });
    }
    Ok(transaction.commit().await?)
}

/// The version of the schema of a file; none before its first migration.
pub(crate) async fn schema(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let text = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";
    let tables = sqlx::query_scalar::<sqlx::Sqlite, i64>(text).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(None);
    }
    let text = "SELECT MAX(version) FROM _sqlx_migrations";
    Ok(sqlx::query_scalar::<sqlx::Sqlite, Option<i64>>(text).fetch_one(connection).await?)
}

/// The latest schema that is known here.
pub(crate) fn newest(sources: &[Source]) -> i64 {
    sources.iter().map(|(version, ..)| *version).max().unwrap_or_default()
}

fn migrator(sources: &[Source]) -> Migrator {
    let migrations = sources.iter().map(|&(version, description, text)| {
        Migration::new(
            version,
            description.into(),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(text),
            false,
        )
    });
    Migrator { migrations: migrations.collect(), ..Migrator::DEFAULT }
}
