//! Walking the chain: whether every entry that was written is there still, as it was written.

use grantd_model::LogPosition;
use sqlx::{Connection as _, SqliteConnection};
use thiserror::Error;

use super::{Db, End, end, position_of, time_of};
use crate::StoreError;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row};

/// Rows that are read at a time.
const ROWS: i64 = 1_000;

/// A whole chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// The last entry that retention has removed; 0 for none.
    pub removed: LogPosition,
    /// The newest entry.
    pub head: LogPosition,
    /// Its value: noted elsewhere, it shows later that this entry is there still.
    pub hash: ChainHash,
}

/// The first place at which a chain is not whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainFault {
    /// An end was written by who has not the key.
    #[error("the {0:?} of the log is not sealed as it should be: it was changed, or the key is another")]
    Forged(ChainEnd),
    /// An entry is missing.
    #[error("the entry at position {0} is missing")]
    Missing(u64),
    /// An entry is not what was written there.
    #[error("the entry at position {0} was altered, or is not the one that was written there")]
    Altered(u64),
    /// An entry is behind the end.
    #[error("the entry at position {0} was added behind the end of the log")]
    Foreign(u64),
    /// The entry that is known to have been there is not.
    #[error("the entry at position {0} is another than the one that is expected there, or is gone")]
    Unexpected(u64),
}

type Stored = (i64, i64, String, Option<String>, String, Vec<u8>);

/// Where the walk has come to.
struct Walk<'k> {
    key: &'k ChainKey,
    position: LogPosition,
    hash: ChainHash,
    expected: Option<(LogPosition, ChainHash)>,
    entries: u64,
}

/// Walks from the anchor to the head, all at one moment.
pub(super) async fn walk(
    connection: &mut SqliteConnection,
    key: &ChainKey,
    expected: Option<(LogPosition, ChainHash)>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Result<Verified, ChainFault>, StoreError> {
    let mut transaction = connection.begin().await?;
    let anchor = end(&mut transaction, ChainEnd::Anchor).await?;
    let head = end(&mut transaction, ChainEnd::Head).await?;
    if anchor.as_ref().is_some_and(|anchor| !is_sealed(key, ChainEnd::Anchor, anchor)) {
        return Ok(Err(ChainFault::Forged(ChainEnd::Anchor)));
    }
    if head.as_ref().is_none_or(|head| !is_sealed(key, ChainEnd::Head, head)) {
        return Ok(Err(ChainFault::Forged(ChainEnd::Head)));
    }
    let removed = anchor.as_ref().map(|anchor| anchor.position).unwrap_or_default();
    let hash = anchor.map_or(ChainHash::NONE, |anchor| anchor.hash);
    let mut walk = Walk { key, position: removed, hash, expected, entries: 0 };
    loop {
        let rows = rows_after(&mut transaction, walk.position).await?;
        let Some(full) = i64::try_from(rows.len()).ok().map(|rows| rows == ROWS) else { break };
        for row in &rows {
            if let Err(fault) = walk.step(row, head.as_ref()) {
                return Ok(Err(fault));
            }
        }
        progress(walk.entries);
        if !full {
            break;
        }
    }
    // Rows before the anchor were put there by somebody else.
    let text = "SELECT position FROM events WHERE position <= $1 ORDER BY position LIMIT 1";
    let before = sqlx::query_scalar::<Db, i64>(text).bind(super::stored_position(removed));
    let before = before.fetch_optional(&mut *transaction).await?;
    Ok(walk.end(removed, before, head.as_ref()))
}

async fn rows_after(
    connection: &mut SqliteConnection,
    position: LogPosition,
) -> Result<Vec<Stored>, StoreError> {
    let text = "SELECT position, at, kind, client_id, text, hash FROM events \
                WHERE position > $1 ORDER BY position LIMIT $2";
    let rows = sqlx::query_as::<Db, Stored>(text).bind(super::stored_position(position)).bind(ROWS);
    Ok(rows.fetch_all(connection).await?)
}

fn is_sealed(key: &ChainKey, which: ChainEnd, end: &End) -> bool {
    key.seal(which, end.position, end.hash) == end.seal
}

impl Walk<'_> {
    fn step(&mut self, row: &Stored, head: Option<&End>) -> Result<(), ChainFault> {
        let (position, at, kind, client_id, text, hash) = row;
        let next = LogPosition(self.position.0 + 1);
        let position = position_of(*position);
        if head.is_none_or(|head| position > head.position) {
            return Err(ChainFault::Foreign(position.0));
        }
        if position != next {
            return Err(ChainFault::Missing(next.0));
        }
        let row = Row { position, at: time_of(*at), kind, client_id: client_id.as_deref(), text };
        let linked = self.key.link(self.hash, &row);
        if ChainHash::from_bytes(hash) != Some(linked) {
            return Err(ChainFault::Altered(position.0));
        }
        *self = Self { position, hash: linked, entries: self.entries + 1, ..*self };
        if self.expected.is_some_and(|(at, expected)| at == position && expected != linked) {
            return Err(ChainFault::Unexpected(position.0));
        }
        Ok(())
    }

    fn end(
        &self,
        removed: LogPosition,
        before: Option<i64>,
        head: Option<&End>,
    ) -> Result<Verified, ChainFault> {
        if let Some(before) = before {
            return Err(ChainFault::Foreign(position_of(before).0));
        }
        let (end, hash) = head.map_or((removed, self.hash), |head| (head.position, head.hash));
        if end > self.position {
            return Err(ChainFault::Missing(self.position.0 + 1));
        }
        if hash != self.hash {
            return Err(ChainFault::Altered(end.0));
        }
        if let Some((at, _)) = self.expected.filter(|(at, _)| *at > self.position) {
            return Err(ChainFault::Unexpected(at.0));
        }
        Ok(Verified { entries: self.entries, removed, head: self.position, hash: self.hash })
    }
}
