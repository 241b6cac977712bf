//! The counts of token quotas: how many tokens of a window are reserved. Outside of the revision.

use grantd_model::{QuotaWindow, Timestamp};

use super::{Connection, Db};
use crate::{QuotaReservation, QuotaReserved, QuotaReturn, StoreError};

/// Milliseconds that a count is kept after its window began: a clock that was ahead comes back to it.
const KEPT: u64 = 2 * 86_400_000;

/// Reserves as many as there are, up to what is wanted. The first statement locks the row until the transaction ends, so
/// that no two nodes are given the same.
pub(crate) async fn reserve(
    connection: &mut Connection,
    reservation: &QuotaReservation,
    now: Timestamp,
) -> Result<QuotaReserved, StoreError> {
    forget(connection, now).await?;
    let (reserved, warned) = touch(connection, &reservation.window, reservation.warned).await?;
    let left = reservation.limit.map_or(u64::MAX, |limit| limit.saturating_sub(reserved));
    let granted = reservation.wanted.min(left);
    let total = reserved.saturating_add(granted);
    if granted > 0 {
        put(connection, &reservation.window, total).await?;
    }
    Ok(QuotaReserved { granted, total, warned })
}

/// Takes back what was not issued.
pub(crate) async fn give_back(
    connection: &mut Connection,
    unspent: &[QuotaReturn],
) -> Result<(), StoreError> {
    for QuotaReturn { window, unspent, warned } in unspent {
        let (reserved, _) = touch(connection, window, *warned).await?;
        put(connection, window, reserved.saturating_sub(*unspent)).await?;
    }
    Ok(())
}

/// The row of a window, locked: how many are reserved, and the last warning.
async fn touch(
    connection: &mut Connection,
    window: &QuotaWindow,
    warned: u8,
) -> Result<(u64, u8), StoreError> {
    let row = sqlx::query_as::<Db, (i64, i64)>(
        "INSERT INTO token_quotas (entity_type, entity_id, bucket, window_start, reserved, warned) \
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (entity_type, entity_id, bucket, window_start) DO UPDATE SET \
         warned = CASE WHEN excluded.warned > token_quotas.warned THEN excluded.warned \
         ELSE token_quotas.warned END RETURNING reserved, warned",
    )
    .bind(window.entity.as_str())
    .bind(&*window.id)
    .bind(window.bucket.as_str())
    .bind(stored(window.start))
    .bind(i64::from(warned));
    let (reserved, warned) = row.fetch_one(connection).await?;
    Ok((u64::try_from(reserved).unwrap_or_default(), u8::try_from(warned).unwrap_or(u8::MAX)))
}

async fn put(connection: &mut Connection, window: &QuotaWindow, reserved: u64) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "UPDATE token_quotas SET reserved = $1 \
         WHERE entity_type = $2 AND entity_id = $3 AND bucket = $4 AND window_start = $5",
    )
    .bind(i64::try_from(reserved).unwrap_or(i64::MAX))
    .bind(window.entity.as_str())
    .bind(&*window.id)
    .bind(window.bucket.as_str())
    .bind(stored(window.start))
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    let before = Timestamp::from_millis(now.millis().saturating_sub(KEPT));
    let text = "DELETE FROM token_quotas WHERE window_start < $1";
    sqlx::query::<Db>(text).bind(stored(before)).execute(connection).await?;
    Ok(())
}

fn stored(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}
