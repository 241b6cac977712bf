//! Laws of rate limits.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use grantd_model::{RateBucket, RateLimit, RateLimits, RateNotice, Refill, Timestamp};
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

#[test]
fn limits_are_written_as_they_are_set() {
    let text = r#"{"token_endpoint":{"global":{"burst":200,"per_second":100},"per_client":{"burst":10,"per_minute":100}},"management_api":{}}"#;
    let limits: RateLimits = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&limits).unwrap(), text);
    let per_client = RateLimit { burst: 10, refill: Refill::PerMinute(100) };
    assert_eq!(limits.token_endpoint.per_client, Some(per_client));
}
