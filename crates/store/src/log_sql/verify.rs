//! Reading the entries for a walk along the chain.

use grantd_model::LogPosition;

use super::{Connection, Db, end, position_of, stored_position, time_of};
use crate::StoreError;
use crate::chain_walk::{ChainFault, Verified, Walk};
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row};

/// Rows that are read at a time.
const ROWS: i64 = 1_000;

type Stored = (i64, i64, String, Option<String>, String, Vec<u8>);

/// Walks from the anchor to the head. The connection sees one moment.
pub(crate) async fn walk(
    connection: &mut Connection,
    key: &ChainKey,
    expected: Option<(LogPosition, ChainHash)>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Result<Verified, ChainFault>, StoreError> {
    let anchor = end(connection, ChainEnd::Anchor).await?.map(|(anchor, _)| anchor);
    let head = end(connection, ChainEnd::Head).await?.map(|(head, _)| head);
    let mut walk = match Walk::new(key, anchor, head, expected) {
        Ok(walk) => walk,
        Err(fault) => return Ok(Err(fault)),
    };
    loop {
        let rows = rows_after(connection, walk.position()).await?;
        for (position, at, kind, client_id, text, hash) in &rows {
            let (position, at) = (position_of(*position), time_of(*at));
            let row = Row { position, at, kind, client_id: client_id.as_deref(), text };
            if let Err(fault) = walk.step(&row, hash) {
                return Ok(Err(fault));
            }
        }
        progress(walk.entries());
        if i64::try_from(rows.len()).is_ok_and(|rows| rows < ROWS) {
            break;
        }
    }
    // Rows before the anchor were put there by somebody else.
    let text = "SELECT position FROM events WHERE position <= $1 ORDER BY position LIMIT 1";
    let before = sqlx::query_scalar::<Db, i64>(text).bind(stored_position(walk.removed()));
    let before = before.fetch_optional(connection).await?.map(position_of);
    Ok(walk.end(before))
}

async fn rows_after(connection: &mut Connection, position: LogPosition) -> Result<Vec<Stored>, StoreError> {
    let text = "SELECT position, at, kind, client_id, text, hash FROM events \
                WHERE position > $1 ORDER BY position LIMIT $2";
    let rows = sqlx::query_as::<Db, Stored>(text).bind(stored_position(position)).bind(ROWS);
    Ok(rows.fetch_all(connection).await?)
}
