//! The key of the log's hash chain.

use grantd_model::Secret;

use super::{Connection, Db};
use crate::key_ring::Sealer;
use crate::{KeyEncryptionKeys, Noun, StoreError};

const NOUN: Noun = Noun::LogKey;
/// The one row that there is.
const CHAIN: &str = "chain";

/// The key, if it was made.
pub(crate) async fn get(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Option<Secret>, StoreError> {
    let text = "SELECT sealed_key FROM log_keys WHERE name = $1";
    let sealed = sqlx::query_scalar::<Db, Vec<u8>>(text).bind(CHAIN).fetch_optional(connection).await?;
    sealed.map(|sealed| key.open(NOUN, CHAIN, &sealed)).transpose()
}

/// Makes this the key, unless there is one.
pub(crate) async fn make(
    connection: &mut Connection,
    key: &Sealer<'_>,
    new: &Secret,
) -> Result<(), StoreError> {
    let text = "INSERT INTO log_keys (name, sealed_key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    let sealed = key.seal(NOUN, CHAIN, new.expose())?;
    sqlx::query::<Db>(text).bind(CHAIN).bind(sealed).execute(connection).await?;
    Ok(())
}
