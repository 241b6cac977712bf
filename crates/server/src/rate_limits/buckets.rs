//! The buckets of all limits. Those of clients are found under many locks, so that two clients seldom wait for one another,
//! and there is a bound to how many there are.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use grantd_model::{ClientId, RateBucket, RateLimit, RateStanding, Timestamp};

use super::Limited;

/// Locks of the buckets of clients.
const SHARDS: usize = 16;
/// Buckets behind one lock, some 150 bytes each. Those of clients that ask seldom go when there would be more, so that
/// 200,000 clients that use up their limits at a time are all held to them.
const MOST: usize = 16_384;

/// What is left of every limit.
#[derive(Default)]
pub(crate) struct Buckets {
    token_endpoint: OfEndpoint,
    management_api: OfEndpoint,
}

#[derive(Default)]
struct OfEndpoint {
    all: Mutex<Option<RateBucket>>,
    hasher: RandomState,
    clients: [Mutex<HashMap<ClientId, RateBucket>>; SHARDS],
}

impl Buckets {
    /// Takes one of those that all have together.
    pub(super) fn take_of_all(&self, endpoint: Limited, limit: RateLimit, now: Timestamp) -> RateStanding {
        // Nothing that panics runs under the locks, so that a poisoned one is whole all the same.
        let mut all = self.of(endpoint).all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_or_insert_with(|| RateBucket::full(limit, now)).take(limit, now)
    }

    /// Takes one of those of a client.
    pub(super) fn take_of_client(
        &self,
        endpoint: Limited,
        client: &ClientId,
        limit: RateLimit,
        now: Timestamp,
    ) -> RateStanding {
        let endpoint = self.of(endpoint);
        let Some(shard) = endpoint.shard(client) else {
            return RateBucket::full(limit, now).take(limit, now);
        };
        let mut clients = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = clients.get_mut(client) {
            return bucket.take(limit, now);
        }
        make_room(&mut clients, now);
        clients.entry(client.clone()).or_insert_with(|| RateBucket::full(limit, now)).take(limit, now)
    }

    fn of(&self, endpoint: Limited) -> &OfEndpoint {
        match endpoint {
            Limited::TokenEndpoint => &self.token_endpoint,
            Limited::ManagementApi => &self.management_api,
        }
    }
}

impl OfEndpoint {
    fn shard(&self, client: &ClientId) -> Option<&Mutex<HashMap<ClientId, RateBucket>>> {
        let hash = self.hasher.hash_one(client);
        self.clients.get(usize::try_from(hash % SHARDS as u64).unwrap_or(0))
    }
}

/// Forgets those that say nothing; if that is not enough, half of all: those of which the most is left.
fn make_room(clients: &mut HashMap<ClientId, RateBucket>, now: Timestamp) {
    if clients.len() < MOST {
        return;
    }
    clients.retain(|_, bucket| !bucket.is_idle(now));
    if clients.len() <= MOST / 2 {
        return;
    }
    let mut shares: Vec<u64> = clients.values().map(RateBucket::share).collect();
    let middle = shares.len() / 2;
    let (_, median, _) = shares.select_nth_unstable(middle);
    let median = *median;
    // Of those that stand alike, as many stay as there is room for.
    let below = clients.values().filter(|bucket| bucket.share() < median).count();
    let mut room = middle.saturating_sub(below);
    clients.retain(|_, bucket| {
        let stands_at_median = bucket.share() == median && room > 0;
        room -= usize::from(stands_at_median);
        bucket.share() < median || stands_at_median
    });
}

#[cfg(test)]
mod tests {
    use grantd_model::Refill;

    use super::*;

    const LIMIT: RateLimit = RateLimit { burst: 2, refill: Refill::PerMinute(1) };
    const NOW: Timestamp = Timestamp::from_seconds(1_767_355_200);

    fn of_client(buckets: &Buckets, client: &str) -> bool {
        buckets.take_of_client(Limited::TokenEndpoint, &client.into(), LIMIT, NOW).allowed
    }

    fn held(buckets: &Buckets) -> usize {
        buckets
            .token_endpoint
            .clients
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len())
            .sum()
    }

    #[test]
    fn each_client_has_a_bucket_and_each_endpoint_too() {
        let buckets = Buckets::default();
        assert_eq!(["a", "a", "a", "b"].map(|client| of_client(&buckets, client)), [true, true, false, true]);
        let other = buckets.take_of_client(Limited::ManagementApi, &"a".into(), LIMIT, NOW);
        assert!(other.allowed);
    }

    #[test]
    fn where_all_are_at_their_limit_half_of_them_stay_limited() {
        let buckets = Buckets::default();
        let once = RateLimit { burst: 1, refill: Refill::PerMinute(1) };
        let ask =
            |client: &str| buckets.take_of_client(Limited::TokenEndpoint, &client.into(), once, NOW).allowed;
        let clients: Vec<String> = (0..SHARDS * MOST + SHARDS).map(|number| number.to_string()).collect();
        assert!(clients.iter().all(|client| ask(client)));
        assert!(held(&buckets) >= SHARDS * MOST / 2, "{}", held(&buckets));
        let limited = clients.iter().rev().take(1_000).filter(|client| !ask(client)).count();
        assert!(limited > 400, "{limited}");
    }

    #[test]
    fn a_flood_of_clients_stays_within_bounds_and_those_at_their_limit_stay_limited() {
        let buckets = Buckets::default();
        let busy: Vec<String> = (0..1_000).map(|number| format!("busy-{number}")).collect();
        for client in &busy {
            assert_eq!([(); 3].map(|()| of_client(&buckets, client)), [true, true, false]);
        }
        for number in 0..2 * SHARDS * MOST {
            of_client(&buckets, &format!("seldom-{number}"));
            if number % 10_000 == 0 {
                assert!(busy.iter().all(|client| !of_client(&buckets, client)), "after {number}");
            }
        }
        assert!(held(&buckets) <= SHARDS * MOST);
        assert!(busy.iter().all(|client| !of_client(&buckets, client)));
    }
}
