//! Laws of rate limits.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

use grantd_model::{RateBucket, RateLimit, RateLimits, RateNotice, RateTally, RatesHeard, Refill, Timestamp};
use proptest::prelude::*;

const NOON: u64 = 1_767_355_200_000;

fn limits() -> impl Strategy<Value = RateLimit> {
    let refill = (1..2_000_u32, any::<bool>());
    (1..50_u32, refill).prop_map(|(burst, (requests, fast))| {
        let refill = if fast { Refill::PerSecond(requests) } else { Refill::PerMinute(requests) };
        RateLimit { burst, refill }
    })
}

/// Requests that become possible in so many milliseconds, rounded down.
fn refilled(limit: RateLimit, millis: u64) -> u64 {
    match limit.refill {
        Refill::PerSecond(requests) => millis * u64::from(requests) / 1_000,
        Refill::PerMinute(requests) => millis * u64::from(requests) / 60_000,
    }
}

/// What all nodes have told of a bucket, as a store keeps it, in microseconds.
#[derive(Default)]
struct Told {
    total: u64,
    full_at: u64,
}

impl Told {
    fn add(&mut self, limit: RateLimit, requests: u64, now: u64) -> RatesHeard {
        self.total += requests;
        self.full_at = self.full_at.max(now * 1_000) + limit.busy(requests);
        RatesHeard { total: self.total, busy: self.full_at - now * 1_000 }
    }
}

/// A node, its bucket and its tally.
struct Node {
    bucket: RateBucket,
    tally: RateTally,
}

impl Node {
    fn new(limit: RateLimit, now: u64) -> Self {
        Self { bucket: RateBucket::full(limit, Timestamp::from_millis(now)), tally: RateTally::default() }
    }

    fn take(&mut self, now: u64) -> bool {
        let allowed = self.bucket.take(self.bucket.limit(), Timestamp::from_millis(now)).allowed;
        if allowed {
            self.tally.count();
        }
        allowed
    }

    fn exchange(&mut self, told: &mut Told, now: u64) {
        let untold = self.tally.untold();
        let heard = told.add(self.bucket.limit(), untold, now);
        self.tally.hear(untold, heard, &mut self.bucket, Timestamp::from_millis(now));
    }
}

