//! Signing keys change their states one after the other, whoever else changes them at the same time.

use std::sync::Arc;

use grantd_model::{SigningKey, SigningKeyKind, SigningKeyState, Timestamp};
use grantd_store::{Change, Noun, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

fn current(kid: &str) -> SigningKey {
    signing_key(kid, "private", SigningKeyState::Next).promoted(NOW)
}

fn next(kid: &str) -> SigningKey {
    signing_key(kid, "private", SigningKeyState::Next)
}

fn create(key: SigningKey) -> Change {
    Change::CreateSigningKey(key)
}

fn update(key: SigningKey, former: SigningKeyState) -> Change {
    Change::UpdateSigningKey { key, former }
}

/// One rotation: `a` is followed by `b`, and `third` is next.
fn rotation(third: &str) -> Vec<Change> {
    vec![
        update(current("a").retired(NOW), SigningKeyState::Current),
        update(next("b").promoted(NOW), SigningKeyState::Next),
        create(next(third)),
    ]
}

async fn assert_stale(store: &dyn Store, change: Change) {
    let outcome = store.commit(vec![change]).await;
    assert!(matches!(outcome, Err(StoreError::Stale(Noun::SigningKey))), "{outcome:?}");
}

pub async fn a_key_reads_back_in_each_of_its_states(backend: impl Backend) {
    let store = backend.open().await;
    let born = next("a");
    let signing = born.clone().promoted(NOW);
    let retired = signing.clone().retired(Timestamp::from_seconds(1_900_000_000));
    let revoked = retired.clone().revoked(Timestamp::from_seconds(2_000_000_000)).unwrap();
    let lives = [
        (create(born.clone()), born),
        (update(signing.clone(), SigningKeyState::Next), signing),
        (update(retired.clone(), SigningKeyState::Current), retired),
        (update(revoked.clone(), SigningKeyState::Previous), revoked),
    ];
    for (change, expected) in lives {
        commit_each(&*store, [change]).await;
        assert_eq!(store.signing_keys().await.unwrap(), [expected]);
    }
    let kind = SigningKeyKind::Ed25519;
    let other = SigningKey { kind, ..current("b").retired(NOW).revoked(NOW).unwrap() };
    commit_each(&*store, [create(other.clone())]).await;
    assert_eq!(store.signing_keys().await.unwrap()[1], other, "made with all of its times");
}

pub async fn a_change_from_another_state_is_stale(backend: impl Backend) {
    let store = backend.open().await;
    commit_each(&*store, [create(current("a"))]).await;
    for former in [SigningKeyState::Next, SigningKeyState::Previous] {
        assert_stale(&*store, update(current("a").retired(NOW), former)).await;
    }
    assert_eq!(store.signing_keys().await.unwrap(), [current("a")]);
    let missing = store.commit(vec![update(next("b"), SigningKeyState::Next)]).await;
    assert!(matches!(missing, Err(StoreError::Missing(Noun::SigningKey))), "{missing:?}");
}

pub async fn a_revoked_key_stays_as_it_is(backend: impl Backend) {
    let store = backend.open().await;
    let revoked = current("a").retired(NOW).revoked(NOW).unwrap();
    commit_each(&*store, [create(revoked.clone())]).await;
    assert_stale(&*store, update(current("a").retired(NOW), SigningKeyState::Previous)).await;
    assert_eq!(store.signing_keys().await.unwrap(), [revoked]);
}

pub async fn of_each_kind_one_key_signs_and_one_is_next(backend: impl Backend) {
    let store = backend.open().await;
    let of = |kind, key| create(SigningKey { kind, ..key });
    for kind in SigningKeyKind::ALL {
        let named = |name: &str| format!("{name} {}", kind.as_str());
        let keys = [current(&named("a")), next(&named("b")), current(&named("c")).retired(NOW)];
        commit_each(&*store, keys.map(|key| of(kind, key))).await;
        for second in [current("second"), next("second")] {
            let outcome = store.commit(vec![of(kind, second)]).await;
            assert!(matches!(outcome, Err(StoreError::Duplicate(Noun::SigningKey))), "{outcome:?}");
        }
        commit_each(&*store, [of(kind, current(&named("d")).retired(NOW))]).await;
    }
}

pub async fn of_two_rotations_at_once_on_two_stores_one_happens(backend: impl Backend) {
    let stores: [Arc<dyn Store>; 2] = [backend.open().await, backend.open().await];
    commit_each(&*stores[0], [create(current("a")), create(next("b"))]).await;
    let rotations = ["c", "d"].into_iter().zip(&stores).map(|(third, store)| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.commit(rotation(third)).await })
    });
    let mut happened = 0;
    for rotation in rotations.collect::<Vec<_>>() {
        match rotation.await.unwrap() {
            Ok(_) => happened += 1,
            Err(StoreError::Stale(Noun::SigningKey)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(happened, 1);
    let keys = stores[1].signing_keys().await.unwrap();
    let states: Vec<_> = keys.iter().map(|key| key.state).collect();
    assert_eq!(states, [SigningKeyState::Previous, SigningKeyState::Current, SigningKeyState::Next]);
}

pub async fn a_removed_key_is_gone(backend: impl Backend) {
    let store = backend.open().await;
    commit_each(&*store, [create(current("a")), create(next("b"))]).await;
    commit_each(&*store, [Change::DeleteSigningKey("b".into())]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [current("a")]);
    let again = store.commit(vec![Change::DeleteSigningKey("b".into())]).await;
    assert!(matches!(again, Err(StoreError::Missing(Noun::SigningKey))), "{again:?}");
}
