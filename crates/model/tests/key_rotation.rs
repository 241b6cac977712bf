//! Rotations over a long time, with keys of every kind.

use grantd_model::{
    FEWEST_ROTATION_DAYS, KeyRotation, RotationFault, SigningKey, SigningKeyKind, SigningKeyState, Timestamp,
};

const DAY: u64 = 86_400;

fn key(id: String, kind: SigningKeyKind, state: SigningKeyState, now: Timestamp) -> SigningKey {
    SigningKey {
        kid: id.into(),
        kind,
        state,
        private_key: "private".into(),
        certificate: "certificate".to_owned(),
        created_at: now,
        current_since: None,
        current_until: None,
        revoked_at: None,
    }
}

/// The most keys that were published at a time, when keys of all kinds rotate every so many days, 100 times.
fn most_published(days: u16) -> Result<usize, RotationFault> {
    let begin = Timestamp::from_millis(1_767_323_045_678);
    let of_each =
        |state| SigningKeyKind::ALL.map(|kind| key(format!("{state:?} {kind:?}"), kind, state, begin));
    let mut keys = [of_each(SigningKeyState::Current), of_each(SigningKeyState::Next)].concat();
    let mut most = keys.len();
    for number in 1..=100 {
        let now = Timestamp::from_millis(begin.millis() + number * u64::from(days) * DAY * 1000);
        let rotation = KeyRotation::of(&keys, now)?;
        for (moved, _) in rotation.moved {
            keys.retain(|key| key.kid != moved.kid);
            keys.push(moved);
        }
        keys.retain(|key| !rotation.outlived.contains(&key.kid));
        let made = |kind| key(format!("{number} {kind:?}"), kind, SigningKeyState::Next, now);
        keys.extend(rotation.kinds.into_iter().map(made));
        most = most.max(keys.len());
    }
    Ok(most)
}

#[test]
fn a_schedule_never_stands_still_for_the_number_of_keys() {
    assert_eq!(most_published(FEWEST_ROTATION_DAYS), Ok(54));
    assert_eq!(most_published(90), Ok(9));
}

#[test]
fn rotating_more_often_than_a_schedule_may_comes_to_a_stop() {
    assert!(matches!(most_published(FEWEST_ROTATION_DAYS - 1), Err(RotationFault::TooMany { .. })));
}
