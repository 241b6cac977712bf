//! What works once: the `jti` of client assertions and of `DPoP` proofs (RFC 7523 §3, RFC 9449 §11.1).
//!
//! Uses are kept in memory for as long as they would be accepted again, and where there is room for a day more: a
//! clock that was ahead and comes back makes them matter once more. So the usual case needs no write. After
//! a crash memory is gone: what was issued before the start is refused then, for it may have been used. What gives no
//! such time, or one that is ahead of the clock, is noted durably each time. A server that stops in order leaves its
//! uses in the store. Where others may be on the same store, every use is noted there before it counts: memory knows
//! of this server only.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use grantd_model::{Causes, Timestamp};
use grantd_store::{OneTimeUse, Store, StoreError};
use thiserror::Error;

/// Uses that are kept at most, some 60 MB of memory: 3,000 a second for five minutes.
const CAPACITY: usize = 1_000_000;

/// Uses that are kept although they have ended, as long as there are no more uses than that in all.
const ROOM_FOR_ENDED: usize = 100_000;

/// Milliseconds after its end that a use is forgotten though there is room.
const KEPT: u64 = 24 * HOUR;

/// Milliseconds between two ends that are kept together.
const SLOT: u64 = 30_000;

/// The same once they have ended, so that there are few sets to look into.
const HOUR: u64 = 3_600_000;

/// Something that works once, shown by a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneTime {
    digest: [u8; 32],
    issued: Option<Timestamp>,
    until: Timestamp,
}

/// Why it does not work.
#[derive(Debug, Error)]
pub(crate) enum Spent {
    /// It was used before.
    #[error("it was used before")]
    Replayed,
    /// It may have been used before the server started.
    #[error("it was issued before the server started, which may not know of its use")]
    BeforeStart,
    /// There is no room to remember its use.
    #[error("too many uses have to be remembered")]
    Full,
    /// Its use could not be noted.
    #[error("its use could not be noted")]
    Unnoted(#[source] StoreError),
}

/// The uses of this server.
pub(crate) struct Replays {
    /// What was issued up to then may have been used without a trace.
    unknown_until: Option<Timestamp>,
    /// Whether other servers use the same things.
    shared: bool,
    used: Mutex<Used>,
}

impl OneTime {
    /// The `jti` of somebody's assertion or proof. `until` is when it would no longer be accepted.
    pub(crate) fn new(
        kind: &str,
        whose: &str,
        jti: &str,
        issued: Option<Timestamp>,
        until: Timestamp,
    ) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [kind, whose, jti] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 32];
        digest.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Self { digest, issued, until }
    }

    /// Whether the time of issue does not tell that it is newer than any start to come.
    fn needs_a_note(&self, now: Timestamp) -> bool {
        self.issued.is_none_or(|issued| issued > now)
    }

    fn as_use(&self) -> OneTimeUse {
        OneTimeUse { digest: self.digest, until: self.until }
    }
}

impl Replays {
    /// Nothing was ever used.
    pub(crate) fn none() -> Self {
        Self { unknown_until: None, shared: false, used: Mutex::default() }
    }

    /// What the server before this one has left.
    pub(crate) async fn take_over(store: &dyn Store, now: Timestamp) -> Result<Self, StoreError> {
        if store.is_shared() {
            return Ok(Self { shared: true, ..Self::none() });
        }
        let former = store.take_over_uses(now).await?;
        let mut used = Used::default();
        former.uses.into_iter().for_each(|former| used.insert(former));
        Ok(Self { unknown_until: (!former.complete).then_some(now), shared: false, used: Mutex::new(used) })
    }

    /// Uses it. Of two who try at once, one does.
    pub(crate) async fn claim(&self, store: &dyn Store, once: OneTime, now: Timestamp) -> Result<(), Spent> {
        if once.issued.is_some_and(|issued| Some(issued) <= self.unknown_until) {
            return Err(Spent::BeforeStart);
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).add(once.as_use(), now)?;
        if !self.shared && !once.needs_a_note(now) {
            return Ok(());
        }
        let first = store.use_once(vec![once.as_use()], now).await.map_err(Spent::Unnoted)?;
        if first { Ok(()) } else { Err(Spent::Replayed) }
    }

    /// Leaves all uses to the server that starts next.
    pub(crate) async fn leave(&self, store: &dyn Store, now: Timestamp) {
        if self.shared {
            return;
        }
        let uses = self.used.lock().unwrap_or_else(PoisonError::into_inner).all(now);
        if let Err(error) = store.leave_uses(uses, now).await {
            tracing::warn!(error = %Causes(&error), "used assertions are not noted; older ones will be refused");
        }
    }
}

/// Digests by when they end, so that what has ended goes in one piece.
#[derive(Default)]
struct Used {
    slots: BTreeMap<u64, HashSet<[u8; 32]>>,
    ended: BTreeMap<u64, HashSet<[u8; 32]>>,
    count: usize,
}

