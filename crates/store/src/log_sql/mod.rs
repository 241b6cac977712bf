//! The statements of the log, compiled once for each database as those of the configuration are (`sql`).

pub(crate) mod append;
pub(crate) mod deliveries;
pub(crate) mod read;
pub(crate) mod trim;
pub(crate) mod verify;

use super::{Connection, Db};

use grantd_model::{LogPosition, Timestamp};

use crate::StoreError;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, SealedEnd};

/// The newest entry, and how much text all entries have.
#[derive(Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) position: LogPosition,
    pub(crate) hash: ChainHash,
    pub(crate) bytes: u64,
}

impl Tip {
    /// Before the first entry.
    const EMPTY: Self = Self { position: LogPosition(0), hash: ChainHash::NONE, bytes: 0 };
}

/// An end of the chain as it is stored, and how much text there is up to it.
pub(crate) async fn end(
    connection: &mut Connection,
    end: ChainEnd,
) -> Result<Option<(SealedEnd, u64)>, StoreError> {
    let text = "SELECT position, hash, seal, bytes FROM chain_ends WHERE name = $1";
    let row = sqlx::query_as::<Db, (i64, Vec<u8>, Vec<u8>, i64)>(text).bind(end.as_str());
    let Some((position, hash, seal, bytes)) = row.fetch_optional(connection).await? else { return Ok(None) };
    // A value of another length fits nothing, as this one does not.
    let hash_of = |bytes: &[u8]| ChainHash::from_bytes(bytes).unwrap_or(ChainHash::NONE);
    let end = SealedEnd { position: position_of(position), hash: hash_of(&hash), seal: hash_of(&seal) };
    Ok(Some((end, u64::try_from(bytes).unwrap_or_default())))
}

/// Writes down an end of the chain, sealed.
pub(crate) async fn put_end(
    connection: &mut Connection,
    key: &ChainKey,
    end: ChainEnd,
    tip: Tip,
) -> Result<(), StoreError> {
    let text = "INSERT INTO chain_ends (name, position, hash, bytes, seal) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (name) DO UPDATE SET position = excluded.position, hash = excluded.hash, \
                bytes = excluded.bytes, seal = excluded.seal";
    let seal = key.seal(end, tip.position, tip.hash);
    sqlx::query::<Db>(text)
        .bind(end.as_str())
        .bind(stored_position(tip.position))
        .bind(tip.hash.0.as_slice())
        .bind(i64::try_from(tip.bytes).unwrap_or(i64::MAX))
        .bind(seal.0.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) fn position_of(stored: i64) -> LogPosition {
    LogPosition(u64::try_from(stored).unwrap_or_default())
}

pub(crate) fn stored_position(position: LogPosition) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn stored_time(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}

fn time_of(stored: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(stored).unwrap_or_default())
}
