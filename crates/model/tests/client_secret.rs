//! Several secrets of one client: how many, which is current, and which nobody would miss.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod support;

use std::time::Duration;

use grantd_model::{Client, ClientFault, ClientSecret, ClientSecretId, Secret, Timestamp, patch};
use serde_json::json;

use crate::support::members;

const HOUR: u64 = 3_600;
const DAY: Duration = Duration::from_secs(24 * HOUR);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn id(number: u64) -> ClientSecretId {
    ClientSecretId::parse(&format!("sec_{number:016x}")).unwrap()
}

fn secret(number: u64, created: u64, expires: Option<u64>) -> ClientSecret {
    let value = Secret::from(format!("value {number}"));
    ClientSecret { id: id(number), expires_at: expires.map(at), ..ClientSecret::new(value, at(created)) }
}

/// A client whose current secret is the first of these.
fn client(secrets: &[ClientSecret]) -> Client {
    let mut client =
        Client::from_request("c".into(), secrets[0].clone(), members(json!({"name": "n"}))).unwrap();
    client.further_secrets = secrets[1..].to_vec();
    client
}

fn numbers(client: &Client) -> Vec<u64> {
    let number = |secret: &ClientSecret| (0..100).find(|number| id(*number) == secret.id).unwrap();
    client.secrets().map(number).collect()
}

#[test]
fn identifiers_read_back_and_nothing_else_is_one() {
    let generated = id(0x00ab_cdef);
    assert_eq!(generated.to_string(), "sec_0000000000abcdef");
    assert_eq!(ClientSecretId::parse("sec_0000000000abcdef"), Some(generated));
    for text in [
        "",
        "sec_",
        "sec_0",
        "sec_0000000000ABCDEF",
        "sec_+000000000abcdef",
        "sec_00000000000abcdef",
        "0000000000abcdef",
        "cred_0000000000abcdef",
    ] {
        assert_eq!(ClientSecretId::parse(text), None, "{text}");
    }
}

