//! Log streams: few, in an order, and none of their secrets in the clear.

use grantd_model::{LogStream, LogStreamStatus, Revision};
use grantd_store::{Change, Changed, Noun, StoreError};

use crate::backend::Backend;
use crate::fixtures::*;

fn create(id: &str) -> Change {
    Change::CreateLogStream(log_stream(id, "https://receiver.example/"))
}

pub async fn a_stream_reads_back_as_it_was_written(backend: impl Backend) {
    let store = backend.open().await;
    commit_each(&*store, [create("lst_1")]).await;
    let mut expected = log_stream("lst_1", "https://receiver.example/");
    let read = async || store.get_log_stream(&"lst_1".into()).await.unwrap();
    assert_eq!(read().await, Some(at(expected.clone(), 1)));
    assert_eq!(loaded(&*store).await.log_streams, [expected.clone()]);

    expected.settings.status = LogStreamStatus::Active;
    (expected.settings.filters, expected.settings.name) = (None, None);
    expected.settings.sink.http_custom_headers = None;
    expected.signing.former = None;
    commit_each(&*store, [Change::UpdateLogStream(at(expected.clone(), 1))]).await;
    assert_eq!(read().await, Some(at(expected, 2)));
    assert_eq!(store.get_log_stream(&"lst_2".into()).await.unwrap(), None);
}

pub async fn streams_are_in_order_of_creation(backend: impl Backend) {
    let store = backend.open().await;
    commit_each(&*store, ["lst_c", "lst_a", "lst_b"].map(create)).await;
    let ids = async || {
        let streams = store.list_log_streams().await.unwrap();
        streams.iter().map(|stream| stream.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, ["lst_c", "lst_a", "lst_b"]);
    commit_each(&*store, [Change::DeleteLogStream("lst_a".into())]).await;
    assert_eq!(ids().await, ["lst_c", "lst_b"]);
    let changes = store.changes_since(Revision(3)).await.unwrap();
    let left = ["lst_c", "lst_b"].map(|id| log_stream(id, "https://receiver.example/")).to_vec();
    assert_eq!(changes.changed, [Changed::LogStreams(left)]);
}

pub async fn an_update_of_another_version_is_stale(backend: impl Backend) {
    let store = backend.open().await;
    commit_each(&*store, [create("lst_1"), create("lst_2")]).await;
    let update = |id, revision| Change::UpdateLogStream(at(log_stream(id, "https://other/"), revision));
    let stale = store.commit(vec![update("lst_1", 0)]).await;
    assert!(matches!(stale, Err(StoreError::Stale(Noun::LogStream))), "{stale:?}");
    let missing = store.commit(vec![update("lst_3", 1)]).await;
    assert!(matches!(missing, Err(StoreError::Missing(Noun::LogStream))), "{missing:?}");
    let gone = store.commit(vec![Change::DeleteLogStream("lst_3".into())]).await;
    assert!(matches!(gone, Err(StoreError::Missing(Noun::LogStream))), "{gone:?}");
    let taken = store.commit(vec![create("lst_1")]).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Noun::LogStream))), "{taken:?}");
}

pub async fn the_26th_stream_is_too_many(backend: impl Backend) {
    let store = backend.open().await;
    let most = (0..LogStream::MOST).map(|number| create(&format!("lst_{number}")));
    store.commit(most.collect()).await.unwrap();
    let outcome = store.commit(vec![create("lst_more")]).await;
    assert!(matches!(outcome, Err(StoreError::TooMany(Noun::LogStream))), "{outcome:?}");
    commit_each(&*store, [Change::DeleteLogStream("lst_7".into()), create("lst_more")]).await;
}
