//! What a snapshot keeps of a client, and what it takes to ask for one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use grantd_model::{ClientSecret, ClientSecretId, Clock, Timestamp, Versioned};
use grantd_snapshot::{Follower, Snapshot};
use grantd_store::{Change, Store};

use crate::records::{FrozenClock, client};
use crate::watched_store::WatchedStore;

const NOW: Timestamp = Timestamp::from_seconds(100);

async fn follower() -> (Arc<WatchedStore>, Follower) {
    let store = WatchedStore::open().await;
    store.commit(vec![Change::CreateClient(client("one", "secret", true))]).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FrozenClock(AtomicU64::new(0)));
    let follower = Follower::load(Arc::clone(&store) as Arc<dyn Store>, clock).await.unwrap();
    (store, follower)
}

fn knows(snapshot: &Snapshot, id: &str, secret: &str) -> bool {
    snapshot.client_with_secret(id, secret.as_bytes(), NOW).is_some()
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
    assert!(known.client_secret.value.expose().is_empty() && known.further_secrets.is_empty());
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

fn secret(number: u8, expires_at: Option<Timestamp>) -> ClientSecret {
    let id = ClientSecretId::parse(&format!("sec_{number:016x}")).unwrap();
    ClientSecret { id, expires_at, ..ClientSecret::new(format!("secret {number}").into(), NOW) }
}

/// A client with as many secrets as there may be.
async fn ten_secrets() -> (Arc<WatchedStore>, Follower) {
    let (store, follower) = follower().await;
    let mut ten = client("ten", "secret", true);
    ten.client_secret = secret(0, None);
    ten.further_secrets = (1..10).map(|number| secret(number, None)).collect();
    ten.further_secrets[4].expires_at = Some(Timestamp::from_millis(NOW.millis() + 1));
    ten.further_secrets[5].expires_at = Some(NOW);
    store.commit(vec![Change::CreateClient(ten)]).await.unwrap();
    follower.catch_up().await.unwrap();
    (store, follower)
}

#[tokio::test]
async fn every_live_secret_will_do_and_is_told_from_the_others() {
    let (_store, follower) = ten_secrets().await;
    let snapshot = follower.current().unwrap();
    for number in 0..10 {
        let text = format!("secret {number}");
        let found = snapshot.client_with_secret("ten", text.as_bytes(), NOW).map(|(_, which)| which);
        let live = (number != 6).then(|| secret(number, None).id);
        assert_eq!(found, live, "{text}");
    }
    for (id, secret) in [("ten", "secret"), ("ten", "secret 10"), ("one", "secret 1"), ("two", "secret 0")] {
        assert!(!knows(&snapshot, id, secret), "{id} {secret}");
    }
    let later = Timestamp::from_millis(NOW.millis() + 1);
    assert!(snapshot.client_with_secret("ten", b"secret 5", later).is_none(), "it expires with the clock");
}

#[tokio::test]
async fn a_removed_secret_goes_with_the_revision() {
    let (store, follower) = ten_secrets().await;
    let mut former = store.get_client(&"ten".into()).await.unwrap().unwrap();
    former.record.further_secrets.remove(0);
    store.commit(vec![Change::UpdateClient(former)]).await.unwrap();
    follower.catch_up().await.unwrap();
    let snapshot = follower.current().unwrap();
    assert_eq!((knows(&snapshot, "ten", "secret 1"), knows(&snapshot, "ten", "secret 2")), (false, true));
}

const ROUNDS: usize = 2_001;

/// The medians of many interleaved questions. Only with `GRANTD_TEST_LONG=1`.
#[tokio::test]
async fn an_unknown_client_a_wrong_secret_and_ten_wrong_secrets_take_equally_long() {
    if std::env::var_os("GRANTD_TEST_LONG").is_none() {
        return;
    }
    let (_store, follower) = ten_secrets().await;
    let snapshot = follower.current().unwrap();
    let medians = |ids: [&str; 3]| {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (id, times) in ids.iter().zip(&mut times) {
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
    let [known, unknown, ten] = medians(["one", "two", "ten"]);
    assert!(known.abs_diff(unknown) < known / 10, "{known:?} and {unknown:?}");
    assert!(known.abs_diff(ten) < known / 10, "{known:?} and {ten:?}");
}
