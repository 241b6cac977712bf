//! Signing keys.

use grantd_model::{KeyId, SigningKey, SigningKeyState, Timestamp};
use sqlx::Row as _;

use super::revision::{kind, touch};
use super::{Connection, Db, Write, stale_or_missing, unique};
use crate::{KeyEncryptionKeys, Noun, StoreError};

const NOUN: Noun = Noun::SigningKey;

type Row = <Db as sqlx::Database>::Row;

pub(crate) async fn all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Vec<SigningKey>, StoreError> {
    let text = "SELECT kid, kind, state, sealed_private_key, certificate, created_at, current_since, \
                current_until, revoked_at FROM signing_keys ORDER BY created, kid";
    let rows = sqlx::query::<Db>(text).fetch_all(connection).await?;
    rows.iter().map(|row| from_row(row, key)).collect()
}

pub(crate) async fn create(write: &mut Write<'_>, signing_key: &SigningKey) -> Result<(), StoreError> {
    let kid = signing_key.kid.as_str();
    let sealed = write.key.seal(NOUN, kid, signing_key.private_key.expose())?;
    sqlx::query::<Db>(
        "INSERT INTO signing_keys (kid, kind, state, sealed_private_key, certificate, created_at, \
         current_since, current_until, revoked_at, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(kid)
    .bind(signing_key.kind.as_str())
    .bind(signing_key.state.as_str())
    .bind(sealed)
    .bind(&signing_key.certificate)
    .bind(stored_time(signing_key.created_at))
    .bind(signing_key.current_since.map(stored_time))
    .bind(signing_key.current_until.map(stored_time))
    .bind(signing_key.revoked_at.map(stored_time))
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::SIGNING_KEYS, "").await
}

/// Writes down what has become of a key that was in this state and not revoked. The pair itself never changes.
pub(crate) async fn update(
    write: &mut Write<'_>,
    signing_key: &SigningKey,
    former: SigningKeyState,
) -> Result<(), StoreError> {
    let updated = sqlx::query::<Db>(
        "UPDATE signing_keys SET state = $1, current_since = $2, current_until = $3, revoked_at = $4 \
         WHERE kid = $5 AND state = $6 AND revoked_at IS NULL",
    )
    .bind(signing_key.state.as_str())
    .bind(signing_key.current_since.map(stored_time))
    .bind(signing_key.current_until.map(stored_time))
    .bind(signing_key.revoked_at.map(stored_time))
    .bind(signing_key.kid.as_str())
    .bind(former.as_str())
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &signing_key.kid)).await);
    }
    touch(write, kind::SIGNING_KEYS, "").await
}

pub(crate) async fn delete(write: &mut Write<'_>, kid: &KeyId) -> Result<(), StoreError> {
    let text = "DELETE FROM signing_keys WHERE kid = $1";
    let deleted = sqlx::query::<Db>(text).bind(kid.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::SIGNING_KEYS, "").await
}

async fn exists(write: &mut Write<'_>, kid: &KeyId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT kid FROM signing_keys WHERE kid = $1");
    Ok(found.bind(kid.as_str()).fetch_optional(&mut *write.connection).await?.is_some())
}

fn from_row(row: &Row, key: &KeyEncryptionKeys) -> Result<SigningKey, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { noun: NOUN, source: reason.into() };
    let time = |column: usize| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(column)?.map(time));
    let kid: String = row.try_get(0)?;
    Ok(SigningKey {
        private_key: key.open(NOUN, &kid, row.try_get(3)?)?,
        kid: kid.into(),
        kind: row.try_get::<&str, _>(1)?.parse().map_err(corrupt)?,
        state: row.try_get::<&str, _>(2)?.parse().map_err(corrupt)?,
        certificate: row.try_get(4)?,
        created_at: time(5)?.unwrap_or_default(),
        current_since: time(6)?,
        current_until: time(7)?,
        revoked_at: time(8)?,
    })
}

fn stored_time(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}

fn time(stored: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(stored).unwrap_or_default())
}
