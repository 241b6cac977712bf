//! What is accepted: our own tokens, for their audience, until the second in which they expire.

use grantd_model::{ClientId, Timestamp};
use grantd_token::{KeyRing, VerifyError, VerifyingKey, verify};
use serde_json::json;

use crate::fixtures::{AUDIENCE, ISSUER, KEY, NOW, OTHER_KEY, RING, Situation, forge};

const HEADER: &str = r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#;

#[test]
fn every_dialect_comes_back() {
    for dialect in ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"] {
        let situation = Situation::new(&json!({"token_dialect": dialect}));
        let claims = verify(&situation.issue().access_token, &RING, ISSUER, AUDIENCE, NOW).unwrap();
        assert_eq!(claims.iss, ISSUER);
        assert_eq!(claims.aud, [AUDIENCE]);
        assert_eq!(claims.sub, "CID@clients");
        assert_eq!(claims.client_id, ClientId::from("CID"), "{dialect}");
        assert_eq!(*claims.scope, situation.scope);
        assert_eq!(claims.iat, NOW);
        assert_eq!(claims.exp, Timestamp::from_seconds(NOW.seconds() + 86_400));
    }
}

#[test]
fn expires_in_the_very_second() {
    let token = Situation::new(&json!({"token_lifetime": 60})).issue().access_token;
    let at = |millis| verify(&token, &RING, ISSUER, AUDIENCE, Timestamp::from_millis(millis)).err();
    let exp = NOW.millis() + 60_000;
    assert_eq!(at(exp - 1), None);
    assert_eq!(at(exp), Some(VerifyError::Expired));
    assert_eq!(at(exp + 1), Some(VerifyError::Expired));
    assert_eq!(at(u64::MAX), Some(VerifyError::Expired));
}

#[test]
fn a_lifetime_of_zero_is_over_at_once() {
    let token = Situation::new(&json!({"token_lifetime": 0})).issue().access_token;
    assert_eq!(verify(&token, &RING, ISSUER, AUDIENCE, NOW), Err(VerifyError::Expired));
}

#[test]
fn expired_is_only_said_of_a_token_for_us() {
    let token = Situation::new(&json!({})).issue().access_token;
    let late = Timestamp::from_millis(u64::MAX);
    assert_eq!(verify(&token, &RING, ISSUER, "https://other", late), Err(VerifyError::Invalid));
}

#[test]
fn our_audience_may_be_one_of_several() {
    let claims = claims(&json!({"aud": ["https://other", AUDIENCE]}));
    let accepted = verify(&forge(HEADER, &claims, &KEY), &RING, ISSUER, AUDIENCE, NOW).unwrap();
    assert_eq!(accepted.aud, ["https://other", AUDIENCE]);
}

#[test]
fn a_key_read_from_the_certificate_verifies_as_well() {
    let ring: KeyRing = [VerifyingKey::try_from(&*OTHER_KEY), VerifyingKey::try_from(&*KEY)]
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    let token = Situation::new(&json!({})).issue().access_token;
    assert!(verify(&token, &ring, ISSUER, AUDIENCE, NOW).is_ok());
    let without: KeyRing = [VerifyingKey::try_from(&*OTHER_KEY).unwrap()].into_iter().collect();
    assert_eq!(verify(&token, &without, ISSUER, AUDIENCE, NOW), Err(VerifyError::Invalid));
}

#[test]
fn foreign_key_material_in_the_header_is_not_looked_at() {
    let header = r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU","jku":"https://evil/","x5u":"https://evil/"}"#;
    let claims = claims(&json!({}));
    assert!(verify(&forge(header, &claims, &KEY), &RING, ISSUER, AUDIENCE, NOW).is_ok());
    let forged = forge(header, &claims, &OTHER_KEY);
    assert_eq!(verify(&forged, &RING, ISSUER, AUDIENCE, NOW), Err(VerifyError::Invalid));
}

/// Good claims with these changes; null removes a member.
pub fn claims(changes: &serde_json::Value) -> String {
    let mut claims = json!({
        "iss": ISSUER, "sub": "CID@clients", "aud": AUDIENCE, "iat": NOW.seconds(), "exp": NOW.seconds() + 60, "azp": "CID",
    });
    let members = claims.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims.to_string()
}
