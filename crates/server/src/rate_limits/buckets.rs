//! The buckets of all limits. Those of clients are found under many locks, so that two clients seldom wait for one another,
//! and there is a bound to how many there are.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use grantd_model::{ClientId, RateLimit, RateStanding, RatesHeard, Timestamp};

use super::Limited;
use super::exchange::News;
use super::held::Held;

/// Locks of the buckets of clients.
const SHARDS: usize = 16;
/// Buckets behind one lock, some 200 bytes each. Those of clients that ask seldom go when there would be more, so that
/// 200,000 clients that use up their limits at a time are all held to them.
const MOST: usize = 16_384;

/// Buckets behind one lock that take part in one exchange: 2,048 of an endpoint. Where more are in use, they take turns.
const TURNS: usize = 128;

/// What is left of every limit.
pub(crate) struct Buckets {
    is_shared: bool,
    token_endpoint: OfEndpoint,
    management_api: OfEndpoint,
}

#[derive(Default)]
struct OfEndpoint {
    all: Mutex<Option<Held>>,
    hasher: RandomState,
    clients: [Mutex<Shard>; SHARDS],
}

/// The buckets of some clients.
#[derive(Default)]
struct Shard {
    buckets: HashMap<ClientId, Held>,
    /// Those that take part in the exchange, in the order of their turns. Empty on a single node.
    listed: VecDeque<ClientId>,
}

impl Buckets {
    /// Of a node that has others beside it, or not.
    pub(crate) fn new(is_shared: bool) -> Self {
        Self { is_shared, token_endpoint: OfEndpoint::default(), management_api: OfEndpoint::default() }
    }

    /// Takes one of those that all have together.
    pub(super) fn take_of_all(&self, endpoint: Limited, limit: RateLimit, now: Timestamp) -> RateStanding {
        locked(&self.of(endpoint).all).get_or_insert_with(|| Held::full(limit, now)).take(limit, now)
    }

    /// Takes one of those of a client.
    pub(super) fn take_of_client(
        &self,
        endpoint: Limited,
        client: &ClientId,
        limit: RateLimit,
        now: Timestamp,
    ) -> RateStanding {
        let Some(shard) = self.of(endpoint).shard(client) else {
            return Held::full(limit, now).take(limit, now);
        };
        let Shard { buckets, listed } = &mut *locked(shard);
        let take = |held: &mut Held, listed: &mut VecDeque<ClientId>| {
            if self.is_shared && !std::mem::replace(&mut held.listed, true) {
                listed.push_back(client.clone());
            }
            held.take(limit, now)
        };
        if let Some(held) = buckets.get_mut(client) {
            return take(held, listed);
        }
        if make_room(buckets, now) {
            listed.retain(|client| buckets.contains_key(client));
        }
        take(buckets.entry(client.clone()).or_insert_with(|| Held::full(limit, now)), listed)
    }

    /// What the other nodes are to be told now.
    pub(super) fn news(&self, now: Timestamp) -> Vec<News> {
        let mut news = Vec::new();
        for endpoint in [Limited::TokenEndpoint, Limited::ManagementApi] {
            let of_endpoint = self.of(endpoint);
            let told = locked(&of_endpoint.all).as_mut().and_then(|held| held.untold(now));
            news.extend(told.map(|told| News { endpoint, client: None, told }));
            for shard in &of_endpoint.clients {
                locked(shard).news(endpoint, now, &mut news);
            }
        }
        news
    }

    /// What came of telling it; none where nobody can be told.
    pub(super) fn hear(&self, news: &News, heard: Option<RatesHeard>, now: Timestamp) {
        let endpoint = self.of(news.endpoint);
        let Some(client) = &news.client else {
            if let Some(held) = locked(&endpoint.all).as_mut() {
                held.hear(news.told, heard, now);
            }
            return;
        };
        let Some(shard) = endpoint.shard(client) else { return };
        if let Some(held) = locked(shard).buckets.get_mut(client) {
            held.hear(news.told, heard, now);
        }
    }

    fn of(&self, endpoint: Limited) -> &OfEndpoint {
        match endpoint {
            Limited::TokenEndpoint => &self.token_endpoint,
            Limited::ManagementApi => &self.management_api,
        }
    }
}