proptest! {
    #[test]
    fn in_no_stretch_of_time_are_there_more_than_the_burst_and_what_has_come_back(
        limit in limits(),
        pauses in proptest::collection::vec(0..2_000_u64, 1..200),
    ) {
        let mut bucket = RateBucket::full(limit, Timestamp::from_millis(NOON));
        let mut now = NOON;
        let mut taken = Vec::new();
        for pause in pauses {
            now += pause;
            if bucket.take(limit, Timestamp::from_millis(now)).allowed {
                taken.push(now);
            }
        }
        for (first, begin) in taken.iter().enumerate() {
            for (last, end) in taken.iter().enumerate().skip(first) {
                let most = u64::from(limit.burst) + refilled(limit, end - begin) + 1;
                prop_assert!((last - first + 1) as u64 <= most);
            }
        }
    }

    /// Each node lets a burst and the refill between two exchanges through before it hears of the others, and no more, however
    /// long it goes on.
    #[test]
    fn all_nodes_together_let_no_more_through_than_one_and_what_they_had_not_heard_of(
        limit in limits(),
        nodes in 1..6_usize,
        interval in 1..1_000_u64,
        steps in proptest::collection::vec((0..50_u64, 0..6_usize, 0..40_u32), 1..400),
    ) {
        let mut told = Told::default();
        let mut each: Vec<(Node, u64)> = (0..nodes).map(|_| (Node::new(limit, NOON), NOON)).collect();
        let (mut now, mut taken) = (NOON, 0_u64);
        for (pause, number, requests) in steps {
            now += pause;
            for (node, heard) in &mut each {
                if now - *heard >= interval {
                    node.exchange(&mut told, now);
                    *heard = now;
                }
            }
            let (node, _) = &mut each[number % nodes];
            taken += (0..requests).map(|_| u64::from(node.take(now))).sum::<u64>();
        }
        let nodes = nodes as u64;
        let one = u64::from(limit.burst) + refilled(limit, now - NOON);
        let unheard = u64::from(limit.burst) + refilled(limit, interval + 50) + 1;
        prop_assert!(taken <= one + nodes * unheard, "{taken}, {one}, {unheard}");
    }

    #[test]
    fn where_the_others_are_idle_a_node_lets_through_what_it_would_by_itself(
        limit in limits(),
        steps in proptest::collection::vec((0..500_u64, any::<bool>()), 1..200),
    ) {
        let mut told = Told::default();
        let (mut node, mut alone, mut idle) =
            (Node::new(limit, NOON), Node::new(limit, NOON), Node::new(limit, NOON));
        let mut now = NOON;
        for (pause, exchanges) in steps {
            now += pause;
            prop_assert_eq!(node.take(now), alone.take(now));
            if exchanges {
                node.exchange(&mut told, now);
                idle.exchange(&mut told, now);
            }
            prop_assert_eq!(&node.bucket, &alone.bucket);
        }
    }

    #[test]
    fn who_waits_as_long_as_told_is_let_through_and_not_a_millisecond_before(
        limit in limits(),
        pauses in proptest::collection::vec(0..300_u64, 1..100),
    ) {
        let mut bucket = RateBucket::full(limit, Timestamp::from_millis(NOON));
        let mut now = NOON;
        for pause in pauses {
            now += pause;
            let standing = bucket.take(limit, Timestamp::from_millis(now));
            if !standing.allowed {
                prop_assert_eq!(standing.remaining, 0);
                let early = Timestamp::from_millis(now + standing.more_in - 1);
                prop_assert!(!bucket.clone().take(limit, early).allowed);
                let due = Timestamp::from_millis(now + standing.more_in);
                prop_assert!(bucket.clone().take(limit, due).allowed);
                prop_assert!(standing.reset(Timestamp::from_millis(now)) * 1_000 >= now + standing.more_in);
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_gives_nobody_more_than_a_burst_and_locks_nobody_out(
        limit in limits(),
        jumps in proptest::collection::vec(0..2 * NOON, 1..50),
    ) {
        let mut bucket = RateBucket::full(limit, Timestamp::from_millis(NOON));
        for jump in jumps {
            let standing = bucket.take(limit, Timestamp::from_millis(jump));
            prop_assert!(standing.remaining < limit.burst);
            prop_assert!(standing.more_in <= 60_000);
        }
    }
}

#[test]
fn a_bucket_is_used_up_and_comes_back_one_by_one() {
    let limit = RateLimit { burst: 2, refill: Refill::PerMinute(6) };
    let at = |seconds: u64| Timestamp::from_seconds(1_767_355_200 + seconds);
    let mut bucket = RateBucket::full(limit, at(0));
    let mut taken = |seconds: u64| {
        let standing = bucket.take(limit, at(seconds));
        (standing.allowed, standing.remaining, standing.retry_after())
    };
    assert_eq!(taken(0), (true, 1, 10));
    assert_eq!(taken(0), (true, 0, 10));
    assert_eq!(taken(4), (false, 0, 6));
    assert_eq!(taken(10), (true, 0, 10));
    assert_eq!(taken(3_600), (true, 1, 10));
}

/// A request whose body was slow is let through by the time at which it arrived, after others that came later.
#[test]
fn requests_that_overtake_one_another_gain_nothing() {
    let limit = RateLimit { burst: 10, refill: Refill::PerMinute(60) };
    let at = |seconds: u64| Timestamp::from_seconds(1_767_355_200 + seconds);
    let mut bucket = RateBucket::full(limit, at(0));
    let moments = (0..1_000).map(|number| if number % 10 == 0 { at(0) } else { at(9) });
    let allowed = moments.filter(|moment| bucket.take(limit, *moment).allowed).count();
    assert_eq!(allowed, 11, "the first, and all that there can be at once nine seconds later");
}

#[test]
fn a_limit_that_has_changed_is_in_force_with_the_next_request() {
    let wide = RateLimit { burst: 100, refill: Refill::PerSecond(100) };
    let narrow = RateLimit { burst: 1, refill: Refill::PerMinute(1) };
    let now = Timestamp::from_millis(NOON);
    let mut bucket = RateBucket::full(wide, now);
    assert_eq!(bucket.take(wide, now).remaining, 99);
    assert!(bucket.take(narrow, now).allowed);
    assert!(!bucket.take(narrow, now).allowed);
}

#[test]
fn the_log_hears_of_the_first_refusal_and_of_four_fifths_and_then_not_for_a_minute() {
    let limit = RateLimit { burst: 5, refill: Refill::PerMinute(1) };
    let at = |seconds: u64| Timestamp::from_seconds(1_767_355_200 + seconds);
    let mut bucket = RateBucket::full(limit, at(0));
    let notices: Vec<_> = (0..7).map(|_| bucket.take(limit, at(0)).notice).collect();
    let (warning, hit) = (Some(RateNotice::Warning), Some(RateNotice::Hit));
    assert_eq!(notices, [None, None, None, warning, None, hit, None]);
    assert_eq!(bucket.take(limit, at(59)).notice, None);
    assert_eq!(bucket.take(limit, at(60)).notice, warning);
    assert_eq!(bucket.take(limit, at(60)).notice, hit);
}

#[test]
fn a_bucket_is_forgotten_when_it_is_full_and_the_log_has_nothing_to_be_spared() {
    let limit = RateLimit { burst: 1, refill: Refill::PerSecond(1) };
    let at = |seconds: u64| Timestamp::from_seconds(1_767_355_200 + seconds);
    let mut bucket = RateBucket::full(limit, at(0));
    assert!(bucket.is_idle(at(0)));
    assert_eq!(bucket.take(limit, at(0)).notice, Some(RateNotice::Warning));
    assert!(!bucket.is_idle(at(1)));
    assert!(bucket.is_idle(at(60)));
}

const TWENTY: RateLimit = RateLimit { burst: 20, refill: Refill::PerSecond(20) };

#[test]
fn three_nodes_that_are_asked_all_the_time_let_through_what_one_does_in_the_long_run() {
    let mut told = Told::default();
    let mut nodes = [0; 3].map(|_| Node::new(TWENTY, NOON));
    let mut taken = 0;
    for millis in 0..100_000 {
        for (number, node) in (0..).zip(&mut nodes) {
            if millis % 200 == number * 60 {
                node.exchange(&mut told, NOON + millis);
            }
            taken += u32::from(node.take(NOON + millis));
        }
    }
    assert!((2_000..=2_020 + 2 * 24).contains(&taken), "{taken}");
}

#[test]
fn nodes_that_begin_at_once_stand_alike_when_they_have_heard_of_one_another() {
    let mut told = Told::default();
    let mut nodes = [0; 3].map(|_| Node::new(TWENTY, NOON));
    for node in &mut nodes {
        while node.take(NOON) {}
        node.exchange(&mut told, NOON);
    }
    for node in &mut nodes {
        node.exchange(&mut told, NOON);
        let standing = node.bucket.take(TWENTY, Timestamp::from_millis(NOON));
        assert_eq!((standing.remaining, standing.more_in), (0, 2_050), "60 were taken of 20");
    }
}

#[test]
fn a_node_that_begins_later_has_what_the_others_have_left() {
    let mut told = Told::default();
    let mut first = Node::new(TWENTY, NOON);
    for _ in 0..15 {
        first.take(NOON);
    }
    first.exchange(&mut told, NOON);
    let mut second = Node::new(TWENTY, NOON + 100);
    second.take(NOON + 100);
    second.exchange(&mut told, NOON + 100);
    let standing = second.bucket.take(TWENTY, Timestamp::from_millis(NOON + 100));
    assert_eq!(standing.remaining, 20 - 15 + 2 - 1 - 1);
}

#[test]
fn what_was_told_to_a_store_that_does_not_answer_is_held_against_nobody() {
    let mut told = Told::default();
    let mut nodes = [0; 2].map(|_| Node::new(TWENTY, NOON));
    for second in 0..600 {
        for node in &mut nodes {
            while node.take(NOON + second * 1_000) {}
            node.tally.hear_nothing();
        }
    }
    for _ in 0..2 {
        for node in &mut nodes {
            node.exchange(&mut told, NOON + 600_000);
        }
    }
    assert!(nodes.iter_mut().all(|node| node.take(NOON + 600_050)));
}

#[test]
fn a_total_that_is_gone_begins_anew() {
    let mut told = Told::default();
    let mut node = Node::new(TWENTY, NOON);
    node.take(NOON);
    node.exchange(&mut told, NOON);
    told = Told::default();
    for _ in 0..3 {
        node.take(NOON);
        node.exchange(&mut told, NOON);
    }
    let standing = node.bucket.take(TWENTY, Timestamp::from_millis(NOON));
    assert_eq!(standing.remaining, 20 - 4 - 1);
}

#[test]
fn what_a_bucket_owes_is_bounded() {
    let now = Timestamp::from_millis(NOON);
    let mut bucket = RateBucket::full(TWENTY, now);
    bucket.take_of_others(u64::MAX, now);
    bucket.take_of_others(u64::MAX, now);
    let standing = bucket.take(TWENTY, now);
    assert_eq!((standing.allowed, standing.remaining, standing.more_in), (false, 0, 16 * 2_000 + 50));
    assert!(bucket.take(TWENTY, Timestamp::from_millis(NOON + standing.more_in)).allowed);
    assert_eq!(bucket.share(), 0);
}

#[test]
fn limits_are_written_as_they_are_set() {
    let text = r#"{"token_endpoint":{"global":{"burst":200,"per_second":100},"per_client":{"burst":10,"per_minute":100}},"management_api":{}}"#;
    let limits: RateLimits = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&limits).unwrap(), text);
    let per_client = RateLimit { burst: 10, refill: Refill::PerMinute(100) };
    assert_eq!(limits.token_endpoint.per_client, Some(per_client));
}
