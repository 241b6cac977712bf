//! The small values: scopes, audiences, times, secrets, pages.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::str::FromStr;

use grantd_model::{
    Audience, Cursor, Paging, Scope, ScopeSet, Secret, SigningKeyKind, SigningKeyState, Timestamp,
};
use proptest::prelude::*;

fn scope_sets() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&["a", "b", "c", "read:x", "A"][..]), 0..8)
}

fn set(scopes: &[&str]) -> ScopeSet {
    scopes.iter().map(|scope| Scope::from(*scope)).collect()
}

proptest! {
    #[test]
    fn a_scope_set_keeps_order_and_repetitions(scopes in scope_sets()) {
        let held = set(&scopes);
        prop_assert_eq!(held.iter().map(Scope::as_str).collect::<Vec<_>>(), scopes.clone());
        prop_assert_eq!(held.len(), scopes.len());
        prop_assert_eq!(held.is_empty(), scopes.is_empty());
        prop_assert_eq!(held.to_string(), scopes.join(" "));
        let text = serde_json::to_string(&held).unwrap();
        prop_assert_eq!(&text, &serde_json::to_string(&scopes).unwrap());
        prop_assert_eq!(serde_json::from_str::<ScopeSet>(&text).unwrap(), held);
    }

    #[test]
    fn a_scope_set_contains_what_is_in_it(scopes in scope_sets(), scope in "[abcA]") {
        prop_assert_eq!(set(&scopes).contains(&scope), scopes.contains(&scope.as_str()));
    }

    #[test]
    fn inserting_adds_once(scopes in scope_sets(), scope in "[abcdA]") {
        let mut held = set(&scopes);
        let before = held.clone();
        held.insert(scope.as_str().into());
        prop_assert!(held.contains(&scope));
        prop_assert_eq!(held.len(), before.len() + usize::from(!before.contains(&scope)));
        let once = held.clone();
        held.insert(scope.as_str().into());
        prop_assert_eq!(held, once);
    }

    #[test]
    fn a_difference_is_what_the_other_lacks(one in scope_sets(), other in scope_sets()) {
        let (held, taken) = (set(&one), set(&other));
        let left: Vec<&str> = held.difference(&taken).map(Scope::as_str).collect();
        let expected: Vec<&str> = one.into_iter().filter(|scope| !other.contains(scope)).collect();
        prop_assert_eq!(left, expected);
        prop_assert_eq!(held.difference(&held).count(), 0);
    }

    #[test]
    fn times_are_counted_in_milliseconds(millis in 0..253_402_300_800_000_u64) {
        let time = Timestamp::from_millis(millis);
        prop_assert_eq!(time.millis(), millis);
        prop_assert_eq!(time.seconds(), millis / 1000);
        let text = time.to_string();
        prop_assert_eq!(text.len(), "2026-05-08T16:00:56.685Z".len());
        let later = Timestamp::from_millis(millis + 1).to_string();
        prop_assert!(text < later || millis + 1 == 253_402_300_800_000);
    }

    #[test]
    fn a_secret_never_shows(secret in "[a-zA-Z0-9]{8,64}") {
        let held = Secret::from(secret.as_str());
        for shown in [format!("{held:?}"), format!("{held:#?}"), format!("{:?}", Some(held.clone()))] {
            prop_assert!(!shown.contains(&secret));
        }
        prop_assert_eq!(held.expose_str(), secret.as_str());
        prop_assert_eq!(held.expose(), secret.as_bytes());
        prop_assert_eq!(Secret::from(secret.clone()), Secret::from(secret.into_bytes()));
    }
}

#[test]
fn times_are_written_as_auth0_writes_them() {
    let rows = [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_778_256_056_685, "2026-05-08T16:00:56.685Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (3_987_739_993_000, "2096-05-13T09:33:13.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ];
    for (millis, text) in rows {
        assert_eq!(Timestamp::from_millis(millis).to_string(), text);
    }
}

#[test]
fn times_beyond_the_calendar_are_its_end_and_not_its_beginning() {
    assert_eq!(Timestamp::from_millis(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    assert_eq!(Timestamp::from_seconds(u64::MAX).millis(), u64::MAX);
}

#[test]
fn a_secret_that_is_no_text_is_no_text() {
    let secret = Secret::from(vec![0xFF, 0xFE]);
    assert_eq!((secret.expose_str(), secret.expose()), ("", &[0xFF, 0xFE][..]));
}

#[test]
fn audiences_are_compared_byte_by_byte() {
    let audience = Audience::from("https://x");
    for other in ["https://x/", "https://X", " https://x", "https://x\u{200b}"] {
        assert_ne!(audience, Audience::from(other.to_owned()));
    }
    assert_eq!((audience.to_string(), format!("{audience:?}")), ("https://x".into(), "\"https://x\"".into()));
}

#[test]
fn pages_by_position_and_by_cursor() {
    let offset = Paging::Offset { page: 3, per_page: 50, include_totals: true };
    assert_eq!((offset.skip(), offset.limit(), offset.after()), (150, 50, None));
    let far = Paging::Offset { page: u32::MAX, per_page: 100, include_totals: true };
    assert_eq!(far.skip(), 429_496_729_500);
    let place = Cursor { created: 7, id: "cgr_1".to_owned() };
    let checkpoint = Paging::Checkpoint { after: Some(place.clone()), take: 10 };
    assert_eq!((checkpoint.skip(), checkpoint.limit(), checkpoint.after()), (0, 10, Some(&place)));
}

#[test]
fn states_and_kinds_of_signing_keys_are_read_as_they_are_written() {
    for state in [SigningKeyState::Next, SigningKeyState::Current, SigningKeyState::Previous] {
        assert_eq!(SigningKeyState::from_str(state.as_str()), Ok(state));
    }
    assert!(SigningKeyState::from_str("revoked").is_err());
    for kind in SigningKeyKind::ALL {
        assert_eq!(SigningKeyKind::from_str(kind.as_str()), Ok(kind));
    }
    assert!(SigningKeyKind::from_str("RSA-1024").is_err());
}

#[test]
fn an_error_shows_with_everything_behind_it() {
    let alone = std::io::Error::other("the disk is full");
    assert_eq!(grantd_model::Causes(&alone).to_string(), "the disk is full");
    let parsed = "x".parse::<u8>().unwrap_err();
    assert_eq!(grantd_model::Causes(&Wrapped(parsed)).to_string(), "outside: invalid digit found in string");
}

#[derive(Debug, thiserror::Error)]
#[error("outside")]
struct Wrapped(#[source] std::num::ParseIntError);
