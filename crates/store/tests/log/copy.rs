//! Copies of the log: whole, of one moment, and as they end.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_model::{LogBatch, LogPosition};
use grantd_store::{Log, StoreError, copy_log, known_log_schema, verify_log};

use crate::file::{File, event, key};

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_others_write_is_whole_up_to_the_end_that_it_says() {
    let file = File::filled(1..=5_000).await;
    let (log, end) = (Arc::new(file.open().await), Arc::new(AtomicBool::new(false)));
    let (writing, ending) = (Arc::clone(&log), Arc::clone(&end));
    let writer = tokio::spawn(async move {
        let mut second = 5_000;
        while !ending.load(Ordering::SeqCst) {
            second += 1;
            writing.append(&LogBatch::from_iter([event(second)])).await.unwrap();
        }
        second
    });
    let mut written_meanwhile = 0;
    for number in 0..10 {
        let to = file.path().with_file_name(format!("copy{number}.db"));
        let before = log.newest().await.unwrap();
        let copied = copy_log(&file.path(), &to).await.unwrap().unwrap();
        let after = log.newest().await.unwrap();
        assert!((before..=after).contains(&copied.head), "{before:?} {copied:?} {after:?}");
        written_meanwhile += after.0 - before.0;
        let expected = Some((copied.head, copied.hash));
        let verified = verify_log(&to, &key(7), expected, |_| {}).await.unwrap().unwrap();
        assert_eq!((verified.entries, verified.head), (copied.head.0, copied.head));
        assert_eq!(copied.schema, known_log_schema());
    }
    end.store(true, Ordering::SeqCst);
    assert_eq!(LogPosition(writer.await.unwrap()), log.newest().await.unwrap());
    assert!(written_meanwhile > 0, "there was no load");
}

#[tokio::test]
async fn a_log_whose_end_is_gone_is_copied_and_shows_it() {
    let file = File::filled(1..=5).await;
    file.execute("DELETE FROM chain_ends").await;
    let to = file.path().with_file_name("copy.db");
    assert_eq!(copy_log(&file.path(), &to).await.unwrap().unwrap().head, LogPosition(5));
    assert!(verify_log(&to, &key(7), None, |_| {}).await.unwrap().is_err());
}

#[tokio::test]
async fn a_file_that_is_no_log_yet_is_none_and_one_of_a_newer_version_refused() {
    let file = File::new();
    fs::write(file.path(), "").unwrap();
    let to = file.path().with_file_name("copy.db");
    assert_eq!(copy_log(&file.path(), &to).await.unwrap(), None);
    let file = File::filled(1..=5).await;
    file.execute("DELETE FROM chain_ends; DELETE FROM events").await;
    let to = file.path().with_file_name("copy.db");
    assert_eq!(copy_log(&file.path(), &to).await.unwrap(), None);
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    fs::remove_file(&to).unwrap();
    let refused = copy_log(&file.path(), &to).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { schema: 999, .. }), "{refused:?}");
}
