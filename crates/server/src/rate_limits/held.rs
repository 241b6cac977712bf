//! A bucket as a node holds it: what is left, and what the other nodes are told of it.

use grantd_model::{RateBucket, RateLimit, RateStanding, RateTally, RatesHeard, Timestamp};

/// Exchanges that a bucket takes part in when it is full and nobody asks: some seconds.
const QUIET: u8 = 25;

/// A bucket, and how it takes part in the exchange. On a single node it never does.
pub(super) struct Held {
    bucket: RateBucket,
    tally: RateTally,
    /// Exchanges in which there was nothing to tell and nothing owed.
    quiet: u8,
    /// Whether its place is known to the exchange.
    pub(super) listed: bool,
}

/// What is told of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The limit by which the requests were let through.
    pub(super) limit: RateLimit,
    /// How many; 0 where only the others are to be heard of.
    pub(super) requests: u64,
}

impl Held {
    pub(super) fn full(limit: RateLimit, now: Timestamp) -> Self {
        Self { bucket: RateBucket::full(limit, now), tally: RateTally::default(), quiet: 0, listed: false }
    }

    /// Takes one, if there is one. A limit that has changed begins anew, at all nodes.
    pub(super) fn take(&mut self, limit: RateLimit, now: Timestamp) -> RateStanding {
        if self.bucket.limit() != limit {
            self.tally = RateTally::default();
        }
        let standing = self.bucket.take(limit, now);
        if standing.allowed {
            self.tally.count();
        }
        standing
    }

    /// What is to be told; none when the bucket has been full for long. Then nothing is known of it any more.
    pub(super) fn untold(&mut self, now: Timestamp) -> Option<Report> {
        let requests = self.tally.untold();
        self.quiet = if requests == 0 && self.bucket.is_full(now) { self.quiet + 1 } else { 0 };
        if self.quiet > QUIET {
            (self.quiet, self.listed, self.tally) = (0, false, RateTally::default());
            return None;
        }
        Some(Report { limit: self.bucket.limit(), requests })
    }

    /// What came of telling it; none where nobody can be told.
    pub(super) fn hear(&mut self, told: Report, heard: Option<RatesHeard>, now: Timestamp) {
        if self.bucket.limit() != told.limit {
            return;
        }
        match heard {
            Some(heard) => self.tally.hear(told.requests, heard, &mut self.bucket, now),
            None => self.tally.hear_nothing(),
        }
    }

    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.bucket.is_idle(now)
    }

    pub(super) fn share(&self) -> u64 {
        self.bucket.share()
    }
}

#[cfg(test)]
mod tests {
    use grantd_model::Refill;

    use super::*;

    const LIMIT: RateLimit = RateLimit { burst: 2, refill: Refill::PerSecond(1) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_767_355_200 + seconds)
    }

    #[test]
    fn what_is_let_through_is_told_once_and_what_is_refused_is_not() {
        let mut held = Held::full(LIMIT, at(0));
        assert_eq!([(); 3].map(|()| held.take(LIMIT, at(0)).allowed), [true, true, false]);
        let told = held.untold(at(0)).unwrap_or(Report { limit: LIMIT, requests: 0 });
        assert_eq!(told.requests, 2);
        held.hear(told, Some(RatesHeard { total: 2, busy: LIMIT.busy(2) }), at(0));
        assert_eq!(held.untold(at(0)), Some(Report { limit: LIMIT, requests: 0 }));
    }

    #[test]
    fn a_bucket_takes_part_until_it_has_been_full_for_a_while() {
        let mut held = Held::full(LIMIT, at(0));
        held.take(LIMIT, at(0));
        for _ in 0..100 {
            let told = held.untold(at(0));
            held.hear(Report { limit: LIMIT, requests: 1 }, Some(RatesHeard { total: 1, busy: 0 }), at(0));
            assert!(told.is_some(), "what it lacks has not come back");
        }
        let quiet = (0..100).take_while(|_| held.untold(at(2)).is_some()).count();
        assert_eq!(quiet, usize::from(QUIET));
    }

    #[test]
    fn what_was_told_by_another_limit_counts_for_nothing() {
        let wide = RateLimit { burst: 10, refill: Refill::PerSecond(1) };
        let mut held = Held::full(LIMIT, at(0));
        held.take(LIMIT, at(0));
        let told = held.untold(at(0)).unwrap_or(Report { limit: LIMIT, requests: 0 });
        held.take(wide, at(0));
        held.hear(told, Some(RatesHeard { total: 500, busy: 500_000_000 }), at(0));
        assert_eq!(held.take(wide, at(0)).remaining, 8);
        assert_eq!(held.untold(at(0)), Some(Report { limit: wide, requests: 2 }));
    }
}
