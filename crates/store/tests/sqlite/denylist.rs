//! The bounds of the denylist. The tests fill it with a statement of their own, since one by
//! one would take long; those entries end in the second 1,000.

use grantd_model::{Revision, RevokedToken, Timestamp};
use grantd_store::{Change, Noun, Store, StoreError};

use crate::file::File;

#[tokio::test]
async fn a_full_denylist_takes_no_more_until_some_expire() {
    let file = File::new();
    let store = file.open().await;
    file.execute(
        "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 99999) \
         INSERT INTO revoked_tokens (token, client_id, expires_at, revision) \
         SELECT 'token_' || number, 'client_' || (number % 10), 1000000, 0 FROM numbers",
    )
    .await;
    revoke(&store, "one", "other", 1).await.unwrap();
    let refused = revoke(&store, "two", "other", 999).await;
    assert!(matches!(refused, Err(StoreError::TooMany(Noun::RevokedToken))), "{refused:?}");
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), RevokedToken::MOST);
    revoke(&store, "two", "other", 1_000).await.unwrap();
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), 2, "ended ones made room");
}

#[tokio::test]
async fn one_client_does_not_take_the_room_of_the_others() {
    let file = File::new();
    let store = file.open().await;
    file.execute(
        "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 9999) \
         INSERT INTO revoked_tokens (token, client_id, expires_at, revision) \
         SELECT 'token_' || number, 'greedy', 1000000, 0 FROM numbers",
    )
    .await;
    revoke(&store, "one", "greedy", 1).await.unwrap();
    let refused = revoke(&store, "two", "greedy", 999).await;
    assert!(matches!(refused, Err(StoreError::TooManyOfClient(Noun::RevokedToken))), "{refused:?}");
    revoke(&store, "three", "other", 999).await.unwrap();
    // What has ended takes nothing of the share, though it is kept for a day.
    revoke(&store, "four", "greedy", 1_000).await.unwrap();
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), 10_002);
}

async fn revoke(store: &impl Store, token: &str, client: &str, now: u64) -> Result<Revision, StoreError> {
    let revoked = RevokedToken {
        token: token.into(),
        client_id: client.into(),
        expires_at: Timestamp::from_seconds(2_000),
    };
    store.commit(vec![Change::RevokeToken { revoked, now: Timestamp::from_seconds(now) }]).await
}
