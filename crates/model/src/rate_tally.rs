//! What a node tells the others of a bucket that all of them have, and what it hears of them.
//!
//! Each node takes from its own bucket without asking anybody. From time to time it tells how many requests it has let
//! through, and hears how many all nodes ever have; what is neither its own nor heard of before, others took.

use crate::{RateBucket, Timestamp};

/// How the bucket of all nodes stands, after a node has told what it let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatesHeard {
    /// Requests that all nodes have told of, since somebody first did.
    pub total: u64,
    /// Microseconds until all of them have come back; 0 where they have.
    pub busy: u64,
}

/// What a node has let through a bucket and not told, and what it has heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateTally {
    untold: u64,
    heard: Option<u64>,
}

impl RateTally {
    /// A request was let through.
    pub fn count(&mut self) {
        self.untold = self.untold.saturating_add(1);
    }

    /// Requests that were let through and not told of.
    pub const fn untold(&self) -> u64 {
        self.untold
    }

    /// `told` of them were told, and this is how the bucket of all stands: the node's own bucket is brought to that. A node
    /// that has heard nothing before, or whose total is gone, goes by how long the bucket of all is busy.
    pub fn hear(&mut self, told: u64, heard: RatesHeard, bucket: &mut RateBucket, now: Timestamp) {
        self.untold = self.untold.saturating_sub(told);
        let known = self.heard.replace(heard.total).map(|before| before.saturating_add(told));
        match known.and_then(|known| heard.total.checked_sub(known)) {
            Some(of_others) => bucket.take_of_others(of_others, now),
            None => bucket.join(heard.busy.saturating_sub(bucket.limit().busy(told)), told, now),
        }
    }

    /// Nobody can be told. What was let through until now is told to nobody later, either, so that nobody owes it then, and
    /// the next word is as the first.
    pub fn hear_nothing(&mut self) {
        *self = Self::default();
    }
}
