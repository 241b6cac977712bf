//! A copy of the configuration's file, and what has to be known of it.

use std::path::Path;

use grantd_model::Revision;
use sqlx::Connection as _;

use super::sql::{revision, sealing};
use super::{Connection, Db, known_schema};
use crate::{KeyEncryptionKeyId, StoreError, file_copy, migrations};

/// What is in a copy of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationCopy {
    /// The version of its schema.
    pub schema: i64,
    /// The revision of the moment at which it was made.
    pub revision: Revision,
    /// The keys that its secrets stand under, and that new ones are sealed under. There are none before the first start of
    /// a server has made something.
    pub keys: Vec<KeyEncryptionKeyId>,
}

/// Copies the configuration's file as it is at one moment, while a server writes to it or not. None if it has no schema
/// yet. One of an older version is copied as it is, one of a newer version refused.
///
/// The copy is of a server that did not stop in order: what was used once before it, and after, is not all in it.
pub async fn copy_configuration(from: &Path, to: &Path) -> Result<Option<ConfigurationCopy>, StoreError> {
    file_copy::copy(from, to).await?;
    let mut connection = file_copy::open(to).await?;
    let copy = finish(&mut connection).await;
    connection.close().await?;
    copy
}

async fn finish(connection: &mut Connection) -> Result<Option<ConfigurationCopy>, StoreError> {
    let Some(schema) = migrations::schema(connection).await? else { return Ok(None) };
    file_copy::check_known(schema, known_schema())?;
    if has_column(connection, "clean_stop", "one").await? {
        sqlx::query::<Db>("DELETE FROM clean_stop").execute(&mut *connection).await?;
    }
    let revision = revision::current(connection).await?;
    Ok(Some(ConfigurationCopy { schema, revision, keys: keys(connection).await? }))
}

async fn keys(connection: &mut Connection) -> Result<Vec<KeyEncryptionKeyId>, StoreError> {
    let mut keys = Vec::new();
    if has_column(connection, "sealing", "key_id").await? {
        keys.extend(sealing::named(connection).await?);
    }
    for sealed in &sealing::SEALED {
        if has_column(connection, sealed.table, sealed.column).await? {
            keys.extend(sealed.count(connection).await?.into_iter().filter_map(|count| count.key));
        }
    }
    let mut distinct = Vec::new();
    for key in keys {
        if !distinct.contains(&key) {
            distinct.push(key);
        }
    }
    Ok(distinct)
}

/// Whether the schema of this version has the column; those of older ones may not.
async fn has_column(connection: &mut Connection, table: &str, column: &str) -> Result<bool, StoreError> {
    let text = "SELECT COUNT(*) FROM pragma_table_info($1) WHERE name = $2";
    let columns = sqlx::query_scalar::<Db, i64>(text).bind(table).bind(column).fetch_one(connection).await?;
    Ok(columns > 0)
}
