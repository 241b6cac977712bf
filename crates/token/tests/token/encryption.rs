//! Encrypted tokens, opened again with the API's private key; and which keys are refused.

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_token::{IssueError, KeyError, rsa_thumbprint_from_pem, verify};
use serde_json::{Value, json};

use crate::fixtures::{AUDIENCE, ISSUER, NOW, OTHER_KEY, RING, Situation, part};

fn encrypted(key: &Value) -> Situation {
    Situation::new(&json!({"token_encryption": {"format": "compact-nested-jwe", "encryption_key": key}}))
}

/// Opens a compact JWE with the private half of the other key.
fn open(token: &str, algorithm: &'static OaepAlgorithm) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, wrapped, nonce, content, tag] = parts.as_slice() else { panic!("{token}") };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let private_key = PrivateDecryptingKey::from_pkcs8(OTHER_KEY.private_key.expose()).unwrap();
    let private_key = OaepPrivateDecryptingKey::new(private_key).unwrap();
    let mut buffer = vec![0; private_key.min_output_size()];
    let content_key = private_key.decrypt(algorithm, &decode(wrapped), &mut buffer, None).unwrap();
    let content_key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)).unwrap();
    let mut sealed = [decode(content), decode(tag)].concat();
    let opened = content_key.open_in_place(nonce, Aad::from(header.as_bytes()), &mut sealed).unwrap();
    String::from_utf8(opened.to_vec()).unwrap()
}

