//! What is refused. The forgeries with a good signature show that each check stands on its own.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_token::{AlgorithmNames, VerifyError, verify};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{AUDIENCE, ISSUER, KEY, NOW, OTHER_KEY, RING, SIGNER, Situation, forge, message};
use crate::verifying::claims;

const GOOD: &str = r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#;

fn refusal(token: &str) -> Option<VerifyError> {
    verify(token, &RING, ISSUER, AUDIENCE, NOW).err()
}

#[test]
fn the_forger_of_these_tests_makes_good_tokens_otherwise() {
    assert_eq!(refusal(&forge(GOOD, &claims(&json!({})), &KEY)), None);
}

#[test]
fn refuses_headers() {
    for header in [
        r#"{"alg":"none","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"None","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"RS384","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"PS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"ES256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":["RS256"],"typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":null}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":""}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"abcdefghijklmnopqrstu"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"../../dev/null"}"#,
        r#"{"alg":"RS256","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"RS256","typ":"dpop+jwt","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU","crit":["exp"],"exp":1}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU","crit":[]}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU","crit":null}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"other","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#,
        "[]",
        "",
    ] {
        let token = forge(header, &claims(&json!({})), &KEY);
        assert_eq!(refusal(&token), Some(VerifyError::Invalid), "{header}");
    }
}

#[test]
fn refuses_unsigned_tokens() {
    for alg in ["none", "None", "NONE", "nOnE", "RS256", "HS256"] {
        let header = GOOD.replace("RS256", alg);
        let token = format!("{}.", message(&header, &claims(&json!({}))));
        assert_eq!(refusal(&token), Some(VerifyError::Invalid), "{alg}");
    }
}

#[test]
fn refuses_the_public_key_as_a_secret() {
    let spki = spki();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&spki));
    let jwk = SIGNER.jwk(AlgorithmNames::Shown);
    let certificate = STANDARD.decode(&jwk.x5c[0]).unwrap();
    let secrets: [&[u8]; 6] = [
        pem.as_bytes(),
        &spki,
        KEY.certificate.as_bytes(),
        &certificate,
        jwk.n.as_deref().unwrap().as_bytes(),
        b"",
    ];
    let message = message(&GOOD.replace("RS256", "HS256"), &claims(&json!({})));
    for secret in secrets {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(refusal(&token), Some(VerifyError::Invalid));
    }
}

fn spki() -> Vec<u8> {
    let certificate = STANDARD.decode(&SIGNER.jwk(AlgorithmNames::Shown).x5c[0]).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate).unwrap();
    certificate.public_key().raw.to_vec()
}

#[test]
fn refuses_the_signature_of_another_key() {
    let token = forge(GOOD, &claims(&json!({})), &OTHER_KEY);
    assert_eq!(refusal(&token), Some(VerifyError::Invalid));
}

#[test]
fn refuses_claims_of_the_wrong_form_or_for_others() {
    let exp = NOW.seconds() + 60;
    for changes in [
        json!({"exp": null}),
        json!({"exp": exp.to_string()}),
        json!({"exp": 1_999_999_999.5}),
        json!({"exp": 1e300}),
        json!({"exp": -1}),
        json!({"exp": [exp]}),
        json!({"exp": true}),
        json!({"iat": null}),
        json!({"iat": "now"}),
        json!({"iss": null}),
        json!({"iss": [ISSUER]}),
        json!({"iss": "https://t.example"}),
        json!({"iss": "https://t.example//"}),
        json!({"iss": "https://T.example/"}),
        json!({"iss": "http://t.example/"}),
        json!({"iss": "https://t.example.evil/"}),
        json!({"iss": "https://t.example/\u{0}"}),
        json!({"aud": null}),
        json!({"aud": "https://api/"}),
        json!({"aud": "https://ap"}),
        json!({"aud": []}),
        json!({"aud": ["https://other"]}),
        json!({"aud": ["https://api", 1]}),
        json!({"aud": {"https://api": true}}),
        json!({"sub": null}),
        json!({"sub": 1}),
        json!({"azp": null}),
        json!({"azp": 1}),
        json!({"client_id": "OTHER"}),
        json!({"scope": ["read:a"]}),
    ] {
        let token = forge(GOOD, &claims(&changes), &KEY);
        assert_eq!(refusal(&token), Some(VerifyError::Invalid), "{changes}");
    }
}

