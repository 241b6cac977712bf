//! What may be used once is used once, by whichever node, and also after a restart.

use grantd_model::Timestamp;
use grantd_store::{FormerUses, OneTimeUse};

use crate::backend::Backend;

const NOW: Timestamp = Timestamp::from_seconds(1_000);

fn until(number: u8, second: u64) -> OneTimeUse {
    OneTimeUse { digest: [number; 32], until: Timestamp::from_seconds(second) }
}

pub async fn a_use_is_the_first_once_on_every_node(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    assert!(one.use_once(vec![until(1, 1_300)], NOW).await.unwrap());
    assert!(!one.use_once(vec![until(1, 1_300)], NOW).await.unwrap());
    assert!(!two.use_once(vec![until(1, 1_300)], NOW).await.unwrap());
    assert!(!two.use_once(vec![until(1, 1_250)], NOW).await.unwrap(), "with another end it is the same");
    assert!(two.use_once(vec![until(2, 1_300)], NOW).await.unwrap());
    assert!(!one.use_once(vec![until(3, 1_300), until(2, 1_300)], NOW).await.unwrap());
}

pub async fn of_50_uses_at_once_one_is_the_first(backend: impl Backend) {
    let (one, two) = (backend.open().await, backend.open().await);
    let uses = (0..50).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { store.use_once(vec![until(7, 1_300)], NOW).await.unwrap() })
    });
    let mut first = 0;
    for used in uses.collect::<Vec<_>>() {
        first += usize::from(used.await.unwrap());
    }
    assert_eq!(first, 1);
}

pub async fn a_use_is_forgotten_an_hour_after_its_end(backend: impl Backend) {
    let store = backend.open().await;
    assert!(store.use_once(vec![until(1, 1_300)], NOW).await.unwrap());
    assert!(!store.use_once(vec![until(1, 1_300)], Timestamp::from_seconds(4_899)).await.unwrap());
    assert!(!store.use_once(vec![until(1, 1_300)], NOW).await.unwrap(), "the clock was ahead");
    assert!(store.use_once(vec![until(1, 5_200)], Timestamp::from_seconds(4_900)).await.unwrap());
}

pub async fn who_starts_after_an_orderly_stop_knows_all_uses(backend: impl Backend) {
    let store = backend.open().await;
    let nothing = FormerUses { uses: vec![], complete: true };
    assert_eq!(store.take_over_uses(NOW).await.unwrap(), nothing, "nothing was ever used");
    store.use_once(vec![until(1, 1_300)], NOW).await.unwrap();
    store.leave_uses(vec![until(1, 1_300), until(2, 1_100), until(3, 1_001)], NOW).await.unwrap();
    let store = backend.open().await;
    let former = store.take_over_uses(Timestamp::from_seconds(4_601)).await.unwrap();
    assert_eq!(former, FormerUses { uses: vec![until(2, 1_100), until(1, 1_300)], complete: true });
}

pub async fn who_starts_after_a_crash_knows_that_it_does_not_know_all(backend: impl Backend) {
    backend.open().await.take_over_uses(NOW).await.unwrap();
    let store = backend.open().await;
    store.use_once(vec![until(1, 1_300)], NOW).await.unwrap();
    let former = FormerUses { uses: vec![until(1, 1_300)], complete: false };
    assert_eq!(store.take_over_uses(NOW).await.unwrap(), former);
}
