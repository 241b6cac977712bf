//! What was appended is read back: one entry, the next ones, or all in a range.

use std::ops::ControlFlow;

use grantd_model::{Direction, LogBatch, LogPosition, Timestamp};
use grantd_store::{Log, LogRange, SqliteLog, StoreError};

use crate::file::{File, event, key};

async fn scanned(log: &SqliteLog, range: LogRange, direction: Direction, most: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    let mut visit = |entry: grantd_model::LogEntry| {
        seen.push(entry.position.0);
        if seen.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    log.scan(&range, direction, &mut visit).await.unwrap();
    seen
}

#[tokio::test]
async fn an_entry_is_what_was_appended_with_its_identifiers() {
    let file = File::filled(1..=2).await;
    let log = file.open().await;
    let entry = log.get(LogPosition(2)).await.unwrap().unwrap();
    assert_eq!(entry.text, serde_json::to_string(&event(2)).unwrap());
    let members = entry.members().unwrap();
    let id = "900".to_owned() + "19700101000002000" + &format!("{:036}", 2);
    assert_eq!(members["log_id"], id);
    assert_eq!(grantd_model::LogId::position_of(&id), Some(LogPosition(2)));
    assert_eq!(members["tenant_name"], "tenant");
    assert_eq!(log.get(LogPosition(3)).await.unwrap(), None);
}

#[tokio::test]
async fn ranges_are_seen_in_both_directions_across_pages() {
    let file = File::filled(1..=1700).await;
    let log = file.open().await;
    let all: Vec<u64> = (1..=1700).collect();
    let back: Vec<u64> = (1..=1700).rev().collect();
    assert_eq!(scanned(&log, LogRange::default(), Direction::Ascending, 9999).await, all);
    assert_eq!(scanned(&log, LogRange::default(), Direction::Descending, 9999).await, back);
    assert_eq!(scanned(&log, LogRange::default(), Direction::Descending, 3).await, [1700, 1699, 1698]);
    let at = |second| Some(Timestamp::from_seconds(second));
    let range = LogRange { from: at(10), until: at(20), ..LogRange::default() };
    assert_eq!(scanned(&log, range.clone(), Direction::Ascending, 9999).await, (10..=20).collect::<Vec<_>>());
    let range = LogRange { kind: Some("feccft".into()), ..range };
    assert_eq!(scanned(&log, range.clone(), Direction::Ascending, 9999).await, [12, 15, 18]);
    let range = LogRange { client_id: Some("client0".into()), ..range };
    assert_eq!(scanned(&log, range, Direction::Ascending, 9999).await, [12]);
}

#[tokio::test]
async fn entries_of_the_same_moment_are_each_seen_once() {
    let file = File::new();
    let log = file.open().await;
    log.append(&LogBatch::from_iter(vec![event(1); 1200])).await.unwrap();
    assert_eq!(scanned(&log, LogRange::default(), Direction::Descending, 9999).await.len(), 1200);
}

#[tokio::test]
async fn what_follows_a_position_comes_in_order() {
    let file = File::filled(1..=10).await;
    let log = file.open().await;
    let after = log.after(LogPosition(7), 2).await.unwrap();
    assert_eq!(after.iter().map(|entry| entry.position.0).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(log.after(LogPosition(10), 2).await.unwrap(), []);
}

#[tokio::test]
async fn a_stream_finds_its_place_again() {
    let file = File::new();
    let (log, stream) = (file.open().await, "lst_1".into());
    assert_eq!(log.delivered(&stream).await.unwrap(), None);
    log.deliver(&stream, LogPosition(3)).await.unwrap();
    log.deliver(&stream, LogPosition(5)).await.unwrap();
    log.close().await;
    assert_eq!(file.open().await.delivered(&stream).await.unwrap(), Some(LogPosition(5)));
}

#[tokio::test]
async fn a_file_from_a_newer_version_is_refused() {
    let file = File::filled(1..=1).await;
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    let refused = SqliteLog::open(&file.path(), key(7)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Newer { schema: 999, .. }), "{refused:?}");
}
