//! The count of one window: what is reserved for this node and not issued yet, and how much all have reserved.
//!
//! Taking one is a short lock and nothing else. What is reserved is durable before it is here, so that no token is issued
//! twice over; the next block is reserved when half of one is left, so that no token waits for the disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantd_model::{QuotaBucket, QuotaWindow, Timestamp, due_warnings, quota_block};
use grantd_store::{QuotaReservation, QuotaReturn, Store, StoreError};
use tokio::sync::Mutex as Turn;

/// The quota of a count, as it is at the moment: it may change while the count goes on.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) tokens: u32,
    pub(super) enforced: bool,
}

/// What came of asking for one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// It is taken; so many are consumed with it.
    Taken(u64),
    /// There are no more; so many are consumed.
    Exhausted(u64),
    /// Nothing is reserved here.
    Empty,
}

/// What this node knows of a window.
#[derive(Debug, Default)]
struct Held {
    /// Reserved here, and not issued.
    unspent: u64,
    /// Reserved by all nodes, as of the last reservation here; none before the first.
    total: Option<u64>,
    /// The last share that was warned of, in per cent.
    warned: u8,
    /// The server stops: nothing is reserved any more.
    closed: bool,
}

impl Held {
    fn consumed(&self) -> u64 {
        self.total.unwrap_or_default().saturating_sub(self.unspent)
    }

    fn take(&mut self, limit: Limit) -> Take {
        let consumed = self.consumed();
        if self.total.is_some() && limit.enforced && consumed >= u64::from(limit.tokens) {
            return Take::Exhausted(consumed);
        }
        if self.unspent == 0 {
            return Take::Empty;
        }
        self.unspent -= 1;
        Take::Taken(consumed + 1)
    }
}

/// The count of a window.
pub(super) struct Count {
    pub(super) window: QuotaWindow,
    held: Mutex<Held>,
    /// One reservation at a time.
    turn: Turn<()>,
    /// A block is being reserved ahead.
    ahead: AtomicBool,
}

impl Count {
    pub(super) fn new(window: QuotaWindow) -> Self {
        Self { window, held: Mutex::default(), turn: Turn::default(), ahead: AtomicBool::new(false) }
    }

    /// Whether the window is over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        // A clock that was ahead comes back: a window that begins later stays.
        self.window.start < QuotaBucket::start(self.window.bucket, now)
    }

    /// Takes one, if there is one here.
    pub(super) fn take(&self, limit: Limit) -> Take {
        self.held().take(limit)
    }

    /// Gives one back that was taken and not issued.
    pub(super) fn give_back(&self) {
        self.held().unspent += 1;
    }

    /// How many are consumed, as far as is known here.
    pub(super) fn consumed(&self) -> u64 {
        self.held().consumed()
    }

    /// The warnings that are due, each once.
    pub(super) fn due_warnings(&self, limit: Limit) -> Vec<u8> {
        let mut held = self.held();
        let due: Vec<u8> = due_warnings(held.consumed(), limit.tokens, held.warned).collect();
        held.warned = due.last().copied().unwrap_or(held.warned);
        due
    }

    /// Whether it is time to reserve the next block, which is told once.
    pub(super) fn runs_low(&self, limit: Limit) -> bool {
        let low = {
            let held = self.held();
            let more = !limit.enforced || held.total.unwrap_or_default() < u64::from(limit.tokens);
            more && held.unspent <= quota_block(limit.tokens) / 2
        };
        low && !self.ahead.swap(true, Ordering::Relaxed)
    }

    /// Reserves a block, unless somebody just has. It runs to its end though who asked goes away: what was reserved would
    /// be nobody's otherwise.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        limit: Limit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (count, store) = (Arc::clone(self), Arc::clone(store));
        let reserved = tokio::spawn(async move { count.reserve_block(&*store, limit, now).await });
        reserved.await.map_err(|_| StoreError::Stopped)?
    }

    async fn reserve_block(&self, store: &dyn Store, limit: Limit, now: Timestamp) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let block = quota_block(limit.tokens);
        let (unspent, warned, closed) = {
            let held = self.held();
            (held.unspent, held.warned, held.closed)
        };
        if closed {
            return Err(StoreError::Stopped);
        }
        if unspent > block / 2 {
            self.ahead.store(false, Ordering::Relaxed);
            return Ok(());
        }
        let reservation = QuotaReservation {
            window: self.window.clone(),
            limit: limit.enforced.then(|| limit.tokens.into()),
            wanted: block,
            warned,
        };
        let reserved = store.reserve_quota(reservation, now).await;
        self.ahead.store(false, Ordering::Relaxed);
        let reserved = reserved?;
        let mut held = self.held();
        held.unspent += reserved.granted;
        held.total = Some(reserved.total);
        held.warned = held.warned.max(reserved.warned);
        Ok(())
    }

    /// What was reserved and not issued, for who stops; nothing is left here, and nothing will be. A reservation that is
    /// under way comes to its end first.
    pub(super) async fn close(&self) -> Option<QuotaReturn> {
        let _turn = self.turn.lock().await;
        let mut held = self.held();
        let (unspent, warned) = (held.unspent, held.warned);
        *held = Held { closed: true, ..Held::default() };
        let window = self.window.clone();
        (unspent > 0 || warned > 0).then_some(QuotaReturn { window, unspent, warned })
    }

    /// Nothing that panics runs under the lock, so that a poisoned one is whole all the same.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Limit = Limit { tokens: 5, enforced: true };

    #[test]
    fn nothing_is_known_before_the_first_reservation() {
        assert_eq!(Held::default().take(FIVE), Take::Empty);
    }

    #[test]
    fn what_is_reserved_is_taken_and_no_more() {
        let mut held = Held { unspent: 2, total: Some(5), warned: 0, closed: false };
        assert_eq!(held.take(FIVE), Take::Taken(4));
        assert_eq!(held.take(FIVE), Take::Taken(5));
        assert_eq!(held.take(FIVE), Take::Exhausted(5));
    }

    #[test]
    fn a_quota_that_was_lowered_refuses_at_once_and_one_that_was_raised_asks_again() {
        let mut held = Held { unspent: 2, total: Some(5), warned: 0, closed: false };
        assert_eq!(held.take(Limit { tokens: 3, enforced: true }), Take::Exhausted(3));
        let mut held = Held { unspent: 0, total: Some(5), warned: 0, closed: false };
        assert_eq!(held.take(Limit { tokens: 6, enforced: true }), Take::Empty);
    }

    #[test]
    fn a_quota_that_is_only_observed_refuses_nothing() {
        let mut held = Held { unspent: 1, total: Some(50), warned: 0, closed: false };
        assert_eq!(held.take(Limit { tokens: 5, enforced: false }), Take::Taken(50));
        assert_eq!(held.take(Limit { tokens: 5, enforced: false }), Take::Empty);
    }
}
