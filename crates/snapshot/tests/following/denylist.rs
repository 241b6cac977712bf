//! Revoked tokens: followed like everything else, and let go without being told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use grantd_model::{Clock, RevokedToken, Timestamp};
use grantd_snapshot::Follower;
use grantd_store::{Change, Store};

use crate::records::FrozenClock;
use crate::watched_store::WatchedStore;

#[tokio::test]
async fn a_revoked_token_is_known_to_who_follows_and_to_who_loads() {
    let store = WatchedStore::open().await;
    let clock = Arc::new(FrozenClock(AtomicU64::new(1_000)));
    let load = || {
        let (seam, world) = (Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&clock) as Arc<dyn Clock>);
        Follower::load(seam, world)
    };
    let follower = load().await.unwrap();
    let revoked = RevokedToken {
        token: "one".into(),
        client_id: "client".into(),
        expires_at: Timestamp::from_seconds(10),
    };
    store.commit(vec![Change::RevokeToken { revoked, now: clock.now() }]).await.unwrap();
    follower.catch_up().await.unwrap();
    for follower in [follower, load().await.unwrap()] {
        let snapshot = follower.current().unwrap();
        assert!(snapshot.is_revoked(&"one".into(), clock.now()));
        assert!(!snapshot.is_revoked(&"other".into(), clock.now()));
        assert!(
            !snapshot.is_revoked(&"one".into(), Timestamp::from_seconds(10)),
            "it counts no longer anyhow"
        );
    }
    clock.0.store(9_999, Ordering::Relaxed);
    assert!(load().await.unwrap().current().unwrap().is_revoked(&"one".into(), clock.now()));
}
