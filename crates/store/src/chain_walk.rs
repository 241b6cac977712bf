//! Walking the chain of the log, entry by entry: whether every one that was written is there still, as it was written.
//!
//! Pure arithmetic; where the entries come from is the database's business.

use grantd_model::LogPosition;
use thiserror::Error;

use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row, SealedEnd};

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

/// Where a walk has come to.
pub(crate) struct Walk<'k> {
    key: &'k ChainKey,
    head: SealedEnd,
    removed: LogPosition,
    position: LogPosition,
    hash: ChainHash,
    expected: Option<(LogPosition, ChainHash)>,
    entries: u64,
}

impl<'k> Walk<'k> {
    /// A walk from the anchor, if there is one, to the head. `expected` is an entry that is known to have been there.
    pub(crate) fn new(
        key: &'k ChainKey,
        anchor: Option<SealedEnd>,
        head: Option<SealedEnd>,
        expected: Option<(LogPosition, ChainHash)>,
    ) -> Result<Self, ChainFault> {
        if anchor.is_some_and(|anchor| !anchor.is_sealed(key, ChainEnd::Anchor)) {
            return Err(ChainFault::Forged(ChainEnd::Anchor));
        }
        let head = head.filter(|head| head.is_sealed(key, ChainEnd::Head));
        let head = head.ok_or(ChainFault::Forged(ChainEnd::Head))?;
        let (removed, hash) =
            anchor.map_or((LogPosition(0), ChainHash::NONE), |anchor| (anchor.position, anchor.hash));
        Ok(Self { key, head, removed, position: removed, hash, expected, entries: 0 })
    }

    /// The last entry that was looked at.
    pub(crate) fn position(&self) -> LogPosition {
        self.position
    }

    /// The last entry that retention has removed.
    pub(crate) fn removed(&self) -> LogPosition {
        self.removed
    }

    /// How many entries were looked at.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Looks at the next entry.
    pub(crate) fn step(&mut self, row: &Row<'_>, hash: &[u8]) -> Result<(), ChainFault> {
        let next = LogPosition(self.position.0 + 1);
        let position = row.position;
        if position > self.head.position {
            return Err(ChainFault::Foreign(position.0));
        }
        if position != next {
            return Err(ChainFault::Missing(next.0));
        }
        let linked = self.key.link(self.hash, row);
        if ChainHash::from_bytes(hash) != Some(linked) {
            return Err(ChainFault::Altered(position.0));
        }
        *self = Self { position, hash: linked, entries: self.entries + 1, ..*self };
        if self.expected.is_some_and(|(at, expected)| at == position && expected != linked) {
            return Err(ChainFault::Unexpected(position.0));
        }
        Ok(())
    }

    /// No entry is left. `before` is one that stands before the anchor, if there is any.
    pub(crate) fn end(&self, before: Option<LogPosition>) -> Result<Verified, ChainFault> {
        if let Some(before) = before {
            return Err(ChainFault::Foreign(before.0));
        }
        if self.head.position > self.position {
            return Err(ChainFault::Missing(self.position.0 + 1));
        }
        if self.head.hash != self.hash {
            return Err(ChainFault::Altered(self.head.position.0));
        }
        if let Some((at, _)) = self.expected.filter(|(at, _)| *at > self.position) {
            return Err(ChainFault::Unexpected(at.0));
        }
        Ok(Verified { entries: self.entries, removed: self.removed, head: self.position, hash: self.hash })
    }
}
