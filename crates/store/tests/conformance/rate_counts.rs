//! What a node has let through is counted once, and heard by all.

use std::sync::Arc;

use grantd_model::RatesHeard;
use grantd_store::{RateCount, Store};

use crate::backend::Backend;

/// Microseconds of an hour, which no test takes.
const HOUR: u64 = 3_600_000_000;

fn count(bucket: &str, requests: u64, busy: u64) -> RateCount {
    RateCount { bucket: bucket.to_owned(), requests, busy }
}

async fn tell(store: &Arc<dyn Store>, bucket: &str, requests: u64, busy: u64) -> RatesHeard {
    let heard = store.count_requests(vec![count(bucket, requests, busy)]).await.unwrap();
    assert_eq!(heard.len(), 1);
    heard[bucket]
}

pub async fn all_nodes_hear_how_much_all_of_them_have_let_through(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    assert_eq!(tell(&one, "a", 3, HOUR).await.total, 3);
    assert_eq!(tell(&two, "a", 4, HOUR).await.total, 7);
    assert_eq!(tell(&two, "A", 1, HOUR).await.total, 1);
    assert_eq!(tell(&one, "a", 1, HOUR).await.total, 8);
}

pub async fn who_has_nothing_to_tell_hears_all_the_same(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    assert!(one.count_requests(Vec::new()).await.unwrap().is_empty());
    assert!(one.count_requests(vec![count("a", 0, 0)]).await.unwrap().is_empty(), "nobody has told of it");
    tell(&one, "a", 3, HOUR).await;
    let heard = two.count_requests(vec![count("b", 2, HOUR), count("a", 0, 0), count("c", 0, 0)]).await;
    let heard = heard.unwrap();
    assert_eq!((heard["a"].total, heard["b"].total, heard.len()), (3, 2, 2));
}

pub async fn a_bucket_is_busy_for_as_long_as_its_requests_take_to_come_back(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    let about = |busy: u64, hours: u64| busy <= hours * HOUR && busy > hours * HOUR - HOUR / 2;
    let busy = tell(&one, "a", 1, HOUR).await.busy;
    assert_eq!(busy, HOUR, "it was full when this came");
    let busy = tell(&two, "a", 2, 2 * HOUR).await.busy;
    assert!(about(busy, 3), "{busy}");
    let busy = tell(&one, "a", 0, 0).await.busy;
    assert!(about(busy, 3), "{busy}");
}

pub async fn a_bucket_that_is_full_again_owes_nothing(backend: impl Backend) {
    let store = backend.open().await;
    tell(&store, "a", 5, 1).await;
    // The clock of SQLite has whole milliseconds.
    while tell(&store, "a", 0, 0).await.busy > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tell(&store, "a", 1, HOUR).await, RatesHeard { total: 6, busy: HOUR });
}

pub async fn of_many_buckets_told_at_once_by_two_nodes_nothing_is_lost(backend: impl Backend) {
    const BUCKETS: usize = 2_500;
    let (one, two) = (backend.open().await, backend.open().await);
    let counts: Vec<RateCount> =
        (0..BUCKETS).map(|number| count(&number.to_string(), 1, u64::try_from(number).unwrap())).collect();
    let telling = (0..10).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        let mut counts = counts.clone();
        if number % 3 == 0 {
            counts.reverse();
        }
        tokio::spawn(async move { store.count_requests(counts).await.unwrap().len() })
    });
    for told in telling.collect::<Vec<_>>() {
        assert_eq!(told.await.unwrap(), BUCKETS);
    }
    let silent = (0..BUCKETS).map(|number| count(&number.to_string(), 0, 0)).collect();
    let heard = one.count_requests(silent).await.unwrap();
    assert_eq!(heard.len(), BUCKETS);
    assert!(heard.values().all(|heard| heard.total == 10));
}

pub async fn what_has_been_full_for_an_hour_is_forgotten(backend: impl Backend) {
    let store = backend.open().await;
    let counts = (0..1_200).map(|number| count(&number.to_string(), 1, HOUR)).collect();
    store.count_requests(counts).await.unwrap();
    assert_eq!(store.forget_request_counts().await.unwrap(), 0);
    assert_eq!(tell(&store, "7", 0, 0).await.total, 1);
    backend.run("UPDATE rate_counts SET full_at = full_at - 7300000000 WHERE bucket <> '7'").await;
    assert_eq!(store.forget_request_counts().await.unwrap(), 1_000);
    assert_eq!(store.forget_request_counts().await.unwrap(), 199);
    assert_eq!(store.forget_request_counts().await.unwrap(), 0);
    assert_eq!(tell(&store, "7", 0, 0).await.total, 1);
    assert_eq!(tell(&store, "8", 1, HOUR).await.total, 1, "it begins anew");
}
