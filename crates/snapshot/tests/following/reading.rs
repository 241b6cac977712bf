//! Reading the store: together, not too often, and honest about a store that does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantd_model::Clock;
use grantd_snapshot::{Follower, TooOld};
use grantd_store::{Change, Store, StoreError};
use tokio::task::JoinSet;

use crate::records::{FrozenClock, client};
use crate::watched_store::WatchedStore;

struct World {
    store: Arc<WatchedStore>,
    clock: Arc<FrozenClock>,
    follower: Arc<Follower>,
}

impl World {
    async fn new() -> Self {
        let store = WatchedStore::open().await;
        let clock = Arc::new(FrozenClock(AtomicU64::new(1_000_000)));
        let seam = Arc::clone(&store) as Arc<dyn Store>;
        let world = Arc::clone(&clock) as Arc<dyn Clock>;
        let follower = Arc::new(Follower::load(seam, world).await.unwrap());
        Self { store, clock, follower }
    }

    fn advance(&self, millis: u64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    async fn add_client(&self, id: &str) {
        self.store.commit(vec![Change::CreateClient(client(id, "secret", true))]).await.unwrap();
    }

    fn knows(&self, id: &str) -> bool {
        self.follower.current().unwrap().client(id).is_some()
    }
}

#[tokio::test]
async fn what_takes_longer_to_load_than_it_may_be_old_is_good_when_it_is_there() {
    let store = WatchedStore::open().await;
    let clock = Arc::new(FrozenClock(AtomicU64::new(1_000_000)));
    store.loading.forget_permits(usize::MAX);
    let seam = Arc::clone(&store) as Arc<dyn Store>;
    let loading = Follower::load(seam, Arc::clone(&clock) as Arc<dyn Clock>);
    // The one that is named first begins first.
    let (follower, ()) = tokio::join!(loading, async {
        clock.0.fetch_add(11_000, Ordering::SeqCst);
        store.loading.add_permits(1);
    });
    assert!(follower.unwrap().current().is_ok());
}

#[tokio::test]
async fn what_was_committed_before_is_there_after() {
    let world = World::new().await;
    world.add_client("one").await;
    assert!(!world.knows("one"));
    world.follower.catch_up().await.unwrap();
    assert!(world.knows("one"));
}

#[tokio::test]
async fn more_changes_than_are_read_one_by_one_are_there_after_too() {
    let world = World::new().await;
    world.add_client("gone").await;
    world.follower.catch_up().await.unwrap();
    let clients = (0..=grantd_store::Changes::MOST).map(|number| client(&number.to_string(), "secret", true));
    let mut changes: Vec<Change> = clients.map(Change::CreateClient).collect();
    changes.push(Change::DeleteClient("gone".into()));
    world.store.commit(changes).await.unwrap();
    world.follower.catch_up().await.unwrap();
    assert!(world.knows("0") && world.knows("1000") && !world.knows("gone"));
    world.add_client("later").await;
    world.follower.catch_up().await.unwrap();
    assert!(world.knows("later"));
}

/// As after a failover to a server that had not heard of the last commits: their numbers are given anew.
#[tokio::test]
async fn a_database_that_has_lost_commits_is_loaded_anew() {
    let world = World::new().await;
    for id in ["one", "two", "three"] {
        world.add_client(id).await;
    }
    world.follower.catch_up().await.unwrap();
    world.add_client("in the place of one that is lost").await;
    world.store.lost.store(2, Ordering::SeqCst);
    world.follower.catch_up().await.unwrap();
    assert!(world.knows("in the place of one that is lost"));
}

#[tokio::test]
async fn a_read_that_finds_nothing_new_keeps_the_snapshot() {
    let world = World::new().await;
    let before = world.follower.current().unwrap();
    world.follower.catch_up().await.unwrap();
    assert!(Arc::ptr_eq(&before, &world.follower.current().unwrap()));
    assert_eq!((world.store.count(), world.store.change_reads.load(Ordering::SeqCst)), (1, 0));
}

/// One read is under way and hangs; whoever asks meanwhile shares the one after it.
#[tokio::test]
async fn many_who_ask_at_once_share_two_reads() {
    let world = World::new().await;
    world.store.gate.forget_permits(1_000_000);
    let mut asking = JoinSet::new();
    let ask = |asking: &mut JoinSet<bool>| {
        let follower = Arc::clone(&world.follower);
        asking.spawn(async move { follower.catch_up().await.is_ok() });
    };
    ask(&mut asking);
    while world.store.count() == 0 {
        tokio::task::yield_now().await;
    }
    world.add_client("late").await;
    for _ in 0..500 {
        ask(&mut asking);
    }
    // All of them run until they wait.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.store.count(), 1);
    world.store.gate.add_permits(1_000);
    assert!(asking.join_all().await.into_iter().all(|caught_up| caught_up));
    assert_eq!(world.store.count(), 2);
    assert!(world.knows("late"));
}

#[tokio::test]
async fn many_who_ask_at_once_share_a_failure() {
    let world = World::new().await;
    world.store.fail(true);
    world.store.gate.forget_permits(1_000_000);
    let mut asking = JoinSet::new();
    for _ in 0..500 {
        let follower = Arc::clone(&world.follower);
        asking.spawn(async move { follower.catch_up().await });
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    world.store.gate.add_permits(1_000);
    for outcome in asking.join_all().await {
        assert!(matches!(*outcome.unwrap_err(), StoreError::Stopped));
    }
    assert!(world.store.count() <= 2, "{}", world.store.count());
    world.store.fail(false);
    world.follower.catch_up().await.unwrap();
}

/// Who is no longer interested takes nothing from the others.
#[tokio::test]
async fn a_read_that_is_given_up_leaves_the_others_to_read() {
    let world = World::new().await;
    world.store.gate.forget_permits(1_000_000);
    let follower = Arc::clone(&world.follower);
    let first = tokio::spawn(async move { follower.catch_up().await.is_ok() });
    while world.store.count() == 0 {
        tokio::task::yield_now().await;
    }
    world.add_client("one").await;
    let follower = Arc::clone(&world.follower);
    let second = tokio::spawn(async move { follower.catch_up().await.is_ok() });
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    world.store.gate.add_permits(1_000);
    assert!(second.await.unwrap());
    assert!(world.knows("one"));
}

#[tokio::test]
async fn knowledge_is_too_old_past_ten_seconds_and_new_again_when_the_store_answers() {
    let world = World::new().await;
    world.store.fail(true);
    world.advance(10_000);
    assert!(world.follower.current().is_ok());
    assert!(world.follower.catch_up().await.is_err());
    world.advance(1);
    assert_eq!(world.follower.current().err().unwrap(), TooOld(Duration::from_millis(10_001)));
    assert!(world.follower.catch_up().await.is_err());
    assert!(world.follower.current().is_err());
    world.store.fail(false);
    world.follower.catch_up().await.unwrap();
    assert_eq!(world.follower.age(), Duration::ZERO);
    assert!(world.follower.current().is_ok());
}

/// The age counts from the beginning of a read: what was committed while it ran may not be in it.
#[tokio::test]
async fn a_slow_read_confirms_the_time_at_which_it_began() {
    let world = World::new().await;
    world.store.gate.forget_permits(1_000_000);
    let follower = Arc::clone(&world.follower);
    let reading = tokio::spawn(async move { follower.catch_up().await.is_ok() });
    while world.store.count() == 0 {
        tokio::task::yield_now().await;
    }
    world.advance(4_000);
    world.store.gate.add_permits(1_000);
    assert!(reading.await.unwrap());
    assert_eq!(world.follower.age(), Duration::from_secs(4));
}

#[tokio::test]
async fn a_follower_reads_twice_a_second_and_recovers_by_itself() {
    let world = World::new().await;
    world.add_client("one").await;
    let follower = Arc::clone(&world.follower);
    let following = tokio::spawn(async move { follower.follow().await });
    let known = async {
        while !world.knows("one") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
    world.store.fail(true);
    let failed = world.store.count() + 1;
    world.add_client("two").await;
    let noticed = async {
        while world.store.count() <= failed {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), noticed).await.unwrap();
    assert!(!world.knows("two"));
    world.store.fail(false);
    let known = async {
        while !world.knows("two") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
    following.abort();
}