#[test]
fn every_algorithm_wraps_the_signed_token() {
    let algorithms: [(&str, &'static OaepAlgorithm); 3] = [
        ("RSA-OAEP-256", &OAEP_SHA256_MGF1SHA256),
        ("RSA-OAEP-384", &OAEP_SHA384_MGF1SHA384),
        ("RSA-OAEP-512", &OAEP_SHA512_MGF1SHA512),
    ];
    for (alg, algorithm) in algorithms {
        let situation = encrypted(&json!({"alg": alg, "kid": "k1", "pem": OTHER_KEY.certificate}));
        let token = situation.issue();
        assert_eq!(
            part(&token.access_token, 0),
            format!(r#"{{"alg":"{alg}","enc":"A256GCM","kid":"k1","cty":"JWT"}}"#)
        );
        let signed = open(&token.access_token, algorithm);
        let claims = verify(&signed, &RING, ISSUER, AUDIENCE, NOW).unwrap();
        assert_eq!(*claims.scope, situation.scope, "{alg}");
        assert_eq!(token.scope.as_deref(), Some("read:a write:a"));
    }
}

#[test]
fn a_key_without_a_name_is_not_named() {
    let token = encrypted(&json!({"alg": "RSA-OAEP-256", "pem": OTHER_KEY.certificate})).issue();
    assert_eq!(part(&token.access_token, 0), r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT"}"#);
}

#[test]
fn tokens_of_an_api_without_a_usable_key_are_not_issued_in_clear() {
    let missing = encrypted(&json!({"alg": "RSA-OAEP-256"})).try_issue();
    assert!(matches!(missing, Err(IssueError::EncryptionKeyMissing)));
    let damaged = encrypted(&json!({"alg": "RSA-OAEP-256", "pem": "x"})).try_issue();
    assert!(matches!(damaged, Err(IssueError::EncryptionKey(KeyError::Pem))));
    let unknown = encrypted(&json!({"alg": "RSA1_5", "pem": OTHER_KEY.certificate})).try_issue();
    assert!(matches!(unknown, Err(IssueError::EncryptionAlgorithm(alg)) if alg == "RSA1_5"));
}

#[test]
fn the_thumbprint_of_rfc_7638() {
    // RFC 7638 §3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let pem = rsa_pem(&URL_SAFE_NO_PAD.decode(n).unwrap(), &[1, 0, 1]);
    assert_eq!(rsa_thumbprint_from_pem(&pem).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn the_thumbprint_of_the_recorded_certificate() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings/TestAccResourceServer.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is required", path.display());
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let recording: Value = serde_json::from_str(&text).unwrap();
    let exchanges = recording["interactions"].as_array().unwrap();
    let mut sent =
        exchanges.iter().filter_map(|it| it["body"].pointer("/token_encryption/encryption_key/pem"));
    let pem = sent.find_map(Value::as_str).unwrap();
    assert_eq!(rsa_thumbprint_from_pem(pem).unwrap(), "w0kIFOc-q7KKK-pa2Uj5b_Cl3f0hAgFeseLg8iEmWu0");
}

#[test]
fn a_certificate_and_its_public_key_have_one_thumbprint() {
    let (_, pem) = x509_parser::pem::parse_x509_pem(OTHER_KEY.certificate.as_bytes()).unwrap();
    let spki = public_key_pem(pem.parse_x509().unwrap().public_key().raw);
    let of = |pem: &str| rsa_thumbprint_from_pem(pem).unwrap();
    assert_eq!(of(&spki), of(&OTHER_KEY.certificate));
}

#[test]
fn refuses_keys_that_protect_nothing() {
    let modulus = |bits: usize| {
        let mut modulus = vec![0xa5; bits.div_ceil(8)];
        modulus[0] = 1 << ((bits - 1) % 8);
        modulus
    };
    let refusal =
        |modulus: &[u8], exponent: &[u8]| rsa_thumbprint_from_pem(&rsa_pem(modulus, exponent)).err();
    for bits in [512, 1024, 2047, 8193, 16_384] {
        let refused = refusal(&modulus(bits), &[1, 0, 1]);
        assert!(
            matches!(refused, Some(KeyError::ModulusSize { bits: named }) if named == bits),
            "{refused:?}"
        );
    }
    for exponent in [&[1][..], &[2], &[1, 0, 0], &[0], &[1, 0, 3], &[1, 0, 0, 1]] {
        assert!(matches!(refusal(&modulus(2048), exponent), Some(KeyError::Unsound)), "{exponent:?}");
    }
    let mut even = modulus(2048);
    *even.last_mut().unwrap() = 2;
    assert!(matches!(refusal(&even, &[1, 0, 1]), Some(KeyError::Unsound)));
    assert!(refusal(&modulus(2048), &[1, 0, 1]).is_none(), "the rest of these keys is good");
    assert!(refusal(&modulus(8192), &[3]).is_none());
}

#[test]
fn refuses_what_is_not_an_rsa_public_key() {
    let private = STANDARD.encode(OTHER_KEY.private_key.expose());
    let private = format!("-----BEGIN PRIVATE KEY-----\n{private}\n-----END PRIVATE KEY-----\n");
    assert!(matches!(rsa_thumbprint_from_pem(&private), Err(KeyError::Private)));
    let elliptic = rcgen::KeyPair::generate().unwrap().public_key_pem();
    assert!(matches!(rsa_thumbprint_from_pem(&elliptic), Err(KeyError::NotRsa)));
    let (_, pem) = x509_parser::pem::parse_x509_pem(OTHER_KEY.certificate.as_bytes()).unwrap();
    let longer = public_key_pem(&[pem.parse_x509().unwrap().public_key().raw, &[0]].concat());
    assert!(matches!(rsa_thumbprint_from_pem(&longer), Err(KeyError::Der)));
    for text in
        ["", "x", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"]
    {
        assert!(rsa_thumbprint_from_pem(text).is_err(), "{text}");
    }
}

/// An SPKI with this modulus and exponent, written by hand, since no library makes bad ones.
fn rsa_pem(modulus: &[u8], exponent: &[u8]) -> String {
    let key = der(0x30, &[integer(modulus), integer(exponent)].concat());
    let rsa_encryption = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    public_key_pem(&der(0x30, &[&rsa_encryption[..], &der(0x03, &[&[0], &key[..]].concat())].concat()))
}

fn public_key_pem(spki: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(spki))
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
    der(0x02, &[sign, number].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match (content.len(), length) {
        (0..=127, [_, low]) => vec![tag, low],
        (128..=255, [_, low]) => vec![tag, 0x81, low],
        (_, [high, low]) => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}
