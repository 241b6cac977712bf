//! What is reserved of a quota is reserved once, by whichever node.

use std::sync::Arc;

use grantd_model::{QuotaBucket, QuotaEntity, QuotaWindow, Timestamp};
use grantd_store::{QuotaReservation, QuotaReserved, QuotaReturn, Store};

use crate::backend::Backend;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn window(id: &str, now: Timestamp) -> QuotaWindow {
    let bucket = QuotaBucket::PerHour;
    QuotaWindow { entity: QuotaEntity::Client, id: id.into(), bucket, start: bucket.start(now) }
}

async fn reserve(store: &Arc<dyn Store>, id: &str, limit: Option<u64>, wanted: u64) -> QuotaReserved {
    let reservation = QuotaReservation { window: window(id, NOW), limit, wanted, warned: 0 };
    store.reserve_quota(reservation, NOW).await.unwrap()
}

pub async fn all_nodes_together_reserve_no_more_than_the_limit(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    let reserved = |granted, total| QuotaReserved { granted, total, warned: 0 };
    assert_eq!(reserve(&one, "a", Some(10), 4).await, reserved(4, 4));
    assert_eq!(reserve(&two, "a", Some(10), 4).await, reserved(4, 8));
    assert_eq!(reserve(&two, "b", Some(10), 4).await, reserved(4, 4));
    assert_eq!(reserve(&one, "a", Some(10), 4).await, reserved(2, 10));
    assert_eq!(reserve(&one, "a", Some(10), 4).await, reserved(0, 10));
    assert_eq!(reserve(&one, "a", Some(5), 4).await, reserved(0, 10));
    assert_eq!(reserve(&one, "a", None, 4).await, reserved(4, 14));
}

pub async fn of_200_reservations_at_once_each_is_of_other_tokens(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    let reservations = (0..200).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { reserve(&store, "a", Some(333), 3).await.granted })
    });
    let mut granted = 0;
    for reserved in reservations.collect::<Vec<_>>() {
        granted += reserved.await.unwrap();
    }
    assert_eq!(granted, 333);
}

pub async fn what_is_given_back_can_be_reserved_again(backend: impl Backend) {
    let store = backend.open().await;
    reserve(&store, "a", Some(10), 10).await;
    let unspent = QuotaReturn { window: window("a", NOW), unspent: 3, warned: 80 };
    store.return_quota(vec![unspent]).await.unwrap();
    let store = backend.open().await;
    let reserved = QuotaReserved { granted: 3, total: 10, warned: 80 };
    assert_eq!(reserve(&store, "a", Some(10), 10).await, reserved);
}

pub async fn the_highest_warning_is_remembered(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    for (store, warned, expected) in [(&one, 0, 0), (&one, 80, 80), (&two, 60, 80), (&two, 100, 100)] {
        let reservation = QuotaReservation { window: window("a", NOW), limit: Some(9), wanted: 1, warned };
        assert_eq!(store.reserve_quota(reservation, NOW).await.unwrap().warned, expected);
    }
}

pub async fn a_window_is_forgotten_two_days_after_it_began(backend: impl Backend) {
    let store = backend.open().await;
    reserve(&store, "a", Some(10), 10).await;
    let later = |seconds| Timestamp::from_seconds(NOW.seconds() + seconds);
    let other = |now| QuotaReservation { window: window("b", now), limit: None, wanted: 1, warned: 0 };
    store.reserve_quota(other(later(86_400)), later(86_400)).await.unwrap();
    assert_eq!(reserve(&store, "a", Some(10), 10).await.granted, 0, "the clock was ahead");
    store.reserve_quota(other(later(3 * 86_400)), later(3 * 86_400)).await.unwrap();
    assert_eq!(reserve(&store, "a", Some(10), 10).await.granted, 10);
}
