//! What a snapshot keeps of a client, and what it takes to ask for one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use grantd_model::{Clock, Versioned};
use grantd_snapshot::{Follower, Snapshot};
use grantd_store::{Change, Store};

use crate::records::{FrozenClock, client};
use crate::watched_store::WatchedStore;

async fn follower() -> (Arc<WatchedStore>, Follower) {
    let store = WatchedStore::open().await;
    store.commit(vec![Change::CreateClient(client("one", "secret", true))]).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FrozenClock(AtomicU64::new(0)));
    let follower = Follower::load(Arc::clone(&store) as Arc<dyn Store>, clock).await.unwrap();
    (store, follower)
}

fn knows(snapshot: &Snapshot, id: &str, secret: &str) -> bool {
    snapshot.client_with_secret(id, secret.as_bytes()).is_some()
}

#[tokio::test]
async fn only_the_whole_secret_of_the_client_will_do() {
    let (_store, follower) = follower().await;
    let snapshot = follower.current().unwrap();
    assert!(knows(&snapshot, "one", "secret"));
    for (id, secret) in [
        ("one", ""),
        ("one", "secre"),
        ("one", "secret "),
        ("one", "Secret"),
        ("one", "secret\0"),
        ("two", "secret"),
        ("", "secret"),
        ("two", ""),
    ] {
        assert!(!knows(&snapshot, id, secret), "{id} {secret}");
    }
}

#[tokio::test]
async fn neither_secrets_nor_what_is_only_stored_is_kept() {
    let (_store, follower) = follower().await;
    let snapshot = follower.current().unwrap();
    let known = snapshot.client("one").unwrap();
    assert!(known.client_secret.expose().is_empty());
    assert!(known.properties.is_empty());
    assert!(!format!("{known:?}").contains("secret\""));
}

#[tokio::test]
async fn a_new_secret_replaces_the_former() {
    let (store, follower) = follower().await;
    let former = store.get_client(&"one".into()).await.unwrap().unwrap();
    let update = Versioned { record: client("one", "new", true), ..former };
    store.commit(vec![Change::UpdateClient(update)]).await.unwrap();
    follower.catch_up().await.unwrap();
    let snapshot = follower.current().unwrap();
    assert_eq!((knows(&snapshot, "one", "secret"), knows(&snapshot, "one", "new")), (false, true));
}

const ROUNDS: usize = 2_001;

/// The medians of many interleaved questions. Only with `GRANTD_TEST_LONG=1`.
#[tokio::test]
async fn a_client_that_is_unknown_takes_as_long_as_a_wrong_secret() {
    if std::env::var_os("GRANTD_TEST_LONG").is_none() {
        return;
    }
    let (_store, follower) = follower().await;
    let snapshot = follower.current().unwrap();
    let median = |id: &str, other: &str| {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (id, times) in [id, other].iter().zip(&mut times) {
                let start = Instant::now();
                (0..100).for_each(|_| assert!(!knows(&snapshot, id, "wrong!")));
                times.push(start.elapsed());
            }
        }
        times.map(|mut times| {
            times.sort_unstable();
            times[ROUNDS / 2]
        })
    };
    let [known, unknown] = median("one", "two");
    let difference = known.abs_diff(unknown);
    assert!(difference < known / 10, "{known:?} and {unknown:?}");
}
