//! Client assertions: what is accepted, and attacks 1, 2, 3, 5, 7 and 8 on them.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::AssertionAlgorithm::{self, ES256, ES384, EdDSA, PS256, RS256, RS384};
use grantd_model::{ClientId, Timestamp};
use grantd_token::{Assertion, AssertionError, AssertionUse, ClaimError, JwsError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{ISSUER, NOW, message};
use crate::others::{OTHER, STRANGER, changed};

const CLIENT: &str = "CID";

fn header(algorithm: AssertionAlgorithm) -> String {
    json!({"alg": algorithm, "typ": "JWT"}).to_string()
}

fn claims(changes: &Value) -> String {
    let now = NOW.seconds();
    let good =
        json!({"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": "once"});
    changed(good, changes)
}

/// Authenticates as the server would, with the key and algorithm of the one credential.
fn authenticate(text: &str, registered: AssertionAlgorithm) -> Result<AssertionUse, AssertionError> {
    let assertion = Assertion::parse(text)?;
    let verified = assertion.verify(&OTHER.public_key(registered), registered)?;
    verified.check(&ClientId::from(CLIENT), ISSUER, NOW)
}

/// With a good signature around it.
fn with_claims(claims: &str) -> Result<AssertionUse, AssertionError> {
    authenticate(&OTHER.sign(ES256, &header(ES256), claims), ES256)
}

fn with_header(header: &str) -> Result<AssertionUse, AssertionError> {
    authenticate(&OTHER.sign(ES256, header, &claims(&json!({}))), ES256)
}

#[test]
fn every_algorithm_authenticates() {
    for algorithm in AssertionAlgorithm::ALL {
        let text = OTHER.sign(algorithm, &header(algorithm), &claims(&json!({})));
        let used = AssertionUse {
            jti: "once".to_owned(),
            iat: Some(NOW),
            exp: Timestamp::from_seconds(NOW.seconds() + 60),
        };
        assert_eq!(authenticate(&text, algorithm), Ok(used), "{algorithm}");
    }
}

#[test]
fn what_jsonwebtoken_signs_is_accepted() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let key = jsonwebtoken::EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let claims: Value = serde_json::from_str(&claims(&json!({}))).unwrap();
    let text =
        jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES384), &claims, &key);
    let public = grantd_token::PublicKey::from_pem(&pair.public_key_pem()).unwrap();
    let text = text.unwrap();
    let assertion = Assertion::parse(&text).unwrap();
    assert_eq!((assertion.issuer(), assertion.kid()), (CLIENT, None));
    let verified = assertion.verify(&public, ES384).unwrap();
    assert!(verified.check(&ClientId::from(CLIENT), ISSUER, NOW).is_ok());
}

#[test]
fn optional_members_may_be_there_or_not() {
    for header in [
        json!({"alg": "ES256"}),
        json!({"alg": "ES256", "typ": "client-authentication+jwt"}),
        json!({"alg": "ES256", "kid": "k".repeat(64), "x5t": "ignored"}),
    ] {
        assert!(with_header(&header.to_string()).is_ok(), "{header}");
    }
    let now = NOW.seconds();
    for changes in [
        json!({"iat": null, "exp": now + 300}),
        json!({"iat": now - 299, "exp": now + 1}),
        json!({"iat": now + 10, "nbf": now + 10, "exp": now + 310}),
        json!({"jti": "é".repeat(64)}),
        json!({"more": {"a": [1.5, null]}}),
    ] {
        let used = with_claims(&claims(&changes));
        assert!(used.is_ok(), "{changes}: {used:?}");
    }
}

#[test]
fn refuses_none_and_every_other_spelling_of_an_algorithm() {
    for alg in [
        json!(null),
        json!("none"),
        json!("None"),
        json!("NoNe"),
        json!("NONE"),
        json!(""),
        json!("es256"),
        json!("ES256 "),
        json!("HS256"),
        json!("RS512"),
        json!("ES512"),
        json!("ES256K"),
        json!("ed25519"),
        json!("Ed448"),
        json!(["ES256"]),
        json!(1),
        json!("ES256ES256ES256ES256"),
    ] {
        let header = json!({"alg": alg, "typ": "JWT"}).to_string();
        assert_eq!(with_header(&header), Err(JwsError::Algorithm.into()), "{header}");
        let unsigned = format!("{}.", message(&header, &claims(&json!({}))));
        assert_eq!(authenticate(&unsigned, ES256), Err(JwsError::Algorithm.into()), "{header}");
    }
    assert_eq!(with_header(r#"{"typ":"JWT"}"#), Err(JwsError::Algorithm.into()));
    let unsigned = format!("{}.", message(&header(ES256), &claims(&json!({}))));
    assert_eq!(authenticate(&unsigned, ES256), Err(AssertionError::Signature));
}

#[test]
fn refuses_the_public_key_as_a_secret() {
    for algorithm in [RS256, ES256, EdDSA] {
        let spki = OTHER.public_key(algorithm).spki().to_vec();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&spki));
        for secret in [pem.as_bytes(), spki.as_slice(), OTHER.jwk(algorithm).to_string().as_bytes()] {
            for alg in ["HS256", algorithm.as_str()] {
                let message = message(&json!({"alg": alg}).to_string(), &claims(&json!({})));
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
                let text = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
                assert!(authenticate(&text, algorithm).is_err(), "{alg}");
            }
        }
    }
}

