//! Client assertions and the tokens of outside issuers.

use std::sync::LazyLock;

use grantd_model::{AssertionAlgorithm, ClientId, Timestamp};
use grantd_token::{
    Assertion, AssertionError, AssertionUse, Attempts, ClaimError, OutsideAssertion, OutsideError,
    OutsideKeys,
};
use serde_json::{Map, Value, json};

use super::signer::{KEY, jwk, signed};

const CLIENT: &str = "CID";
const ISSUER: &str = "https://t.example/";
const NOW: u64 = 1_727_782_196;
const HEADER: &[u8] = br#"{"alg":"EdDSA","typ":"JWT"}"#;

static KEYS: LazyLock<OutsideKeys> =
    LazyLock::new(|| OutsideKeys::parse(json!({"keys": [jwk()]}).to_string().as_bytes()).unwrap());

/// A client assertion or an outside issuer's token, as a whole, as its claims and as its header.
pub fn assertion(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        whole(text);
    }
    if super::is_object(input) {
        claims(input);
        header(input);
    }
}

fn authenticate(text: &str) -> Result<AssertionUse, AssertionError> {
    let assertion = Assertion::parse(text)?;
    assert!((1..=64).contains(&assertion.issuer().chars().count()));
    assert!(assertion.kid().is_none_or(|kid| kid.chars().count() <= 64));
    for algorithm in AssertionAlgorithm::ALL {
        let possible = algorithm == AssertionAlgorithm::EdDSA;
        assert!(possible || assertion.verify(&KEY, algorithm).is_err(), "the key decides the algorithm");
    }
    assertion.verify(&KEY, AssertionAlgorithm::EdDSA)?.check(
        &ClientId::from(CLIENT),
        ISSUER,
        Timestamp::from_seconds(NOW),
    )
}

fn accept(text: &str) -> Result<Map<String, Value>, OutsideError> {
    let token = OutsideAssertion::parse(text)?;
    let claims = token.check(CLIENT, ISSUER, Timestamp::from_seconds(NOW))?;
    claims.verify(&KEYS, &mut Attempts::default()).cloned()
}

fn whole(text: &str) {
    if let Ok(used) = authenticate(text) {
        sound(&used);
        assert!(text.len() <= 2048);
    }
    if accept(text).is_ok() {
        assert!(text.len() <= 8192);
    }
}

fn sound(used: &AssertionUse) {
    assert!((1..=64).contains(&used.jti.chars().count()));
    assert!((NOW + 1..=NOW + 310).contains(&used.exp.seconds()));
    assert!(used.iat.is_none_or(|iat| iat.seconds() <= NOW + 10));
}

/// What is accepted says, to a parser that knows nothing of ours, what it has to say.
fn claims(claims: &[u8]) {
    let text = signed(HEADER, claims);
    let members = || serde_json::from_slice::<Value>(claims).unwrap();
    match authenticate(&text) {
        Ok(used) => {
            sound(&used);
            let members = members();
            assert!(members["iss"] == CLIENT && members["sub"] == CLIENT && members["aud"] == ISSUER);
            assert!(members["exp"].is_u64() && members["jti"] == used.jti);
        }
        Err(error) => assert_ne!(error, AssertionError::Signature),
    }
    match accept(&text) {
        Ok(accepted) => {
            assert_eq!(Value::Object(accepted), members());
            let members = members();
            assert!(members["iss"] == CLIENT && members["exp"].as_u64() > Some(NOW));
            let listed = members["aud"].as_array().is_some_and(|aud| aud.contains(&Value::from(ISSUER)));
            assert!(listed || members["aud"] == ISSUER);
        }
        Err(error) => assert!(!matches!(error, OutsideError::Signature)),
    }
}

fn header(header: &[u8]) {
    let claims = json!({"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": NOW + 60, "jti": "once"});
    let text = signed(header, claims.to_string().as_bytes());
    let (used, accepted) = (authenticate(&text), accept(&text));
    assert!(!matches!(used, Err(AssertionError::Claim(ClaimError::Expired))));
    if used.is_ok() || accepted.is_ok() {
        let header: Value = serde_json::from_slice(header).unwrap();
        assert_eq!(header["alg"], "EdDSA");
        assert!(header.get("crit").is_none() && header.get("b64").is_none());
        assert_ne!(header["typ"], "dpop+jwt");
    }
}
