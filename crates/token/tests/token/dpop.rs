//! DPoP proofs: what is accepted, and attack 22 as far as one proof alone can be judged.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::AssertionAlgorithm::{self, ES256, ES384, EdDSA, RS256};
use grantd_model::Timestamp;
use grantd_token::{ClaimError, DpopError, DpopProof, JwsError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{NOW, message};
use crate::others::{OTHER, STRANGER, changed};

const URL: &str = "https://t.example/oauth/token";
/// RFC 9449 §4.1.
pub const RFC_9449: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

fn header(algorithm: AssertionAlgorithm) -> Value {
    json!({"typ": "dpop+jwt", "alg": algorithm, "jwk": OTHER.jwk(algorithm)})
}

fn claims(changes: &Value) -> String {
    changed(json!({"jti": "once", "htm": "POST", "htu": URL, "iat": NOW.seconds()}), changes)
}

fn verify(proof: &str) -> Result<DpopProof, DpopError> {
    DpopProof::verify(proof, "POST", &[URL], None, NOW)
}

fn with_claims(changes: &Value) -> Result<DpopProof, DpopError> {
    verify(&OTHER.sign(ES256, &header(ES256).to_string(), &claims(changes)))
}

fn with_header(changes: &Value) -> Result<DpopProof, DpopError> {
    verify(&OTHER.sign(ES256, &changed(header(ES256), changes), &claims(&json!({}))))
}

#[test]
fn every_algorithm_proves_its_key() {
    for algorithm in AssertionAlgorithm::ALL {
        let proof = OTHER.sign(algorithm, &header(algorithm).to_string(), &claims(&json!({})));
        let proved = DpopProof {
            thumbprint: OTHER.public_key(algorithm).thumbprint(),
            jti: "once".to_owned(),
            iat: NOW,
            exp: Timestamp::from_seconds(NOW.seconds() + 61),
        };
        assert_eq!(verify(&proof), Ok(proved), "{algorithm}");
    }
}

/// RFC 9449 §4.1 and §7.1, with the thumbprint of §6.1.
#[test]
fn the_proofs_of_rfc_9449_are_accepted() {
    let proof = RFC_9449;
    let at = Timestamp::from_seconds(1_562_262_616);
    let proved = DpopProof::verify(proof, "POST", &["https://server.example.com/token"], None, at).unwrap();
    assert_eq!(proved.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(proved.jti, "-BwC3ESc6acc2lTc");
    let later = Timestamp::from_seconds(1_562_262_616 + 61);
    let late = DpopProof::verify(proof, "POST", &["https://server.example.com/token"], None, later);
    assert_eq!(late, Err(ClaimError::Expired.into()));
}

#[test]
fn refuses_a_proof_for_another_request() {
    for (changes, refused) in [
        (json!({"htm": "GET"}), ClaimError::Other("htm")),
        (json!({"htm": "post"}), ClaimError::Other("htm")),
        (json!({"htm": ["POST"]}), ClaimError::Form("htm")),
        (json!({"htm": null}), ClaimError::Missing("htm")),
        (json!({"htu": null}), ClaimError::Missing("htu")),
        (json!({"htu": [URL]}), ClaimError::Form("htu")),
        (json!({"htu": "/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "t.example/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "https://"}), ClaimError::Form("htu")),
        (json!({"htu": "https://t.example@evil/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "https://t.example:x/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "https://t.example:65979/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "https://t.example/oauth/token "}), ClaimError::Form("htu")),
        (json!({"htu": "https://t\u{435}.example/oauth/token"}), ClaimError::Form("htu")),
        (json!({"htu": "http://t.example/oauth/token"}), ClaimError::Other("htu")),
        (json!({"htu": "http://t.example:443/oauth/token"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example:8443/oauth/token"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example/oauth/token/"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example/oauth/Token"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example/oauth/revoke"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example"}), ClaimError::Other("htu")),
        (json!({"htu": "https://t.example.evil/oauth/token"}), ClaimError::Other("htu")),
        (json!({"htu": "https://evil/?https://t.example/oauth/token"}), ClaimError::Other("htu")),
    ] {
        assert_eq!(with_claims(&changes), Err(refused.into()), "{changes}");
    }
}

#[test]
fn one_request_can_be_named_in_several_ways() {
    for htu in [
        URL,
        "HTTPS://T.Example/oauth/token",
        "https://t.example:443/oauth/token",
        "https://t.example:/oauth/token",
        "https://t.example/oauth/token?a=b",
        "https://t.example/oauth/token#a",
        "https://t.example/oauth/token?a=/b#c/d?e",
    ] {
        assert!(with_claims(&json!({"htu": htu})).is_ok(), "{htu}");
    }
    for (htu, url) in [
        ("http://localhost:80", "http://localhost/"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a?b"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]:443/a"),
    ] {
        let proof = OTHER.sign(ES256, &header(ES256).to_string(), &claims(&json!({"htu": htu})));
        assert!(DpopProof::verify(&proof, "POST", &[url], None, NOW).is_ok(), "{htu}");
    }
    let proof = OTHER.sign(ES256, &header(ES256).to_string(), &claims(&json!({})));
    let nowhere = DpopProof::verify(&proof, "POST", &["not a URL"], None, NOW);
    assert_eq!(nowhere, Err(ClaimError::Other("htu").into()));
}

#[test]
fn the_proof_belongs_to_the_access_token_beside_it() {
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"token"));
    let with_token = |ath: Value| {
        let proof = OTHER.sign(ES256, &header(ES256).to_string(), &claims(&json!({"ath": ath})));
        DpopProof::verify(&proof, "POST", &[URL], Some("token"), NOW)
    };
    assert!(with_token(json!(hash)).is_ok());
    assert_eq!(with_token(json!(null)), Err(ClaimError::Missing("ath").into()));
    assert_eq!(with_token(json!("token")), Err(ClaimError::Other("ath").into()));
    assert_eq!(with_token(json!(format!("{hash}="))), Err(ClaimError::Other("ath").into()));
    assert_eq!(with_token(json!([hash])), Err(ClaimError::Form("ath").into()));
    assert!(with_claims(&json!({"ath": hash})).is_ok(), "without a token nobody asks");
}

#[test]
fn counts_for_a_minute_and_ten_seconds_ahead() {
    let now = NOW.seconds();
    for (iat, refused) in [
        (json!(now - 60), None),
        (json!(now + 10), None),
        (json!(now - 61), Some(ClaimError::Expired)),
        (json!(0), Some(ClaimError::Expired)),
        (json!(now + 11), Some(ClaimError::Future("iat"))),
        (json!(u64::MAX), Some(ClaimError::Future("iat"))),
        (json!(null), Some(ClaimError::Missing("iat"))),
        (json!(now.to_string()), Some(ClaimError::Form("iat"))),
        (json!(1_727_782_196.0), Some(ClaimError::Form("iat"))),
        (json!(-1), Some(ClaimError::Form("iat"))),
        (json!(true), Some(ClaimError::Form("iat"))),
    ] {
        let refusal = with_claims(&json!({"iat": iat})).err();
        assert_eq!(refusal, refused.map(Into::into), "{iat}");
    }
    let oldest = with_claims(&json!({"iat": now - 60})).unwrap();
    assert_eq!(oldest.exp, Timestamp::from_seconds(now + 1), "remembered for as long as it counts");
}

#[test]
fn is_for_one_of_the_names_of_its_place() {
    let names = [URL, "https://mtls.t.example/oauth/token"];
    let verified = |htu: &str| {
        let proof = OTHER.sign(ES256, &header(ES256).to_string(), &claims(&json!({"htu": htu})));
        DpopProof::verify(&proof, "POST", &names, None, NOW)
    };
    assert!(verified(names[0]).is_ok() && verified(names[1]).is_ok());
    assert_eq!(verified("https://evil.t.example/oauth/token"), Err(ClaimError::Other("htu").into()));
    let nowhere = OTHER.sign(ES256, &header(ES256).to_string(), &claims(&json!({})));
    assert_eq!(DpopProof::verify(&nowhere, "POST", &[], None, NOW), Err(ClaimError::Other("htu").into()));
}

/// What is refused anyway costs no verification: neither the key nor the signature of these is any good.
#[test]
fn claims_are_looked_at_before_the_key_and_the_signature() {
    let now = NOW.seconds();
    for (changes, refused) in [
        (json!({"htm": "GET"}), ClaimError::Other("htm")),
        (json!({"htu": "https://evil/"}), ClaimError::Other("htu")),
        (json!({"ath": "another"}), ClaimError::Other("ath")),
        (json!({"iat": now - 61}), ClaimError::Expired),
        (json!({"iat": now + 11}), ClaimError::Future("iat")),
        (json!({"jti": null}), ClaimError::Missing("jti")),
    ] {
        let good = json!({"ath": URL_SAFE_NO_PAD.encode(digest(&SHA256, b"token"))});
        let claims = changed(serde_json::from_str(&claims(&good)).unwrap(), &changes);
        for jwk in [STRANGER.jwk(ES256), json!({"kty": "RSA"})] {
            let proof = OTHER.sign(ES256, &changed(header(ES256), &json!({"jwk": jwk})), &claims);
            let verified = DpopProof::verify(&proof, "POST", &[URL], Some("token"), NOW);
            assert_eq!(verified, Err(refused.into()), "{changes}");
        }
    }
}

#[test]
fn refuses_keys_that_are_slow_to_verify_with() {
    let jwk = |bytes: usize, e: &[u8]| {
        let n = vec![0xa5; bytes];
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)})
    };
    let proof =
        |jwk: Value| OTHER.sign(RS256, &changed(header(RS256), &json!({"jwk": jwk})), &claims(&json!({})));
    assert_eq!(verify(&proof(jwk(512, &[1, 0, 1]))), Err(DpopError::Signature), "as large as they may be");
    for slow in [jwk(513, &[3]), jwk(1024, &[1, 0, 1]), jwk(256, &[1, 0, 3]), jwk(256, &[1, 0, 0, 1])] {
        assert_eq!(verify(&proof(slow.clone())), Err(DpopError::Key), "{slow}");
    }
}

#[test]
fn has_a_name_for_its_one_use() {
    assert!(with_claims(&json!({"jti": "x".repeat(128)})).is_ok());
    assert_eq!(with_claims(&json!({"jti": null})), Err(ClaimError::Missing("jti").into()));
    for jti in [json!(""), json!(1), json!("x".repeat(129)), json!("a\u{0}")] {
        assert_eq!(with_claims(&json!({"jti": jti})), Err(ClaimError::Form("jti").into()), "{jti}");
    }
}

#[test]
fn refuses_a_private_key_in_the_header() {
    for (algorithm, member) in [(EdDSA, "d"), (ES256, "d"), (RS256, "p"), (RS256, "k")] {
        let mut header = header(algorithm);
        header["jwk"][member] = json!("AQAB");
        let proof = OTHER.sign(algorithm, &header.to_string(), &claims(&json!({})));
        assert_eq!(verify(&proof), Err(DpopError::PrivateKey), "{algorithm} {member}");
    }
}

#[test]
fn refuses_headers_without_a_usable_key() {
    for jwk in [
        json!(null),
        json!("x"),
        json!({}),
        json!({"kty": "oct"}),
        json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        json!([OTHER.jwk(ES256)]),
    ] {
        assert_eq!(with_header(&json!({"jwk": jwk})), Err(DpopError::Key), "{jwk}");
    }
    for (name, jwk) in [("another's", STRANGER.jwk(ES256)), ("of another kind", OTHER.jwk(ES384))] {
        assert_eq!(with_header(&json!({"jwk": jwk})), Err(DpopError::Signature), "{name}");
    }
    for other_place in ["jku", "x5u", "x5c", "kid"] {
        let refused = with_header(&json!({"jwk": null, other_place: "https://evil.example/"}));
        assert_eq!(refused, Err(DpopError::Key), "{other_place}");
    }
}

#[test]
fn refuses_headers_of_other_purposes() {
    for (changes, refused) in [
        (json!({"typ": null}), JwsError::Type),
        (json!({"typ": "JWT"}), JwsError::Type),
        (json!({"typ": "DPoP+jwt"}), JwsError::Type),
        (json!({"typ": "application/dpop+jwt"}), JwsError::Type),
        (json!({"typ": "client-authentication+jwt"}), JwsError::Type),
        (json!({"alg": null}), JwsError::Algorithm),
        (json!({"alg": "none"}), JwsError::Algorithm),
        (json!({"alg": "HS256"}), JwsError::Algorithm),
        (json!({"alg": "RS512"}), JwsError::Algorithm),
        (json!({"crit": ["b64"], "b64": false}), JwsError::Extension),
    ] {
        assert_eq!(with_header(&changes), Err(refused.into()), "{changes}");
    }
    let long = with_claims(&json!({"padding": "x".repeat(4096)}));
    assert_eq!(long, Err(JwsError::TooLong { limit: 4096 }.into()));
    let unsigned = format!("{}.", message(&header(ES256).to_string(), &claims(&json!({}))));
    assert_eq!(verify(&unsigned), Err(DpopError::Signature));
    let mislabelled =
        OTHER.sign(ES256, &changed(header(ES384), &json!({"alg": "ES256"})), &claims(&json!({})));
    assert_eq!(verify(&mislabelled), Err(DpopError::Signature));
}

#[test]
fn refuses_what_comes_twice() {
    let header = header(ES256).to_string();
    let claims = claims(&json!({}));
    let evil = STRANGER.jwk(ES256);
    let two_keys = header.replacen('{', &format!(r#"{{"jwk":{evil},"#), 1);
    let two_times = claims.replacen('{', r#"{"iat":1,"#, 1);
    let two_coordinates = header.replace(r#""kty":"#, r#""x":"AA","kty":"#);
    assert_ne!(two_coordinates, header);
    for (header, claims) in [(&two_keys, &claims), (&header, &two_times), (&two_coordinates, &claims)] {
        assert_eq!(verify(&OTHER.sign(ES256, header, claims)), Err(JwsError::Malformed.into()));
    }
}

proptest! {
    #[test]
    fn every_flipped_bit_is_refused(algorithm in 0..6_usize, position in any::<prop::sample::Index>(), bit in 0..8) {
        let algorithm = AssertionAlgorithm::ALL[algorithm];
        let mut bytes = OTHER.sign(algorithm, &header(algorithm).to_string(), &claims(&json!({}))).into_bytes();
        let index = position.index(bytes.len());
        bytes[index] ^= 1_u8 << bit;
        prop_assert!(verify(&String::from_utf8_lossy(&bytes)).is_err());
    }

    #[test]
    fn no_url_ends_the_process(url in ".*|https?://[a-z@:0-9\\[\\]]{0,20}/?.*") {
        let proof = OTHER.sign(EdDSA, &header(EdDSA).to_string(), &claims(&json!({"htu": url.clone()})));
        prop_assert!(verify(&proof).is_err());
        // Whatever it is, it names itself or nothing.
        let itself = DpopProof::verify(&proof, "POST", &[&url], None, NOW);
        prop_assert!(matches!(itself, Ok(_) | Err(DpopError::Claim(ClaimError::Form("htu")))));
    }
}