#[test]
fn refuses_every_algorithm_but_the_registered_one() {
    for registered in AssertionAlgorithm::ALL {
        for used in AssertionAlgorithm::ALL.into_iter().filter(|used| *used != registered) {
            let text = OTHER.sign(used, &header(used), &claims(&json!({})));
            assert_eq!(authenticate(&text, registered), Err(AssertionError::Algorithm { used, registered }));
            let mislabelled = OTHER.sign(used, &header(registered), &claims(&json!({})));
            assert_eq!(authenticate(&mislabelled, registered), Err(AssertionError::Signature));
            // A credential whose key cannot do what it is registered for.
            let assertion = Assertion::parse(&text).unwrap();
            let other_kind = !OTHER.public_key(registered).supports(used);
            let verified = assertion.verify(&OTHER.public_key(registered), used);
            assert_eq!(
                verified.err(),
                other_kind.then_some(AssertionError::Signature),
                "{used} {registered}"
            );
        }
    }
}

#[test]
fn refuses_the_key_of_another() {
    for algorithm in [ES256, ES384, EdDSA] {
        let text = STRANGER.sign(algorithm, &header(algorithm), &claims(&json!({})));
        assert_eq!(authenticate(&text, algorithm), Err(AssertionError::Signature));
    }
}

#[test]
fn never_reads_a_key_out_of_the_header() {
    for (member, value) in [
        ("jwk", STRANGER.jwk(ES256)),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!([STANDARD.encode(STRANGER.public_key(ES256).spki())])),
        ("jwk", json!("not a key")),
    ] {
        let mut header = json!({"alg": "ES256", "typ": "JWT"});
        header[member] = value;
        let forged = STRANGER.sign(ES256, &header.to_string(), &claims(&json!({})));
        assert_eq!(authenticate(&forged, ES256), Err(AssertionError::Signature), "{member}");
        assert!(with_header(&header.to_string()).is_ok(), "ignored, as every unknown member: {member}");
    }
}

