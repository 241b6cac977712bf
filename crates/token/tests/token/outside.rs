//! Tokens of outside issuers and their keys: what is accepted, which keys count, what is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::AssertionAlgorithm::{self, ES256, ES384, EdDSA, RS256};
use grantd_token::{
    Attempts, ClaimError, JwsError, OutsideAssertion, OutsideError, OutsideKeys, OutsideKeysError,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::fixtures::{AUDIENCE, NOW};
use crate::others::{OTHER, STRANGER, changed};

const OUTSIDE: &str = "https://ci.example";

fn claims(changes: &Value) -> String {
    let now = NOW.seconds();
    let good = json!({"iss": OUTSIDE, "sub": "repo:acme/app", "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 900, "ref": {"branch": "main"}});
    changed(good, changes)
}

/// A key set of somebody's key for this algorithm, with these members beside it.
fn entry(mut jwk: Value, members: &Value) -> Value {
    jwk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    jwk
}

fn parse(keys: &[Value]) -> Result<OutsideKeys, OutsideKeysError> {
    OutsideKeys::parse(json!({"keys": keys}).to_string().as_bytes())
}

fn keys() -> OutsideKeys {
    let named =
        AssertionAlgorithm::ALL.map(|alg| entry(OTHER.jwk(alg), &json!({"kid": alg.as_str(), "use": "sig"})));
    parse(&named).unwrap()
}

fn accept(text: &str, keys: &OutsideKeys) -> Result<Map<String, Value>, OutsideError> {
    let token = OutsideAssertion::parse(text)?;
    token.check(OUTSIDE, AUDIENCE, NOW)?.verify(keys, &mut Attempts::default()).cloned()
}

fn signed(kid: Option<&str>, claims: &str) -> String {
    let header = changed(json!({"alg": "ES256", "typ": "JWT"}), &json!({"kid": kid}));
    OTHER.sign(ES256, &header, claims)
}

fn with_claims(claims: &str) -> Result<Map<String, Value>, OutsideError> {
    accept(&signed(Some("ES256"), claims), &keys())
}

#[test]
fn every_algorithm_is_accepted_with_and_without_a_named_key() {
    for algorithm in AssertionAlgorithm::ALL {
        for header in
            [json!({"alg": algorithm, "kid": algorithm, "typ": "JWT", "x5t": "x"}), json!({"alg": algorithm})]
        {
            let text = OTHER.sign(algorithm, &header.to_string(), &claims(&json!({})));
            assert_eq!(accept(&text, &keys()).unwrap()["ref"]["branch"], "main", "{header}");
        }
    }
    let text = signed(Some("ES256"), &claims(&json!({})));
    let token = OutsideAssertion::parse(&text).unwrap();
    assert_eq!((token.issuer(), token.kid()), (OUTSIDE, Some("ES256")));
}

#[test]
fn claims_of_every_issuer_are_read() {
    let now = NOW.seconds();
    for changes in [
        json!({"aud": [AUDIENCE]}),
        json!({"aud": ["https://other", AUDIENCE]}),
        json!({"iat": null, "nbf": null}),
        json!({"iat": now + 10, "nbf": now + 10}),
        json!({"exp": now + 315_360_000}),
        json!({"jti": "x", "kubernetes.io": {"namespace": "a"}, "n": 1.5}),
    ] {
        assert!(with_claims(&claims(&changes)).is_ok(), "{changes}");
    }
}

#[test]
fn a_key_that_is_not_known_is_an_error_of_its_own() {
    let good = claims(&json!({}));
    for (kid, text) in [
        (Some("NEW"), signed(Some("NEW"), &good)),
        (Some("es256"), signed(Some("es256"), &good)),
        // The key is known, and cannot sign so.
        (Some("EdDSA"), signed(Some("EdDSA"), &good)),
        (None, STRANGER.sign(ES256, r#"{"alg":"ES256"}"#, &good)),
    ] {
        assert_eq!(accept(&text, &keys()), Err(OutsideError::UnknownKey), "{kid:?}");
    }
    let forged = STRANGER.sign(ES256, r#"{"alg":"ES256","kid":"ES256"}"#, &good);
    assert_eq!(accept(&forged, &keys()), Err(OutsideError::Signature));
}

#[test]
fn a_named_key_is_the_only_one_that_is_tried() {
    let both = parse(&[
        entry(STRANGER.jwk(ES256), &json!({"kid": "a"})),
        entry(OTHER.jwk(ES256), &json!({"kid": "b"})),
        STRANGER.jwk(EdDSA),
    ])
    .unwrap();
    let good = claims(&json!({}));
    assert!(both.has("a") && both.has("b") && !both.has("c"));
    assert_eq!(accept(&signed(Some("a"), &good), &both), Err(OutsideError::Signature));
    assert!(accept(&signed(Some("b"), &good), &both).is_ok());
    assert!(accept(&signed(None, &good), &both).is_ok(), "any key that could have made it");
    let twice = [STRANGER.jwk(ES256), OTHER.jwk(ES256)].map(|jwk| entry(jwk, &json!({"kid": "same"})));
    assert!(accept(&signed(Some("same"), &good), &parse(&twice).unwrap()).is_ok(), "two keys of one name");
}

#[test]
fn a_token_that_names_no_key_is_tried_against_four() {
    let among = |strangers: usize, members: &Value| {
        let strange = vec![entry(STRANGER.jwk(ES256), members); strangers];
        parse(&[strange, vec![entry(OTHER.jwk(ES256), members), OTHER.jwk(ES384)]].concat()).unwrap()
    };
    let good = claims(&json!({}));
    let nameless = json!({});
    assert!(accept(&signed(None, &good), &among(3, &nameless)).is_ok());
    assert_eq!(accept(&signed(None, &good), &among(4, &nameless)), Err(OutsideError::TooManyKeys));
    let same = json!({"kid": "same"});
    assert!(accept(&signed(Some("same"), &good), &among(3, &same)).is_ok());
    assert_eq!(accept(&signed(Some("same"), &good), &among(4, &same)), Err(OutsideError::TooManyKeys));
}

#[test]
fn one_request_tries_eight_keys_and_reads_eight_sets() {
    let text = signed(None, &claims(&json!({})));
    let token = OutsideAssertion::parse(&text).unwrap();
    let claims = token.check(OUTSIDE, AUDIENCE, NOW).unwrap();
    let good = parse(&[OTHER.jwk(ES256)]).unwrap();
    let of_others = |count: usize| parse(&vec![STRANGER.jwk(ES256); count]).unwrap();
    let of_another_kind = parse(&[OTHER.jwk(EdDSA)]).unwrap();
    let too_many = of_others(5);
    for (set, times) in [(of_others(4), 2), (of_others(1), 8), (of_another_kind, 8), (too_many, 8)] {
        let mut attempts = Attempts::default();
        for _ in 0..times {
            assert!(!attempts.are_spent());
            assert_ne!(claims.verify(&set, &mut attempts).unwrap_err(), OutsideError::Spent);
        }
        assert!(attempts.are_spent());
        assert_eq!(claims.verify(&good, &mut attempts), Err(OutsideError::Spent));
    }
    let mut attempts = Attempts::default();
    for set in [of_others(4), of_others(3)] {
        assert_eq!(claims.verify(&set, &mut attempts), Err(OutsideError::UnknownKey));
    }
    assert_eq!(claims.verify(&of_others(2), &mut attempts), Err(OutsideError::Spent), "not even one of them");
    assert_eq!(claims.verify(&good, &mut attempts), Err(OutsideError::Spent));
}

/// What is refused anyway costs no verification.
#[test]
fn claims_are_looked_at_before_any_key_is_tried() {
    for (changes, refused) in [
        (json!({"iss": "https://evil"}), ClaimError::Other("iss")),
        (json!({"aud": "https://other"}), ClaimError::Other("aud")),
        (json!({"exp": 1}), ClaimError::Expired),
        (json!({"nbf": u64::MAX}), ClaimError::Future("nbf")),
    ] {
        let forged = STRANGER.sign(ES256, r#"{"alg":"ES256","kid":"ES256"}"#, &claims(&changes));
        assert_eq!(accept(&forged, &keys()), Err(refused.into()), "{changes}");
    }
}

#[test]
fn a_key_is_used_only_for_the_algorithm_that_it_is_published_for() {
    let only = parse(&[entry(OTHER.jwk(RS256), &json!({"kid": "k", "alg": "RS256"}))]).unwrap();
    let sign = |alg: AssertionAlgorithm| {
        OTHER.sign(alg, &json!({"alg": alg, "kid": "k"}).to_string(), &claims(&json!({})))
    };
    assert!(accept(&sign(RS256), &only).is_ok());
    assert_eq!(accept(&sign(AssertionAlgorithm::PS256), &only), Err(OutsideError::UnknownKey));
}

#[test]
fn keys_that_are_not_for_us_are_left_out() {
    let usable = entry(OTHER.jwk(ES256), &json!({"kid": "ES256", "key_ops": ["sign", "verify"]}));
    for left_out in [
        entry(OTHER.jwk(ES384), &json!({"use": "enc"})),
        entry(OTHER.jwk(ES384), &json!({"use": 1})),
        entry(OTHER.jwk(ES384), &json!({"key_ops": ["encrypt"]})),
        entry(OTHER.jwk(ES384), &json!({"key_ops": "verify"})),
        entry(OTHER.jwk(ES384), &json!({"alg": "ECDH-ES"})),
        entry(OTHER.jwk(RS256), &json!({"alg": "RS512"})),
        entry(OTHER.jwk(ES384), &json!({"alg": null})),
        entry(OTHER.jwk(ES384), &json!({"kid": 7})),
        entry(OTHER.jwk(ES384), &json!({"crv": "P-521"})),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xa5; 513]), "e": "AQAB"}),
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xa5; 512]), "e": "AQAD"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        json!({"kty": "oct"}),
        json!({}),
    ] {
        let keys = parse(&[left_out.clone(), usable.clone()]).unwrap();
        assert_eq!(keys.count(), 1, "{left_out}");
        assert_eq!(parse(std::slice::from_ref(&left_out)), Err(OutsideKeysError::NoneUsable), "{left_out}");
    }
}

#[test]
fn a_private_key_refuses_the_whole_set() {
    for private in [
        entry(OTHER.jwk(EdDSA), &json!({"d": "AAAA"})),
        entry(OTHER.jwk(RS256), &json!({"p": "AAAA"})),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        entry(OTHER.jwk(ES384), &json!({"d": "AAAA", "use": "enc"})),
    ] {
        assert_eq!(parse(&[OTHER.jwk(ES256), private]), Err(OutsideKeysError::Private));
    }
}

#[test]
fn refuses_what_is_no_key_set_or_too_large() {
    for text in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":["x"]}"#,
        r#"{"keys":null}"#,
        r#"{"keys":[],"keys":[]}"#,
    ] {
        assert_eq!(OutsideKeys::parse(text.as_bytes()), Err(OutsideKeysError::Malformed), "{text}");
    }
    assert_eq!(OutsideKeys::parse(b"\xff"), Err(OutsideKeysError::Malformed));
    assert_eq!(parse(&[]), Err(OutsideKeysError::NoneUsable));
    assert_eq!(parse(&vec![OTHER.jwk(EdDSA); 64]).unwrap().count(), 64);
    assert_eq!(parse(&vec![OTHER.jwk(EdDSA); 65]), Err(OutsideKeysError::TooMany));
    assert_eq!(OutsideKeys::parse(&vec![b' '; 65_537]), Err(OutsideKeysError::TooLong));
    let nested = format!(r#"{{"keys":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(OutsideKeys::parse(nested.as_bytes()), Err(OutsideKeysError::Malformed));
}

#[test]
fn refuses_claims_that_are_wrong_over_or_for_others() {
    let now = NOW.seconds();
    for (changes, refused) in [
        (json!({"iss": null}), ClaimError::Missing("iss")),
        (json!({"iss": ""}), ClaimError::Form("iss")),
        (json!({"iss": [OUTSIDE]}), ClaimError::Form("iss")),
        (json!({"iss": "https://ci.example/"}), ClaimError::Other("iss")),
        (json!({"iss": "https://CI.example"}), ClaimError::Other("iss")),
        (json!({"iss": "https://ci.example.evil"}), ClaimError::Other("iss")),
        (json!({"aud": null}), ClaimError::Missing("aud")),
        (json!({"aud": []}), ClaimError::Other("aud")),
        (json!({"aud": ["https://other"]}), ClaimError::Other("aud")),
        (json!({"aud": "https://api/"}), ClaimError::Other("aud")),
        (json!({"aud": [AUDIENCE, 1]}), ClaimError::Form("aud")),
        (json!({"aud": {AUDIENCE: true}}), ClaimError::Form("aud")),
        (json!({"exp": null}), ClaimError::Missing("exp")),
        (json!({"exp": now}), ClaimError::Expired),
        (json!({"exp": "9999999999"}), ClaimError::Form("exp")),
        (json!({"exp": 1e30}), ClaimError::Form("exp")),
        (json!({"exp": -1}), ClaimError::Form("exp")),
        (json!({"iat": now + 11}), ClaimError::Future("iat")),
        (json!({"nbf": now + 11}), ClaimError::Future("nbf")),
        (json!({"iat": 1.5}), ClaimError::Form("iat")),
        (json!({"nbf": false}), ClaimError::Form("nbf")),
    ] {
        assert_eq!(with_claims(&claims(&changes)), Err(refused.into()), "{changes}");
    }
    let twice = claims(&json!({})).replacen('{', r#"{"sub":"repo:evil/app","#, 1);
    assert_eq!(with_claims(&twice), Err(JwsError::Malformed.into()));
    let inside = claims(&json!({"ref": 7777})).replace("7777", r#"{"branch":"evil","branch":"main"}"#);
    assert_eq!(with_claims(&inside), Err(JwsError::Malformed.into()));
}

#[test]
fn refuses_headers_of_other_purposes() {
    for (header, refused) in [
        (json!({"alg": "none"}), JwsError::Algorithm),
        (json!({"alg": "HS256"}), JwsError::Algorithm),
        (json!({"alg": "RS512"}), JwsError::Algorithm),
        (json!({"alg": "ES256", "typ": "dpop+jwt"}), JwsError::Type),
        (json!({"alg": "ES256", "typ": "secevent+jwt"}), JwsError::Type),
        (json!({"alg": "ES256", "typ": "logout+jwt"}), JwsError::Type),
        (json!({"alg": "ES256", "kid": "k".repeat(257)}), JwsError::KeyId),
        (json!({"alg": "ES256", "crit": ["b64"], "b64": false}), JwsError::Extension),
    ] {
        let text = OTHER.sign(ES256, &header.to_string(), &claims(&json!({})));
        assert_eq!(accept(&text, &keys()), Err(refused.into()), "{header}");
    }
    for typ in ["JWT", "jwt", "JOSE", "at+jwt"] {
        let text = OTHER.sign(ES256, &json!({"alg": "ES256", "typ": typ}).to_string(), &claims(&json!({})));
        assert!(accept(&text, &keys()).is_ok(), "{typ}");
    }
    let long = claims(&json!({"padding": "x".repeat(8192)}));
    assert_eq!(with_claims(&long), Err(JwsError::TooLong { limit: 8192 }.into()));
}

proptest! {
    #[test]
    fn every_flipped_bit_is_refused(position in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = signed(Some("ES256"), &claims(&json!({}))).into_bytes();
        let index = position.index(bytes.len());
        bytes[index] ^= 1_u8 << bit;
        prop_assert!(accept(&String::from_utf8_lossy(&bytes), &keys()).is_err());
    }

    #[test]
    fn no_bytes_are_a_key_set_by_chance(bytes in any::<Vec<u8>>()) {
        prop_assert!(OutsideKeys::parse(&bytes).is_err());
    }
}
