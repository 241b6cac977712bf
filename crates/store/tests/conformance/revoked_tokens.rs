//! The denylist of access tokens.

use grantd_model::{Revision, RevokedToken, Timestamp};
use grantd_store::{Change, Changed, Store};

use crate::backend::Backend;

fn revoked(token: &str, expires_at: u64) -> RevokedToken {
    RevokedToken {
        token: token.into(),
        client_id: "client".into(),
        expires_at: Timestamp::from_seconds(expires_at),
    }
}

async fn revoke(store: &dyn Store, token: &str, expires_at: u64, now: u64) -> Revision {
    let change =
        Change::RevokeToken { revoked: revoked(token, expires_at), now: Timestamp::from_seconds(now) };
    store.commit(vec![change]).await.unwrap()
}

pub async fn a_revoked_token_is_loaded_and_followed<B: Backend>(backend: B) {
    let (store, other) = (backend.open().await, backend.open().await);
    let before = store.revision().await.unwrap();
    revoke(&*store, "one", 100, 1).await;
    assert_eq!(other.load().await.unwrap().revoked_tokens, [revoked("one", 100)]);
    let changes = other.changes_since(before).await.unwrap();
    assert_eq!(changes.changed, [Changed::RevokedToken(revoked("one", 100))]);
    revoke(&*other, "another", 50, 1).await;
    let all = store.load().await.unwrap().revoked_tokens;
    assert_eq!(all, [revoked("another", 50), revoked("one", 100)]);
}

pub async fn a_token_that_is_revoked_twice_is_there_once<B: Backend>(backend: B) {
    let store = backend.open().await;
    revoke(&*store, "one", 100, 1).await;
    revoke(&*store, "one", 100, 2).await;
    assert_eq!(store.load().await.unwrap().revoked_tokens, [revoked("one", 100)]);
}

pub async fn what_expired_a_day_ago_goes_with_its_change_when_another_comes<B: Backend>(backend: B) {
    let store = backend.open().await;
    revoke(&*store, "one", 100, 1).await;
    revoke(&*store, "two", 101, 86_499).await;
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), 2);
    revoke(&*store, "three", 90_000, 86_500).await;
    let left = [revoked("three", 90_000), revoked("two", 101)];
    assert_eq!(store.load().await.unwrap().revoked_tokens, left);
    let changes = store.changes_since(Revision(0)).await.unwrap().changed;
    let told = [revoked("two", 101), revoked("three", 90_000)].map(Changed::RevokedToken);
    assert_eq!(changes, told);
}
