//! Signing keys.

use grantd_model::{SigningKey, Timestamp};

use super::revision::{kind, touch};
use super::{Connection, Db, Write, unique};
use crate::{KeyEncryptionKeys, Noun, StoreError};

const NOUN: Noun = Noun::SigningKey;

type Row = (String, String, Vec<u8>, String, i64);

pub(crate) async fn all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Vec<SigningKey>, StoreError> {
    let text = "SELECT kid, state, sealed_private_key, certificate, created_at FROM signing_keys \
                ORDER BY created, kid";
    let rows = sqlx::query_as::<Db, Row>(text).fetch_all(connection).await?;
    rows.into_iter().map(|row| from_row(row, key)).collect()
}

pub(crate) async fn create(write: &mut Write<'_>, signing_key: &SigningKey) -> Result<(), StoreError> {
    let kid = signing_key.kid.as_str();
    let sealed = write.key.seal(NOUN, kid, signing_key.private_key.expose())?;
    sqlx::query::<Db>(
        "INSERT INTO signing_keys (kid, state, sealed_private_key, certificate, created_at, created) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(kid)
    .bind(signing_key.state.as_str())
    .bind(sealed)
    .bind(&signing_key.certificate)
    .bind(i64::try_from(signing_key.created_at.millis()).unwrap_or(i64::MAX))
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::SIGNING_KEYS, "").await
}

fn from_row(row: Row, key: &KeyEncryptionKeys) -> Result<SigningKey, StoreError> {
    let (kid, state, sealed, certificate, created_at) = row;
    let corrupt = |reason: String| StoreError::Corrupt { noun: NOUN, source: reason.into() };
    Ok(SigningKey {
        private_key: key.open(NOUN, &kid, &sealed)?,
        kid: kid.into(),
        state: state.parse().map_err(corrupt)?,
        certificate,
        created_at: Timestamp::from_millis(u64::try_from(created_at).unwrap_or_default()),
    })
}