impl Used {
    fn add(&mut self, used: OneTimeUse, now: Timestamp) -> Result<(), Spent> {
        self.forget(now);
        if self.slots.values().chain(self.ended.values()).any(|slot| slot.contains(&used.digest)) {
            return Err(Spent::Replayed);
        }
        if self.count >= CAPACITY {
            return Err(Spent::Full);
        }
        self.insert(used);
        Ok(())
    }

    fn insert(&mut self, used: OneTimeUse) {
        let slot = self.slots.entry(used.until.millis() / SLOT).or_default();
        self.count += usize::from(slot.insert(used.digest));
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(hour) = self.ended.first_entry()
            && goes(self.count, end(*hour.key(), HOUR), now)
        {
            self.count -= hour.remove().len();
        }
        while let Some(slot) = self.slots.first_entry()
            && end(*slot.key(), SLOT) <= now.millis()
        {
            let (slot, digests) = slot.remove_entry();
            if goes(self.count, end(slot, SLOT), now) {
                self.count -= digests.len();
            } else {
                self.ended.entry(slot * SLOT / HOUR).or_default().extend(digests);
            }
        }
    }

    /// Each with the end of its slot, which is no earlier than its own. What ended more than an hour ago is left out.
    fn all(&self, now: Timestamp) -> Vec<OneTimeUse> {
        let slots = self.slots.iter().map(|(slot, digests)| (end(*slot, SLOT), digests));
        let ended = self.ended.iter().map(|(hour, digests)| (end(*hour, HOUR), digests));
        let kept = slots.chain(ended).filter(|(end, _)| now.millis().saturating_sub(*end) <= HOUR);
        let uses = kept.flat_map(|(end, digests)| digests.iter().map(move |digest| (end, *digest)));
        uses.map(|(end, digest)| OneTimeUse { digest, until: Timestamp::from_millis(end) }).collect()
    }
}

/// Whether what has ended then is forgotten, when there are so many uses in all.
fn goes(count: usize, end: u64, now: Timestamp) -> bool {
    count > ROOM_FOR_ENDED || end.saturating_add(KEPT) <= now.millis()
}

/// The milliseconds of the end of what is kept together.
fn end(number: u64, length: u64) -> u64 {
    (number + 1) * length
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn once(number: u64, until: u64) -> OneTimeUse {
        let until = Timestamp::from_seconds(until);
        OneTime::new("test", "somebody", &number.to_string(), Some(NOW), until).as_use()
    }

    #[test]
    fn who_and_what_and_which_kind_are_told_apart() {
        let digest = |kind, whose, jti| OneTime::new(kind, whose, jti, None, NOW).digest;
        let one = digest("assertion", "ab", "c");
        assert_ne!(one, digest("assertion", "a", "bc"));
        assert_ne!(one, digest("proof", "ab", "c"));
        assert_eq!(one, digest("assertion", "ab", "c"));
    }

    #[test]
    fn a_use_is_known_until_a_day_after_its_end() {
        let mut used = Used::default();
        assert!(used.add(once(1, 1_300), NOW).is_ok());
        assert!(matches!(used.add(once(1, 1_250), Timestamp::from_seconds(1_299)), Err(Spent::Replayed)));
        assert!(used.add(once(2, 5_000), Timestamp::from_seconds(4_700)).is_ok());
        assert!(matches!(used.add(once(1, 1_300), NOW), Err(Spent::Replayed)), "the clock was ahead");
        let later = Timestamp::from_seconds(2 * 3600 + 86_400);
        assert!(used.add(once(3, 100_000), later).is_ok());
        assert_eq!((used.count, used.ended.len(), used.slots.len()), (1, 0, 1));
    }

    #[test]
    fn who_stops_leaves_what_ended_within_the_hour() {
        let mut used = Used::default();
        for (number, until) in [(1, 1_300), (2, 5_000), (3, 9_000)] {
            used.insert(once(number, until));
        }
        for (now, left) in [(1_000, 3), (7_200, 3), (7_201, 2), (10_800, 2), (10_801, 1), (20_000, 0)] {
            let now = Timestamp::from_seconds(now);
            used.forget(now);
            assert_eq!(used.all(now).len(), left, "{now:?}");
        }
        assert_eq!(used.count, 3);
    }

    #[test]
    fn where_there_are_many_what_has_ended_is_forgotten_at_once() {
        let mut used = Used::default();
        (0..=100_000).for_each(|number| used.insert(once(number, 1_300)));
        used.insert(once(200_000, 1_400));
        used.forget(Timestamp::from_seconds(1_300));
        assert_eq!(used.count, 100_002);
        used.forget(Timestamp::from_seconds(1_320));
        assert_eq!(used.count, 1);
    }

    #[test]
    fn there_is_room_for_so_many_and_again_when_they_have_ended() {
        let mut used = Used { count: CAPACITY, ..Used::default() };
        assert!(matches!(used.add(once(1, 1_300), NOW), Err(Spent::Full)));
        used.slots.insert(30, HashSet::new());
        used.count = CAPACITY - 1;
        assert!(used.add(once(1, 1_300), NOW).is_ok());
    }
}
