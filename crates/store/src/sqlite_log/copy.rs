//! A copy of the log's file, and where it ends.

use std::path::Path;

use grantd_model::LogPosition;
use sqlx::{Connection as _, SqliteConnection};

use super::log_sql::{end, position_of};
use super::{Db, known_schema};
use crate::log_chain::{ChainEnd, ChainHash};
use crate::{StoreError, file_copy, migrations};

/// What is in a copy of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCopy {
    /// The version of its schema.
    pub schema: i64,
    /// The position of its newest entry.
    pub head: LogPosition,
    /// The value of the chain there.
    pub hash: ChainHash,
}

/// Copies the log's file as it is at one moment, while a server writes to it or not. None if it is no log yet: a server
/// that starts for the first time makes one. One of a newer version is refused.
pub async fn copy_log(from: &Path, to: &Path) -> Result<Option<LogCopy>, StoreError> {
    file_copy::copy(from, to).await?;
    let mut connection = file_copy::open(to).await?;
    let copy = read(&mut connection).await;
    connection.close().await?;
    copy
}

async fn read(connection: &mut SqliteConnection) -> Result<Option<LogCopy>, StoreError> {
    let Some(schema) = migrations::schema(connection).await? else { return Ok(None) };
    file_copy::check_known(schema, known_schema())?;
    match end(connection, ChainEnd::Head).await? {
        Some((head, _)) => Ok(Some(LogCopy { schema, head: head.position, hash: head.hash })),
        // Without its end a log is broken, which the copy has to show too; without entries it is none yet.
        None => Ok(last(connection).await?.map(|head| LogCopy { schema, head, hash: ChainHash::NONE })),
    }
}

async fn last(connection: &mut SqliteConnection) -> Result<Option<LogPosition>, StoreError> {
    let last = sqlx::query_scalar::<Db, Option<i64>>("SELECT MAX(position) FROM events");
    Ok(last.fetch_one(connection).await?.map(position_of))
}