#[test]
fn refuses_claims_that_json_values_cannot_show() {
    let good = claims(&json!({}));
    for bad in [
        good.replace(r#""exp":"#, r#""exp":1,"exp":"#),
        good.replace(r#""iss":"#, r#""iss":"https://evil/","iss":"#),
        good.replace("1727782256", "null"),
        good.replace("1727782256", "1727782256.0"),
        good.replace("1727782256", "17277822560000000000000"),
        good.replace("1727782256", "NaN"),
        format!("{good}{good}"),
        good[..good.len() - 1].to_owned(),
        "null".to_owned(),
        String::new(),
    ] {
        assert_ne!(bad, good);
        assert_eq!(refusal(&forge(GOOD, &bad, &KEY)), Some(VerifyError::Invalid), "{bad}");
    }
}

#[test]
fn calls_expired_what_is_expired() {
    for exp in [0, 1, NOW.seconds() - 1, NOW.seconds()] {
        let token = forge(GOOD, &claims(&json!({"exp": exp})), &KEY);
        assert_eq!(refusal(&token), Some(VerifyError::Expired), "{exp}");
    }
}

#[test]
fn calls_malformed_what_has_not_three_parts() {
    let token = Situation::new(&json!({})).issue().access_token;
    for text in ["", "opaque", "a.b", "a.b.c.d", "....", &format!("{token}."), &format!(".{token}")] {
        assert_eq!(refusal(text), Some(VerifyError::Malformed), "{text}");
    }
    assert_eq!(refusal(".."), Some(VerifyError::Invalid));
}

#[test]
fn refuses_oversized_tokens() {
    let token = forge(GOOD, &claims(&json!({"padding": "x".repeat(16 * 1024)})), &KEY);
    assert_eq!(refusal(&token), Some(VerifyError::Invalid));
    assert_eq!(refusal(&"x".repeat(16 * 1024 + 1)), Some(VerifyError::Invalid));
}

#[test]
fn refuses_every_truncation() {
    let token = Situation::new(&json!({})).issue().access_token;
    for length in 0..token.len() {
        assert!(refusal(&token[..length]).is_some(), "{length}");
    }
}

#[test]
fn refuses_every_changed_character() {
    let token = Situation::new(&json!({})).issue().access_token;
    for position in 0..token.len() {
        for bit in 0..7 {
            let mut changed = token.clone().into_bytes();
            changed[position] ^= 1 << bit;
            let changed = String::from_utf8(changed).unwrap();
            assert!(refusal(&changed).is_some(), "{position}: {changed}");
        }
    }
}

#[test]
fn refuses_other_spellings_of_the_same_bytes() {
    let token = Situation::new(&json!({})).issue().access_token;
    let spellings = [
        format!("{token}="),
        format!("{token}=="),
        format!("{token}\n"),
        format!(" {token}"),
        token.replace('.', ". "),
    ];
    for spelling in spellings {
        assert!(refusal(&spelling).is_some(), "{spelling}");
    }
}

proptest! {
    #[test]
    fn no_text_is_accepted_or_ends_the_process(bytes in any::<Vec<u8>>()) {
        prop_assert!(refusal(&String::from_utf8_lossy(&bytes)).is_some());
    }

    #[test]
    fn nor_is_text_in_three_parts(text in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}") {
        prop_assert_eq!(refusal(&text), Some(VerifyError::Invalid));
    }

    #[test]
    fn nor_is_json_under_a_good_signature(
        name in "iss|aud|sub|exp|iat|azp|client_id|scope|[a-z]{1,5}",
        value in prop_oneof![Just(json!([])), Just(json!({})), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from), ".*".prop_map(Value::from)],
    ) {
        let changed = claims(&json!({name.as_str(): value.clone()}));
        if let Ok(accepted) = verify(&forge(GOOD, &changed, &KEY), &RING, ISSUER, AUDIENCE, NOW) {
            // What was accepted is what a token has to say.
            prop_assert!(accepted.iss == ISSUER && accepted.exp > NOW && accepted.aud == [AUDIENCE]);
            prop_assert!(name != "exp" || value.is_u64());
        }
    }
}
