//! Keys: made, published, taken apart, and refused when they do not fit together.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::{KeyId, SigningKey, SigningKeyKind, SigningKeyState, Timestamp};
use grantd_token::{AlgorithmNames, Issuer, KeyError, TokenSigner, VerifyingKey, generate_signing_key, jwks};
use x509_parser::public_key::PublicKey;

use crate::fixtures::{Counting, KEY, NOW, OTHER_KEY, SIGNER};

#[test]
fn a_new_key_has_a_certificate_in_the_name_of_the_issuer() {
    assert_eq!(KEY.kid, KeyId::from("ABCDEFGHIJKLMNOPQRSTU"));
    assert_eq!((KEY.state, KEY.created_at), (SigningKeyState::Current, NOW));
    let (_, pem) = x509_parser::pem::parse_x509_pem(KEY.certificate.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=t.example");
    assert_eq!(certificate.issuer().to_string(), "CN=t.example");
    let validity = certificate.validity();
    assert_eq!(validity.not_before.timestamp(), 1_727_782_196);
    assert_eq!(validity.not_after.timestamp(), 1_727_782_196 + 5000 * 86_400);
    let key = &certificate.public_key().subject_public_key.data;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref());
    let signed = key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data);
    assert!(signed.is_ok(), "signed by itself");
}

#[test]
fn no_certificate_outlives_the_calendar() {
    let late = Timestamp::from_millis(u64::MAX);
    assert!(matches!(
        generate_signing_key(SigningKeyKind::Rsa2048, "t.example", late, &Counting::from(0)),
        Err(KeyError::Lifetime)
    ));
}

#[test]
fn the_published_key_is_the_one_in_the_certificate() {
    let jwk = SIGNER.jwk(AlgorithmNames::Shown);
    let der = STANDARD.decode(&jwk.x5c[0]).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
    let PublicKey::RSA(key) = certificate.public_key().parsed().unwrap() else { panic!("not an RSA key") };
    let n = URL_SAFE_NO_PAD.decode(jwk.n.unwrap()).unwrap();
    assert_eq!(n.len(), 256);
    assert_eq!(key.modulus, [&[0], n.as_slice()].concat(), "DER has a leading zero, a JWK has none");
    assert_eq!(jwk.e.unwrap(), "AQAB");
    assert_eq!(jwk.x5t, URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &der)));
}

#[test]
fn the_key_set_has_the_members_of_auth0_in_their_order() {
    let jwk = SIGNER.jwk(AlgorithmNames::Shown);
    let (x5c, n, x5t) = (&jwk.x5c[0], jwk.n.unwrap(), &jwk.x5t);
    let rest = format!(
        r#""kty":"RSA","use":"sig","x5c":["{x5c}"],"n":"{n}","e":"AQAB","kid":"ABCDEFGHIJKLMNOPQRSTU","x5t":"{x5t}"}}"#
    );
    let published = |algorithms| serde_json::to_string(&jwks([&*SIGNER].into_iter(), algorithms)).unwrap();
    assert_eq!(published(AlgorithmNames::Shown), format!(r#"{{"keys":[{{"alg":"RS256",{rest}]}}"#));
    for hidden in [AlgorithmNames::HiddenOfRsa, AlgorithmNames::Hidden] {
        assert_eq!(published(hidden), format!(r#"{{"keys":[{{{rest}]}}"#));
    }
}

#[test]
fn a_key_with_the_certificate_of_another_is_refused() {
    let mixed = SigningKey { certificate: OTHER_KEY.certificate.clone(), ..KEY.clone() };
    assert!(matches!(TokenSigner::parse(&mixed), Err(KeyError::CertificateMismatch)));
}

#[test]
fn damaged_keys_are_refused() {
    let private_key = SigningKey { private_key: "not a key".into(), ..KEY.clone() };
    assert!(matches!(TokenSigner::parse(&private_key), Err(KeyError::PrivateKey(_))));
    let certificate = SigningKey { certificate: "not a certificate".into(), ..KEY.clone() };
    assert!(matches!(TokenSigner::parse(&certificate), Err(KeyError::Pem)));
    assert!(matches!(VerifyingKey::try_from(&certificate), Err(KeyError::Pem)));
}

#[test]
fn nothing_private_shows() {
    let shown = format!("{:?} {:?} {:?}", *KEY, *SIGNER, SIGNER.verifying_key());
    assert!(shown.contains("ABCDEFGHIJKLMNOPQRSTU"));
    assert!(!shown.contains("308204"), "no DER of a private key: {shown}");
    assert_eq!(format!("{:?}", *SIGNER), r#"TokenSigner { kid: "ABCDEFGHIJKLMNOPQRSTU", .. }"#);
}

#[test]
fn the_issuer_ends_with_a_slash_and_names_other_things() {
    for (url, issuer, host) in [
        ("https://t.example", "https://t.example/", "t.example"),
        ("https://localhost:8443/", "https://localhost:8443/", "localhost"),
        ("https://[::1]:8443/", "https://[::1]:8443/", "[::1]"),
        ("https://[::1]/", "https://[::1]/", "[::1]"),
    ] {
        let named = Issuer::new(url);
        assert_eq!((&*named.url, named.host()), (issuer, host));
        assert_eq!(named.management_api().as_str(), format!("{issuer}api/v2/"));
    }
}
