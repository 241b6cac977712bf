//! Removing what is beyond the retention, oldest first, a little at a time.

use grantd_model::Timestamp;

use super::{Connection, Db, Tip, position_of, put_end, stored_position, stored_time};
use crate::log_chain::{ChainEnd, ChainHash, ChainKey};
use crate::{Retention, StoreError};

/// Rows that one transaction removes: events that come meanwhile wait for it.
const ROWS: i64 = 2_000;

/// Removes some of the first entries, as long as each is too old or there is too much text, inside a transaction that
/// keeps others away. The last one that goes is remembered as the anchor of those that stay. The new tip is returned,
/// and how many went; none if nothing is beyond the retention.
pub(crate) async fn trim(
    connection: &mut Connection,
    key: &ChainKey,
    tip: Tip,
    retention: Retention,
    now: Timestamp,
) -> Result<Option<(Tip, u64)>, StoreError> {
    let age = u64::try_from(retention.age.as_millis()).unwrap_or(u64::MAX);
    let oldest = Timestamp::from_millis(now.millis().saturating_sub(age));
    let text = "SELECT position, at, text, hash FROM events ORDER BY position LIMIT $1";
    let rows = sqlx::query_as::<Db, (i64, i64, String, Vec<u8>)>(text).bind(ROWS);
    let rows = rows.fetch_all(&mut *connection).await?;
    let (mut anchor, mut left, mut removed) = (None, tip.bytes, 0);
    for (position, at, text, hash) in rows {
        if at >= stored_time(oldest) && left <= retention.bytes {
            break;
        }
        left = left.saturating_sub(u64::try_from(text.len()).unwrap_or_default());
        removed += 1;
        anchor = Some((position, ChainHash::from_bytes(&hash).unwrap_or(ChainHash::NONE)));
    }
    let Some((position, hash)) = anchor else { return Ok(None) };
    let text = "DELETE FROM events WHERE position <= $1";
    sqlx::query::<Db>(text).bind(position).execute(&mut *connection).await?;
    let last = Tip { position: position_of(position), hash, bytes: 0 };
    put_end(connection, key, ChainEnd::Anchor, last).await?;
    let tip = Tip { bytes: left, ..tip };
    put_end(connection, key, ChainEnd::Head, tip).await?;
    debug_assert!(stored_position(tip.position) >= position, "the head is never removed alone");
    Ok(Some((tip, removed)))
}
