//! The forms that the Management API shows certificates in, byte by byte.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantd_token::{KeyError, certificate_fingerprint, pkcs7_from_pem};
use x509_parser::der_parser::parse_der;

use crate::fixtures::{ED25519_KEY, KEY};

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

/// A short certificate and a long one, whose lengths are written in one and in two bytes.
#[test]
fn the_bag_holds_the_certificate_and_nothing_else() {
    for key in [&*KEY, &*ED25519_KEY] {
        let pem = pkcs7_from_pem(&key.certificate).unwrap();
        assert!(pem.starts_with("-----BEGIN PKCS7-----\nMII"), "{pem}");
        assert!(pem.ends_with("\n-----END PKCS7-----\n"), "{pem}");
        assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
        let bag = der(&pem);
        let (rest, message) = parse_der(&bag).unwrap();
        assert!(rest.is_empty());
        let message = message.as_sequence().unwrap();
        assert_eq!(message[0].as_oid().unwrap().to_id_string(), "1.2.840.113549.1.7.2");
        let (rest, signed) = parse_der(message[1].as_slice().unwrap()).unwrap();
        assert!(rest.is_empty());
        let signed = signed.as_sequence().unwrap();
        assert_eq!(signed.len(), 5);
        assert_eq!(signed[0].as_u32().unwrap(), 1);
        assert!(signed[1].as_set().unwrap().is_empty(), "no digests");
        let content = signed[2].as_sequence().unwrap();
        assert_eq!(content.len(), 1);
        assert_eq!(content[0].as_oid().unwrap().to_id_string(), "1.2.840.113549.1.7.1");
        assert_eq!(signed[3].as_slice().unwrap(), der(&key.certificate));
        assert!(signed[4].as_set().unwrap().is_empty(), "no signatures");
    }
}

#[test]
fn the_fingerprint_is_the_digest_of_the_certificate() {
    let fingerprint = certificate_fingerprint(&KEY.certificate).unwrap();
    let bytes: Vec<u8> = fingerprint.split(':').map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    assert_eq!(bytes, digest(&SHA1_FOR_LEGACY_USE_ONLY, &der(&KEY.certificate)).as_ref());
    assert_eq!(fingerprint, fingerprint.to_uppercase());
    assert_eq!(fingerprint.len(), 59);
}

#[test]
fn what_is_no_certificate_has_no_form() {
    assert!(matches!(pkcs7_from_pem("x"), Err(KeyError::Pem)));
    assert!(matches!(certificate_fingerprint("x"), Err(KeyError::Pem)));
}
