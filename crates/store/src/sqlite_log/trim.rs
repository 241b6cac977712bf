//! Removing what is beyond the retention, oldest first, a little at a time.

use grantd_model::Timestamp;
use sqlx::Connection as _;
use tokio::sync::Mutex;

use super::append::{Tip, Writer, put_end};
use super::{Db, position_of, stored_position, stored_time};
use crate::log_chain::{ChainEnd, ChainHash};
use crate::{Retention, StoreError};

/// Rows that one transaction removes: events that come meanwhile wait for it.
const ROWS: i64 = 2_000;

/// Removes some of what is beyond; returns how many entries went.
pub(super) async fn trim(
    writer: &Mutex<Writer>,
    retention: Retention,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let age = u64::try_from(retention.age.as_millis()).unwrap_or(u64::MAX);
    let oldest = Timestamp::from_millis(now.millis().saturating_sub(age));
    writer.lock().await.trim_some(oldest, retention.bytes).await
}

impl Writer {
    /// Removes some of the first entries, as long as each is too old or there is too much text. The last one that goes
    /// is remembered as the anchor of those that stay.
    async fn trim_some(&mut self, oldest: Timestamp, bytes: u64) -> Result<u64, StoreError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let text =
            "SELECT position, at, LENGTH(CAST(text AS BLOB)), hash FROM events ORDER BY position LIMIT $1";
        let rows = sqlx::query_as::<Db, (i64, i64, i64, Vec<u8>)>(text).bind(ROWS);
        let rows = rows.fetch_all(&mut *transaction).await?;
        let (mut anchor, mut left, mut removed) = (None, self.tip.bytes, 0);
        for (position, at, length, hash) in rows {
            if at >= stored_time(oldest) && left <= bytes {
                break;
            }
            left = left.saturating_sub(u64::try_from(length).unwrap_or_default());
            removed += 1;
            anchor = Some((position, ChainHash::from_bytes(&hash).unwrap_or(ChainHash::NONE)));
        }
        let Some((position, hash)) = anchor else { return Ok(0) };
        let text = "DELETE FROM events WHERE position <= $1";
        sqlx::query::<Db>(text).bind(position).execute(&mut *transaction).await?;
        let last = Tip { position: position_of(position), hash, bytes: 0 };
        put_end(&mut transaction, &self.key, ChainEnd::Anchor, last).await?;
        let tip = Tip { bytes: left, ..self.tip };
        put_end(&mut transaction, &self.key, ChainEnd::Head, tip).await?;
        transaction.commit().await?;
        self.tip = tip;
        debug_assert!(stored_position(tip.position) >= position, "the head is never removed alone");
        Ok(removed)
    }
}