impl OfEndpoint {
    fn shard(&self, client: &ClientId) -> Option<&Mutex<Shard>> {
        let hash = self.hasher.hash_one(client);
        self.clients.get(usize::try_from(hash % SHARDS as u64).unwrap_or(0))
    }
}

impl Shard {
    /// Adds what is to be told of those whose turn it is.
    fn news(&mut self, endpoint: Limited, now: Timestamp, news: &mut Vec<News>) {
        for _ in 0..self.listed.len().min(TURNS) {
            let Some(client) = self.listed.pop_front() else { return };
            let Some(told) = self.buckets.get_mut(&client).and_then(|held| held.untold(now)) else {
                continue;
            };
            self.listed.push_back(client.clone());
            news.push(News { endpoint, client: Some(client), told });
        }
    }
}

/// Nothing that panics runs under the locks, so that a poisoned one is whole all the same.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets those that say nothing; if that is not enough, half of all: those of which the most is left. Whether there was
/// need.
fn make_room(clients: &mut HashMap<ClientId, Held>, now: Timestamp) -> bool {
    if clients.len() < MOST {
        return false;
    }
    clients.retain(|_, bucket| !bucket.is_idle(now));
    if clients.len() <= MOST / 2 {
        return true;
    }
    let mut shares: Vec<u64> = clients.values().map(Held::share).collect();
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
    true
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
        buckets.token_endpoint.clients.iter().map(|shard| locked(shard).buckets.len()).sum()
    }

    #[test]
    fn each_client_has_a_bucket_and_each_endpoint_too() {
        let buckets = Buckets::new(false);
        assert_eq!(["a", "a", "a", "b"].map(|client| of_client(&buckets, client)), [true, true, false, true]);
        let other = buckets.take_of_client(Limited::ManagementApi, &"a".into(), LIMIT, NOW);
        assert!(other.allowed);
    }

    #[test]
    fn where_all_are_at_their_limit_half_of_them_stay_limited() {
        let buckets = Buckets::new(false);
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
        let buckets = Buckets::new(false);
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

    /// What is told of clients, in order of their names.
    fn told(buckets: &Buckets) -> Vec<(String, u64)> {
        let news = buckets.news(NOW).into_iter();
        let of_clients = news.filter_map(|news| Some((news.client?.as_str().to_owned(), news.told.requests)));
        let mut told: Vec<_> = of_clients.collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn a_single_node_tells_nobody_of_its_clients() {
        let buckets = Buckets::new(false);
        of_client(&buckets, "a");
        assert_eq!(told(&buckets), []);
    }

    #[test]
    fn what_others_took_is_taken_here_too() {
        let (one, two) = (Buckets::new(true), Buckets::new(true));
        assert_eq!([of_client(&one, "a"), of_client(&two, "a"), of_client(&two, "b")], [true; 3]);
        let mut heard = RatesHeard::default();
        for buckets in [&one, &two, &one] {
            for news in buckets.news(NOW).iter().filter(|news| news.client == Some("a".into())) {
                heard.total += news.told.requests;
                heard.busy += LIMIT.busy(news.told.requests);
                buckets.hear(news, Some(heard), NOW);
            }
        }
        assert_eq!([of_client(&one, "a"), of_client(&two, "a"), of_client(&two, "b")], [false, false, true]);
    }

    #[test]
    fn where_more_are_in_use_than_one_exchange_takes_all_have_their_turn() {
        let buckets = Buckets::new(true);
        let clients = 3 * SHARDS * TURNS;
        for number in 0..clients {
            of_client(&buckets, &number.to_string());
        }
        let mut heard = std::collections::BTreeSet::new();
        // Shards are not of one size.
        for _ in 0..6 {
            let told = told(&buckets);
            assert!(told.len() <= SHARDS * TURNS);
            heard.extend(told);
        }
        assert_eq!(heard.len(), clients);
    }

    #[test]
    fn a_client_that_is_forgotten_and_comes_back_is_told_of_once() {
        let buckets = Buckets::new(true);
        for number in 0..2 * SHARDS * MOST {
            of_client(&buckets, &number.to_string());
        }
        for number in 0..1_000 {
            of_client(&buckets, &number.to_string());
        }
        for shard in &buckets.token_endpoint.clients {
            let Shard { buckets, listed } = &*locked(shard);
            let names: std::collections::BTreeSet<_> = listed.iter().collect();
            assert_eq!((names.len(), listed.len()), (buckets.len(), buckets.len()));
        }
    }
}
