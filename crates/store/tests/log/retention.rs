//! What is too old, or too much, goes from the beginning.

use std::time::Duration;

use grantd_model::{LogBatch, LogPosition, Timestamp};
use grantd_store::{Log, Retention};

use crate::file::{File, event};

const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 100);

fn by_age(seconds: u64) -> Retention {
    Retention { age: Duration::from_secs(seconds), bytes: u64::MAX }
}

#[tokio::test]
async fn what_is_too_old_goes_and_the_rest_is_whole() {
    let file = File::filled(1..=5000).await;
    let log = file.open().await;
    let now = Timestamp::from_seconds(5000);
    for removed in [2000, 1999, 0] {
        assert_eq!(log.trim(by_age(1000), now).await.unwrap(), removed);
    }
    assert_eq!(log.removed().await.unwrap(), LogPosition(3999));
    assert_eq!(log.get(LogPosition(3999)).await.unwrap(), None);
    assert!(log.get(LogPosition(4000)).await.unwrap().is_some());
    let verified = file.verify().await.unwrap();
    assert_eq!((verified.entries, verified.removed), (1001, LogPosition(3999)));
}

#[tokio::test]
async fn what_is_too_much_goes_oldest_first() {
    let file = File::filled(1..=300).await;
    let log = file.open().await;
    let length = |second| serde_json::to_string(&event(second)).unwrap().len() as u64;
    let bytes = (201..=300).map(length).sum();
    let retention = Retention { age: FOR_EVER, bytes };
    assert_eq!(log.trim(retention, Timestamp::from_seconds(300)).await.unwrap(), 200);
    let retention = Retention { age: FOR_EVER, bytes: bytes - 1 };
    assert_eq!(log.trim(retention, Timestamp::from_seconds(300)).await.unwrap(), 1);
}

#[tokio::test]
async fn an_emptied_log_goes_on_where_it_was() {
    let file = File::filled(1..=10).await;
    let log = file.open().await;
    assert_eq!(log.trim(by_age(0), Timestamp::from_seconds(100)).await.unwrap(), 10);
    assert_eq!(file.verify().await.unwrap().entries, 0);
    log.append(&LogBatch::from_iter([event(101)])).await.unwrap();
    log.close().await;
    let log = file.open().await;
    log.append(&LogBatch::from_iter([event(102)])).await.unwrap();
    assert_eq!(log.newest().await.unwrap(), LogPosition(12));
    assert_eq!(file.verify().await.unwrap().entries, 2);
}
