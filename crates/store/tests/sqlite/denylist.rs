//! The bound of the denylist. The tests fill it with a statement of their own: one by one would take long.

use grantd_model::{RevokedToken, Timestamp};
use grantd_store::{Change, Noun, Store, StoreError};

use crate::file::File;

#[tokio::test]
async fn a_full_denylist_takes_no_more_until_some_expire() {
    let file = File::new();
    let store = file.open().await;
    // All but one: they expire in the second 1,000.
    file.execute(
        "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 99999) \
         INSERT INTO revoked_tokens (token, expires_at, revision) SELECT 'token_' || number, 1000000, 0 FROM numbers",
    )
    .await;
    let revoke = async |token: &str, now: u64| {
        let revoked = RevokedToken { token: token.into(), expires_at: Timestamp::from_seconds(2_000) };
        store.commit(vec![Change::RevokeToken { revoked, now: Timestamp::from_seconds(now) }]).await
    };
    revoke("one", 1).await.unwrap();
    let refused = revoke("two", 999).await;
    assert!(matches!(refused, Err(StoreError::TooMany(Noun::RevokedToken))), "{refused:?}");
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), RevokedToken::MOST);
    revoke("two", 1_000).await.unwrap();
    assert_eq!(store.load().await.unwrap().revoked_tokens.len(), 2);
}