#[test]
fn a_client_has_so_many_secrets_and_expired_ones_make_room() {
    let mut client = client(&[secret(0, 0, None)]);
    for number in 1..10 {
        let expires = if number == 4 { Some(50) } else { None };
        assert_eq!(client.add_secret(secret(number, number, expires), at(10)), Ok(id(number)));
    }
    assert_eq!(client.add_secret(secret(10, 10, None), at(49)), Err(ClientFault::TooManySecrets));
    assert_eq!(client.add_secret(secret(10, 10, None), at(50)), Ok(id(10)));
    assert_eq!(numbers(&client), [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn secrets_made_in_one_millisecond_have_identifiers_of_their_own() {
    let now = Timestamp::from_millis(0x0123_4567_89ab);
    let made = |value: &str| ClientSecret::new(value.into(), now);
    let mut client = Client::from_request("c".into(), made("a"), members(json!({"name": "n"}))).unwrap();
    assert_eq!(client.add_secret(made("b"), now).unwrap().to_string(), "sec_00000123456789ac");
    client.replace_secret(made("c"));
    client.add_secret(made("d"), now).unwrap();
    let ids: Vec<String> = client.secrets().map(|secret| secret.id.to_string()).collect();
    assert_eq!(ids, ["sec_00000123456789ad", "sec_00000123456789ac", "sec_00000123456789ab"]);
}

#[test]
fn an_expired_current_secret_makes_no_room() {
    let mut all = vec![secret(0, 0, Some(5))];
    all.extend((1..10).map(|number| secret(number, 0, None)));
    assert_eq!(client(&all).add_secret(secret(10, 10, None), at(10)), Err(ClientFault::TooManySecrets));
}

#[test]
fn the_newest_live_secret_takes_the_place_of_a_removed_current_one() {
    let secrets = [secret(0, 9, None), secret(1, 1, None), secret(2, 5, None), secret(3, 7, Some(8))];
    let mut client = client(&secrets);
    assert_eq!(client.remove_secret(id(0), at(10)), Ok(true));
    assert_eq!(numbers(&client), [2, 1, 3]);
    assert_eq!(client.client_secret.value.expose(), b"value 2");
}

#[test]
fn the_last_live_secret_stays_and_so_does_a_current_one_without_a_successor() {
    let mut alone = client(&[secret(0, 0, None)]);
    assert_eq!(alone.remove_secret(id(0), at(1)), Err(ClientFault::LastSecret));
    assert_eq!(alone.remove_secret(id(1), at(1)), Ok(false));
    let mut with_expired = client(&[secret(0, 0, None), secret(1, 0, Some(1))]);
    assert_eq!(with_expired.remove_secret(id(0), at(1)), Err(ClientFault::LastSecret));
    assert_eq!(with_expired.remove_secret(id(1), at(1)), Ok(true));
    let mut expired = client(&[secret(0, 0, Some(1)), secret(1, 0, None), secret(2, 0, Some(1))]);
    assert_eq!(expired.remove_secret(id(1), at(1)), Err(ClientFault::LastSecret));
    assert_eq!(expired.remove_secret(id(0), at(1)), Ok(true));
    assert_eq!(numbers(&expired), [1, 2]);
    let mut all_expired = client(&[secret(0, 0, Some(1)), secret(1, 0, Some(1))]);
    assert_eq!(all_expired.remove_secret(id(0), at(1)), Err(ClientFault::LastSecret));
    assert_eq!(all_expired.remove_secret(id(1), at(1)), Ok(true));
}

#[test]
fn a_replaced_secret_leaves_the_others_alone_and_forgets_its_terms() {
    let mut labelled = secret(0, 0, Some(99));
    labelled.label = Some("blue".into());
    let mut client = client(&[labelled, secret(1, 0, None)]);
    client.replace_secret(secret(2, 5, None));
    assert_eq!(numbers(&client), [2, 1]);
    assert_eq!(client.client_secret, secret(2, 5, None));
}

#[test]
fn the_same_value_is_no_other_secret_and_no_value_stands_there_twice() {
    let again = |value: &str| ClientSecret { value: value.into(), ..secret(7, 7, None) };
    let mut client = client(&[secret(0, 0, None), secret(1, 1, None), secret(2, 2, None)]);
    client.replace_secret(again("value 0"));
    assert_eq!(numbers(&client), [0, 1, 2], "it is current already");
    client.replace_secret(again("value 1"));
    assert_eq!(numbers(&client), [7, 2]);
    client.client_secret.expires_at = Some(at(9));
    client.replace_secret(ClientSecret { id: id(8), ..again("value 1") });
    assert_eq!((numbers(&client), client.client_secret.expires_at), (vec![8, 2], None), "its end is gone");
}

#[test]
fn what_nobody_would_miss() {
    let secrets = [secret(0, 0, None), secret(1, 100 * HOUR, None), secret(2, 0, Some(120 * HOUR))];
    // When the three secrets were last used, in hours; which are safe to remove at hour 150 after a day of silence.
    let table: [([Option<u64>; 3], &[u64]); 8] = [
        ([None, None, None], &[2]),
        ([Some(149), None, None], &[1, 2]),
        ([Some(149), Some(149), None], &[2]),
        ([Some(126), Some(149), None], &[0, 2]),
        ([Some(127), Some(149), None], &[2]),
        ([Some(50), Some(110), None], &[0, 2]),
        ([Some(110), Some(50), None], &[1, 2]),
        ([None, None, Some(119)], &[2]),
    ];
    let client = client(&secrets);
    for (hours, expected) in table {
        let last_used = |which: ClientSecretId| {
            let place = (0..3).find(|number| id(*number) == which).unwrap();
            hours[usize::try_from(place).unwrap()].map(|hour| at(hour * HOUR))
        };
        let safe = |secret: &ClientSecret| client.is_safe_to_remove(secret, last_used, DAY, at(150 * HOUR));
        let found: Vec<u64> =
            (0..3).filter(|number| safe(&secrets[usize::try_from(*number).unwrap()])).collect();
        assert_eq!(found, expected, "{hours:?}");
    }
}

#[test]
fn a_secret_that_was_just_made_is_not_safe_to_remove_though_it_was_never_used() {
    let client = client(&[secret(0, 0, None), secret(1, 100 * HOUR, None)]);
    let last_used = |which: ClientSecretId| (which == id(0)).then(|| at(101 * HOUR));
    let safe_at =
        |hour: u64| client.is_safe_to_remove(&client.further_secrets[0], last_used, DAY, at(hour * HOUR));
    assert_eq!((safe_at(123), safe_at(124)), (false, true));
}

#[test]
fn what_is_safe_to_remove_can_be_removed() {
    let only_expired = client(&[secret(0, 0, Some(1))]);
    assert!(!only_expired.is_safe_to_remove(&only_expired.client_secret, |_| None, DAY, at(9)));
}

#[test]
fn the_administration_client_keeps_a_secret_that_lasts() {
    assert!(client(&[secret(0, 0, None)]).gets_tokens_for_itself());
    assert!(!client(&[secret(0, 0, Some(9))]).gets_tokens_for_itself());
    assert!(client(&[secret(0, 0, Some(9)), secret(1, 0, None)]).gets_tokens_for_itself());
}

#[test]
fn no_secret_is_part_of_the_record_or_of_debug_output() {
    let client = client(&[secret(0, 0, None), secret(1, 0, None)]);
    let text = format!("{:?} {client:?}", patch::to_members(&client).unwrap());
    assert!(!text.contains("value 0") && !text.contains("value 1"), "{text}");
    let updated = client.updated(members(json!({"name": "m"}))).unwrap();
    assert!(updated.secrets().eq(client.secrets()));
}

#[test]
fn dates_are_read_with_their_offset() {
    let read = |text: &str| Timestamp::parse(text).map(Timestamp::millis);
    assert_eq!(read("1970-01-01T01:00:00.5+01:00"), Some(500));
    assert_eq!(read("2026-01-02T03:04:05Z"), Some(1_767_323_045_000));
    assert_eq!(Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap().to_string(), "2026-01-02T03:04:05.678Z");
    for text in ["", "2026-01-02", "2026-01-02T03:04:05", "1969-12-31T00:00:00Z", "tomorrow"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn keys_take_the_place_of_all_secrets_but_the_one_that_auth0_shows() {
    let before = client(&[secret(1, 0, None), secret(2, 0, None)]);
    let methods = json!({"private_key_jwt": {"credentials": [{"id": "cred_1"}]}});
    let alg = json!({"alg": "RS256"});
    let body = json!({"client_authentication_methods": methods, "jwt_configuration": alg});
    let with_keys = before.updated(members(body)).unwrap();
    assert_eq!(numbers(&with_keys), [1]);
    let without = with_keys.updated(members(json!({"client_authentication_methods": null}))).unwrap();
    assert_eq!(numbers(&without), [1]);
    assert_eq!(numbers(&before.updated(members(json!({"name": "other"}))).unwrap()), [1, 2]);
}
