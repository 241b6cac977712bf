//! Everything that is sealed, in one list: what stands under which key, and how it is sealed anew.
//!
//! A table that gets a sealed column gets a line in [`SEALED`]; the column's name begins with `sealed_`, by which a test
//! finds one that was forgotten. Sealing anew changes no record, so it touches no revision.

use sqlx::{AssertSqlSafe, Row};

use super::{Connection, Db};
use crate::key_ring::Sealer;
use crate::{KeyEncryptionKeyId, Noun, SecretCount, StoreError};

/// A column of sealed secrets, in a table whose rows have a key of one text; what is sealed is bound to it.
pub(crate) struct Sealed {
    noun: Noun,
    pub(crate) table: &'static str,
    key: &'static str,
    pub(crate) column: &'static str,
}

pub(crate) const SEALED: [Sealed; 6] = [
    Sealed { noun: Noun::Client, table: "clients", key: "client_id", column: "sealed_secret" },
    Sealed { noun: Noun::ClientSecret, table: "clients", key: "client_id", column: "sealed_further_secrets" },
    Sealed {
        noun: Noun::ResourceServer,
        table: "resource_servers",
        key: "id",
        column: "sealed_signing_secret",
    },
    Sealed { noun: Noun::LogKey, table: "log_keys", key: "name", column: "sealed_key" },
    Sealed { noun: Noun::SigningKey, table: "signing_keys", key: "kid", column: "sealed_private_key" },
    Sealed { noun: Noun::LogStream, table: "log_streams", key: "id", column: "sealed_sink" },
];

/// Where the next rows to be sealed anew are looked for: a column of the list, after a row of it.
#[derive(Default)]
pub(crate) struct Place {
    column: usize,
    after: String,
}

/// The key that the database names for sealing, if it names one.
pub(crate) async fn named(connection: &mut Connection) -> Result<Option<KeyEncryptionKeyId>, StoreError> {
    let text = "SELECT key_id FROM sealing WHERE one = 1";
    let named = sqlx::query_scalar::<Db, String>(text).fetch_optional(connection).await?;
    let Some(named) = named else { return Ok(None) };
    KeyEncryptionKeyId::from_hex(&named).ok_or(StoreError::KeyMissing(None)).map(Some)
}

/// Names the key for sealing. From the end of this transaction on, nobody seals under another.
pub(crate) async fn name(connection: &mut Connection, key: KeyEncryptionKeyId) -> Result<(), StoreError> {
    let text = "INSERT INTO sealing (one, key_id) VALUES (1, $1) \
                ON CONFLICT (one) DO UPDATE SET key_id = excluded.key_id";
    sqlx::query::<Db>(text).bind(key.to_string()).execute(connection).await?;
    Ok(())
}

/// How many secrets stand under which key, column by column.
pub(crate) async fn count(connection: &mut Connection) -> Result<Vec<SecretCount>, StoreError> {
    let mut counts = Vec::new();
    for sealed in &SEALED {
        counts.extend(sealed.count(connection).await?);
    }
    Ok(counts)
}

/// Seals up to `limit` secrets that stand under other keys than `to`, and says how many; the place moves on behind
/// them. None are left when the answer is less than the limit.
pub(crate) async fn reseal(
    connection: &mut Connection,
    sealer: &Sealer<'_>,
    to: KeyEncryptionKeyId,
    place: &mut Place,
    limit: u32,
) -> Result<u32, StoreError> {
    let mut done = 0;
    while let Some(sealed) = SEALED.get(place.column) {
        let rows = sealed.of_other_keys(connection, to, &place.after, limit.saturating_sub(done)).await?;
        for (row, secret) in rows {
            sealed.reseal(connection, sealer, &row, &secret).await?;
            place.after = row;
            done += 1;
        }
        if done >= limit {
            break;
        }
        *place = Place { column: place.column + 1, after: String::new() };
    }
    Ok(done)
}

impl Sealed {
    /// How many secrets of the column stand under which key.
    pub(crate) async fn count(&self, connection: &mut Connection) -> Result<Vec<SecretCount>, StoreError> {
        let Self { table, column, .. } = self;
        let text = format!(
            "SELECT substr({column}, 2, 4), COUNT(*) FROM {table} WHERE {column} IS NOT NULL \
             GROUP BY substr({column}, 2, 4) ORDER BY substr({column}, 2, 4)"
        );
        let mut counts = Vec::new();
        for row in sqlx::query::<Db>(AssertSqlSafe(text)).fetch_all(connection).await? {
            let key = KeyEncryptionKeyId::from_bytes(row.try_get::<&[u8], _>(0)?);
            let secrets = u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default();
            counts.push(SecretCount { table, column, key, secrets });
        }
        Ok(counts)
    }

    async fn of_other_keys(
        &self,
        connection: &mut Connection,
        to: KeyEncryptionKeyId,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let Self { table, key, column, .. } = self;
        let text = format!(
            "SELECT {key}, {column} FROM {table} WHERE {key} > $1 AND {column} IS NOT NULL \
             AND substr({column}, 2, 4) <> $2 ORDER BY {key} LIMIT $3"
        );
        let rows = sqlx::query_as::<Db, (String, Vec<u8>)>(AssertSqlSafe(text));
        Ok(rows.bind(after).bind(to.bytes()).bind(i64::from(limit)).fetch_all(connection).await?)
    }

    async fn reseal(
        &self,
        connection: &mut Connection,
        sealer: &Sealer<'_>,
        row: &str,
        secret: &[u8],
    ) -> Result<(), StoreError> {
        let Self { noun, table, key, column } = self;
        let opened = sealer.open(*noun, row, secret).inspect_err(|_| {
            tracing::error!(table, row, "a secret opens under no key that is here");
        })?;
        let text = format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2");
        let secret = sealer.seal(*noun, row, opened.expose())?;
        sqlx::query::<Db>(AssertSqlSafe(text)).bind(secret).bind(row).execute(connection).await?;
        Ok(())
    }
}