#[test]
fn refuses_extensions_and_other_purposes() {
    for (header, refused) in [
        (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, JwsError::Extension),
        (r#"{"alg":"ES256","crit":[]}"#, JwsError::Extension),
        (r#"{"alg":"ES256","crit":null}"#, JwsError::Extension),
        (r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, JwsError::Extension),
        (r#"{"alg":"ES256","b64":false}"#, JwsError::Extension),
        (r#"{"alg":"ES256","b64":true}"#, JwsError::Extension),
        (r#"{"alg":"ES256","typ":"dpop+jwt"}"#, JwsError::Type),
        (r#"{"alg":"ES256","typ":"at+jwt"}"#, JwsError::Type),
        (r#"{"alg":"ES256","typ":""}"#, JwsError::Type),
        (r#"{"alg":"ES256","typ":null}"#, JwsError::Type),
        (r#"{"alg":"ES256","typ":["JWT"]}"#, JwsError::Type),
        (r#"{"alg":"ES256","kid":""}"#, JwsError::KeyId),
        (r#"{"alg":"ES256","kid":null}"#, JwsError::KeyId),
        (r#"{"alg":"ES256","kid":7}"#, JwsError::KeyId),
        (r#"{"alg":"none","alg":"ES256"}"#, JwsError::Malformed),
        (r#"{"alg":"ES256","x":{"y":1,"y":2}}"#, JwsError::Malformed),
        (r#"{"alg":"ES256"} x"#, JwsError::Malformed),
        ("[]", JwsError::Malformed),
        ("", JwsError::Malformed),
    ] {
        assert_eq!(with_header(header), Err(refused.into()), "{header}");
    }
    let long = json!({"alg": "ES256", "kid": "k".repeat(65)}).to_string();
    assert_eq!(with_header(&long), Err(JwsError::KeyId.into()));
}

#[test]
fn refuses_every_audience_but_the_issuer() {
    for aud in [json!([ISSUER]), json!([ISSUER, "https://other.example/"]), json!([]), json!({}), json!(1)] {
        let refused = with_claims(&claims(&json!({"aud": aud})));
        assert_eq!(refused, Err(ClaimError::Form("aud").into()), "{aud}");
    }
    for aud in [
        "https://t.example",
        "https://t.example/oauth/token",
        "https://T.example/",
        "http://t.example/",
        "https://t.example.evil/",
        "https://t.example//",
        "https://t.example/ ",
        "https://t.example:443/",
        "https://t\u{435}.example/",
        "",
    ] {
        let refused = with_claims(&claims(&json!({"aud": aud})));
        assert_eq!(refused, Err(ClaimError::Other("aud").into()), "{aud}");
    }
    assert_eq!(with_claims(&claims(&json!({"aud": null}))), Err(ClaimError::Missing("aud").into()));
}

#[test]
fn refuses_an_issuer_or_subject_that_is_not_the_client() {
    for (changes, refused) in [
        (json!({"iss": "OTHER"}), ClaimError::Other("iss")),
        (json!({"iss": "OTHER", "sub": "OTHER"}), ClaimError::Other("iss")),
        (json!({"iss": "cid"}), ClaimError::Other("iss")),
        (json!({"sub": "OTHER"}), ClaimError::Other("sub")),
        (json!({"sub": ""}), ClaimError::Other("sub")),
        (json!({"iss": null}), ClaimError::Missing("iss")),
        (json!({"sub": null}), ClaimError::Missing("sub")),
        (json!({"iss": [CLIENT]}), ClaimError::Form("iss")),
        (json!({"sub": [CLIENT]}), ClaimError::Form("sub")),
        (json!({"iss": ""}), ClaimError::Form("iss")),
        (json!({"iss": "x".repeat(65)}), ClaimError::Form("iss")),
    ] {
        assert_eq!(with_claims(&claims(&changes)), Err(refused.into()), "{changes}");
    }
}

#[test]
fn refuses_times_that_are_no_whole_seconds() {
    for name in ["exp", "iat", "nbf"] {
        for value in [
            "\"1727782226\"",
            "1727782226.0",
            "1727782226.5",
            "-1",
            "1e308",
            "1e9",
            "null",
            "true",
            "[1]",
            "{}",
            "18446744073709551616",
        ] {
            let text = claims(&json!({name: 7777})).replace("7777", value);
            assert_eq!(with_claims(&text), Err(ClaimError::Form(name).into()), "{text}");
        }
        let text = claims(&json!({})).replace('{', &format!(r#"{{"{name}":1,"{name}":2,"#));
        assert_eq!(with_claims(&text), Err(JwsError::Malformed.into()), "{text}");
    }
    let infinite = claims(&json!({"exp": 7777})).replace("7777", "1e999");
    assert_eq!(with_claims(&infinite), Err(JwsError::Malformed.into()));
}

#[test]
fn refuses_what_is_over_too_early_or_lasts_too_long() {
    let now = NOW.seconds();
    for (changes, refused) in [
        (json!({"exp": null}), ClaimError::Missing("exp")),
        (json!({"exp": now}), ClaimError::Expired),
        (json!({"exp": 0}), ClaimError::Expired),
        (json!({"exp": now + 301}), ClaimError::Lifetime(300)),
        (json!({"exp": now + 315_360_000}), ClaimError::Lifetime(300)),
        (json!({"exp": u64::MAX}), ClaimError::Lifetime(300)),
        (json!({"iat": null, "exp": now + 301}), ClaimError::Lifetime(300)),
        (json!({"iat": now - 241}), ClaimError::Lifetime(300)),
        (json!({"iat": 0}), ClaimError::Lifetime(300)),
        (json!({"iat": now + 11}), ClaimError::Future("iat")),
        (json!({"nbf": now + 11}), ClaimError::Future("nbf")),
        (json!({"nbf": u64::MAX}), ClaimError::Future("nbf")),
    ] {
        assert_eq!(with_claims(&claims(&changes)), Err(refused.into()), "{changes}");
    }
}

#[test]
fn refuses_an_assertion_without_a_name_for_its_one_use() {
    assert_eq!(with_claims(&claims(&json!({"jti": null}))), Err(ClaimError::Missing("jti").into()));
    for jti in [json!(""), json!(1), json!(["once"]), json!("x".repeat(65)), json!("a\u{0}b"), json!("a\nb")]
    {
        let refused = with_claims(&claims(&json!({"jti": jti})));
        assert_eq!(refused, Err(ClaimError::Form("jti").into()), "{jti}");
    }
}

#[test]
fn refuses_what_is_too_long_or_not_in_three_parts() {
    let long = claims(&json!({"padding": "x".repeat(2048)}));
    assert_eq!(with_claims(&long), Err(JwsError::TooLong { limit: 2048 }.into()));
    let good = OTHER.sign(PS256, &header(PS256), &claims(&json!({})));
    assert!(authenticate(&good, PS256).is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for text in [
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        "a.b".to_owned(),
        signed.to_owned(),
        format!("{good}.x"),
        format!("x.{good}"),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{signed}."),
        format!("{signed}. {signature}"),
        signed.replace('.', "=.") + "." + signature,
    ] {
        assert!(authenticate(&text, PS256).is_err(), "{text}");
    }
    for length in 0..good.len() {
        assert!(authenticate(&good[..length], PS256).is_err(), "{length}");
    }
    let nested = claims(&json!({"deep": 7777})).replace("7777", &("[".repeat(300) + &"]".repeat(300)));
    assert_eq!(with_claims(&nested), Err(JwsError::Malformed.into()));
}

#[test]
fn the_reason_does_not_quote_the_assertion() {
    for text in
        ["SECRET.SECRET.SECRET", &OTHER.sign(RS384, &header(RS384), &claims(&json!({"aud": "SECRET"})))]
    {
        let reason = authenticate(text, RS384).unwrap_err();
        assert!(!reason.to_string().contains("SECRET"), "{reason}");
        assert!(!format!("{reason:?}").contains("SECRET"), "{reason:?}");
    }
    let late = with_claims(&claims(&json!({"exp": NOW.seconds() + 301}))).unwrap_err();
    assert_eq!(
        late.to_string(),
        "the client assertion cannot be used: it is valid for more than 300 seconds"
    );
}

proptest! {
    #[test]
    fn every_flipped_bit_is_refused(algorithm in 0..6_usize, position in any::<prop::sample::Index>(), bit in 0..8) {
        let algorithm = AssertionAlgorithm::ALL[algorithm];
        let mut bytes = OTHER.sign(algorithm, &header(algorithm), &claims(&json!({}))).into_bytes();
        let index = position.index(bytes.len());
        bytes[index] ^= 1_u8 << bit;
        prop_assert!(authenticate(&String::from_utf8_lossy(&bytes), algorithm).is_err());
    }

    #[test]
    fn every_flipped_bit_behind_the_encoding_is_refused(
        algorithm in 0..6_usize, part in 0..3_usize, position in any::<prop::sample::Index>(), bit in 0..8,
    ) {
        let algorithm = AssertionAlgorithm::ALL[algorithm];
        let text = OTHER.sign(algorithm, &header(algorithm), &claims(&json!({})));
        let mut parts: Vec<_> = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let index = position.index(parts[part].len());
        parts[part][index] ^= 1_u8 << bit;
        let text = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
        prop_assert!(authenticate(&text, algorithm).is_err());
    }

    #[test]
    fn no_text_is_accepted_or_ends_the_process(text in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}|.*") {
        prop_assert!(authenticate(&text, ES256).is_err());
    }

    #[test]
    fn whatever_is_accepted_says_what_an_assertion_has_to(
        name in "iss|sub|aud|exp|iat|nbf|jti|[a-z]{1,4}",
        value in prop_oneof![
            Just(json!([])), any::<bool>().prop_map(Value::from), any::<u64>().prop_map(Value::from),
            (1_727_781_800..1_727_782_600_u64).prop_map(Value::from), any::<f64>().prop_map(Value::from), ".*".prop_map(Value::from),
        ],
    ) {
        if let Ok(used) = with_claims(&claims(&json!({name.as_str(): value.clone()}))) {
            prop_assert!(!["iss", "sub", "aud"].contains(&name.as_str()) || value == CLIENT || value == ISSUER);
            prop_assert!(used.exp > NOW && used.exp.seconds() <= NOW.seconds() + 310);
            prop_assert!((1..=64).contains(&used.jti.chars().count()));
            prop_assert!(!["exp", "iat", "nbf"].contains(&name.as_str()) || value.is_u64());
        }
    }
}
