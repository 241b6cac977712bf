//! What is done to the rows from outside is found, and where it was done.

use grantd_model::{LogBatch, LogPosition};
use grantd_store::{ChainEnd, ChainFault, Log, verify_log};
use proptest::prelude::*;

use crate::file::{File, event, key};

/// Swaps what two rows hold, hashes included: each is as it was written, but not where it was written.
fn swap(one: u64, other: u64) -> String {
    format!(
        "UPDATE events SET position = -1 WHERE position = {one}; UPDATE events SET position = {one} WHERE \
         position = {other}; UPDATE events SET position = {other} WHERE position = -1"
    )
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole_also_after_a_restart() {
    let file = File::filled(1..=2500).await;
    let log = file.open().await;
    log.append(&LogBatch::from_iter([event(2501)])).await.unwrap();
    // Beside the log that is open.
    let verified = file.verify().await.unwrap();
    assert_eq!(
        (verified.entries, verified.removed, verified.head),
        (2501, LogPosition(0), LogPosition(2501))
    );
    log.close().await;
    assert_eq!(file.verify_expecting(Some((verified.head, verified.hash))).await, Ok(verified));
}

#[tokio::test]
async fn whatever_was_done_to_a_row_is_found_where_it_was_done() {
    let cases = [
        (
            "UPDATE events SET text = replace(text, 'event 7', 'event 8') WHERE position = 7",
            ChainFault::Altered(7),
        ),
        ("UPDATE events SET at = at + 1 WHERE position = 1", ChainFault::Altered(1)),
        ("UPDATE events SET kind = 'sapi' WHERE position = 10", ChainFault::Altered(10)),
        ("UPDATE events SET client_id = NULL WHERE position = 6", ChainFault::Altered(6)),
        ("UPDATE events SET client_id = '' WHERE position = 5", ChainFault::Altered(5)),
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 4", ChainFault::Altered(4)),
        ("UPDATE events SET hash = x'' WHERE position = 4", ChainFault::Altered(4)),
        ("DELETE FROM events WHERE position = 1", ChainFault::Missing(1)),
        ("DELETE FROM events WHERE position = 5", ChainFault::Missing(5)),
        ("DELETE FROM events WHERE position = 10", ChainFault::Missing(10)),
        ("DELETE FROM events WHERE position > 3", ChainFault::Missing(4)),
        ("DELETE FROM events", ChainFault::Missing(1)),
        ("DELETE FROM events; DELETE FROM chain_ends", ChainFault::Forged(ChainEnd::Head)),
        ("DELETE FROM chain_ends", ChainFault::Forged(ChainEnd::Head)),
        (
            "UPDATE chain_ends SET position = 9; DELETE FROM events WHERE position = 10",
            ChainFault::Forged(ChainEnd::Head),
        ),
        (
            "DELETE FROM events WHERE position < 4; INSERT INTO chain_ends SELECT 'anchor', 3, zeroblob(32), 0, \
          zeroblob(32)",
            ChainFault::Forged(ChainEnd::Anchor),
        ),
        (
            "INSERT INTO events SELECT 11, at, kind, client_id, text, hash FROM events WHERE position = 10",
            ChainFault::Foreign(11),
        ),
        (
            "INSERT INTO events SELECT 0, at, kind, client_id, text, hash FROM events WHERE position = 1",
            ChainFault::Foreign(0),
        ),
        ("UPDATE events SET position = position + 1 WHERE position = 10", ChainFault::Foreign(11)),
        (&swap(3, 4), ChainFault::Altered(3)),
        (&swap(1, 10), ChainFault::Altered(1)),
    ];
    for (done, fault) in cases {
        let file = File::filled(1..=10).await;
        assert!(file.verify().await.is_ok());
        file.execute(done).await;
        assert_eq!(file.verify().await, Err(fault), "{done}");
    }
}

#[tokio::test]
async fn a_break_shows_also_after_the_log_has_gone_on() {
    for done in [
        "DELETE FROM events WHERE position > 8",
        "DELETE FROM events WHERE position > 8; DELETE FROM chain_ends",
        "UPDATE chain_ends SET position = 8; DELETE FROM events WHERE position > 8",
        "DELETE FROM events WHERE position > 8; UPDATE chain_ends SET seal = x''",
    ] {
        let file = File::filled(1..=10).await;
        file.execute(done).await;
        let log = file.open().await;
        log.append(&LogBatch::from_iter([event(11), event(12)])).await.unwrap();
        log.close().await;
        assert_eq!(file.verify().await, Err(ChainFault::Missing(9)), "{done}");
    }
}

#[tokio::test]
async fn an_old_copy_of_the_file_is_found_by_who_noted_its_end() {
    let file = File::filled(1..=10).await;
    let old = std::fs::read(file.path()).unwrap();
    let log = file.open().await;
    log.append(&LogBatch::from_iter([event(11)])).await.unwrap();
    log.close().await;
    let noted = file.verify().await.unwrap();
    std::fs::write(file.path(), old).unwrap();
    assert!(file.verify().await.is_ok(), "it was whole when it was copied");
    let expected = Some((noted.head, noted.hash));
    assert_eq!(file.verify_expecting(expected).await, Err(ChainFault::Unexpected(11)));
    // Somebody goes on from there, with other events.
    let log = file.open().await;
    log.append(&LogBatch::from_iter([event(99), event(100)])).await.unwrap();
    log.close().await;
    assert_eq!(file.verify_expecting(expected).await, Err(ChainFault::Unexpected(11)));
}

#[tokio::test]
async fn under_another_key_nothing_fits() {
    let file = File::filled(1..=3).await;
    let verified = verify_log(&file.path(), &key(8), None, |_| {}).await.unwrap();
    assert_eq!(verified, Err(ChainFault::Forged(ChainEnd::Head)));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_single_change_goes_unnoticed(
        entries in 2_u64..40,
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        what in 0..6,
    ) {
        let place = place.index(usize::try_from(entries).unwrap()) as u64 + 1;
        let other = other.index(usize::try_from(entries).unwrap()) as u64 + 1;
        prop_assume!(place != other);
        let done = match what {
            0 => format!("DELETE FROM events WHERE position = {place}"),
            1 => format!("UPDATE events SET text = text || ' ' WHERE position = {place}"),
            2 => format!("UPDATE events SET at = at - 1 WHERE position = {place}"),
            3 => format!("UPDATE events SET client_id = 'else' WHERE position = {place}"),
            4 => format!("DELETE FROM events WHERE position >= {place}"),
            _ => swap(place, other),
        };
        let first = if what == 5 { place.min(other) } else { place };
        let found = runtime().block_on(async {
            let file = File::filled(1..=entries).await;
            file.execute(&done).await;
            file.verify().await
        });
        let expected = if matches!(what, 0 | 4) { ChainFault::Missing(first) } else { ChainFault::Altered(first) };
        prop_assert_eq!(found, Err(expected));
    }
}
