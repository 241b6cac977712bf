//! What an update does to the members of a record, whatever they are.

use grantd_model::patch::{Members, apply, merge, merge_member, to_members};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Values that no update removes anything with.
fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Value::from),
        prop::collection::btree_map("[x-z]", any::<u8>(), 0..3)
            .prop_map(|members| members.into_iter().collect()),
    ]
}

fn records() -> impl Strategy<Value = Members> {
    prop::collection::btree_map("[a-e]", values(), 0..5).prop_map(|members| members.into_iter().collect())
}

fn bodies() -> impl Strategy<Value = Members> {
    let value = prop_oneof![3 => values(), 1 => Just(Value::Null)];
    prop::collection::btree_map("[a-g]", value, 0..5).prop_map(|members| members.into_iter().collect())
}

fn applied(record: &Members, body: &Members) -> Result<Members, TestCaseError> {
    apply(record, body.clone()).map_err(|error| TestCaseError::fail(error.to_string()))
}

proptest! {
    #[test]
    fn null_removes_and_absent_keeps_and_the_rest_replaces(record in records(), body in bodies()) {
        let after = applied(&record, &body)?;
        for name in record.keys().chain(body.keys()) {
            let expected = match body.get(name) {
                Some(Value::Null) => None,
                Some(value) => Some(value),
                None => record.get(name),
            };
            prop_assert_eq!(after.get(name), expected);
        }
        prop_assert!(after.keys().all(|name| record.contains_key(name) || body.contains_key(name)));
    }

    #[test]
    fn an_empty_body_changes_nothing(record in records()) {
        prop_assert_eq!(applied(&record, &Members::new())?, record);
    }

    #[test]
    fn the_same_update_twice_is_the_update_once(record in records(), body in bodies()) {
        let once = applied(&record, &body)?;
        prop_assert_eq!(applied(&once, &body)?, once);
    }

    #[test]
    fn members_that_stay_stay_in_order(record in records(), body in bodies()) {
        let after = applied(&record, &body)?;
        let stay = |name: &&String| after.contains_key(*name);
        let before: Vec<&String> = record.keys().filter(stay).collect();
        let held: Vec<&String> = after.keys().filter(|name| record.contains_key(*name)).collect();
        prop_assert_eq!(before, held);
    }

    #[test]
    fn two_updates_are_their_merger(record in records(), first in bodies(), second in bodies()) {
        let one_by_one = applied(&applied(&record, &first)?, &second)?;
        let mut both = first;
        both.extend(second);
        prop_assert_eq!(one_by_one, applied(&record, &both)?);
    }

    #[test]
    fn a_merged_member_is_the_record_s_with_the_body_s_members(held in records(), changes in bodies()) {
        let record = Members::from_iter([("m".to_owned(), Value::Object(held.clone()))]);
        let mut body = Members::from_iter([("m".to_owned(), Value::Object(changes.clone()))]);
        merge_member(&record, &mut body, "m");
        let mut expected = held;
        merge(&mut expected, changes);
        prop_assert_eq!(body.get("m"), Some(&Value::Object(expected)));
    }
}

#[test]
fn merging_leaves_what_is_no_object_on_both_sides() {
    let rows = [
        (json!({"m": {"a": 1}}), json!({"m": null})),
        (json!({"m": {"a": 1}}), json!({"m": 3})),
        (json!({"m": {"a": 1}}), json!({"n": {"a": 2}})),
        (json!({}), json!({"m": {"a": 1}})),
        (json!({"m": "text"}), json!({"m": {"a": 1}})),
    ];
    for (record, body) in rows {
        let mut after = body.as_object().cloned().unwrap_or_default();
        merge_member(&record.as_object().cloned().unwrap_or_default(), &mut after, "m");
        assert_eq!(Value::Object(after), body);
    }
}

#[test]
fn what_is_no_object_is_no_record() {
    assert!(to_members(&3).is_err());
    assert!(to_members(&[1, 2]).is_err());
}

#[test]
fn a_member_of_the_wrong_type_is_an_error_and_no_panic() {
    let grant = grantd_model::ClientGrant::from_request(
        "cgr_1".into(),
        &Members::from_iter([
            ("client_id".to_owned(), "c".into()),
            ("audience".to_owned(), "https://x".into()),
        ]),
    );
    let wrong = Members::from_iter([("scope".to_owned(), json!("read"))]);
    assert!(grant.is_ok_and(|grant| grant.updated(wrong).is_err()));
}
