//! Copying a database file whole, as it is at one moment, beside whoever reads and writes it.
//!
//! `VACUUM INTO` reads in one transaction, which in WAL mode keeps nobody from writing. The connection cannot write to
//! the file that is copied, so it never moves the WAL into it, nor has the file to itself for that.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use crate::StoreError;

/// Whoever closes the file last has it to itself for a moment.
const PATIENCE: Duration = Duration::from_mins(1);

/// Copies the file. What it is copied to may be there only as an empty file, whose mode it keeps.
pub(crate) async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let to = to.to_str().ok_or_else(|| {
        let why = format!("SQLite writes only where the name is UTF-8: {}", to.display());
        sqlx::Error::Configuration(why.into())
    })?;
    let options = SqliteConnectOptions::new().filename(from).read_only(true).busy_timeout(PATIENCE);
    // The one statement takes as long as it takes; that is no news.
    let mut connection = options.disable_statement_logging().connect().await?;
    let copied = sqlx::query::<sqlx::Sqlite>("VACUUM INTO $1").bind(to).execute(&mut connection).await;
    drop(connection.close().await);
    copied?;
    Ok(())
}

/// Opens a copy, which nobody else has open.
pub(crate) async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    Ok(options.pragma("secure_delete", "ON").connect().await?)
}

/// A copy of a newer version's file says nothing to this one.
pub(crate) fn check_known(schema: i64, known: i64) -> Result<(), StoreError> {
    if schema > known { Err(StoreError::Newer { schema, known }) } else { Ok(()) }
}
