//! ES256 and `EdDSA`, which Auth0 does not have: every dialect checked by an independent implementation, by what the
//! key set publishes and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::{SigningKey, SigningKeyKind};
use grantd_token::{AlgorithmNames, IssueError, KeyError, KeyRing, TokenSigner, VerifyError, jwks, verify};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::fixtures::{AUDIENCE, ED25519_KEY, ISSUER, KEY, NOW, P256_KEY, Situation, message, part};

const DIALECTS: [&str; 4] =
    ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"];

fn curves() -> [(&'static str, Algorithm, &'static SigningKey); 2] {
    [("ES256", Algorithm::ES256, &P256_KEY), ("EdDSA", Algorithm::EdDSA, &ED25519_KEY)]
}

fn situation(algorithm: &str, dialect: &str) -> Situation {
    Situation::new(&json!({"signing_alg": algorithm, "token_dialect": dialect}))
}

fn published(keys: &[&SigningKey], algorithms: AlgorithmNames) -> Value {
    let signers: Vec<TokenSigner> = keys.iter().map(|key| TokenSigner::parse(key).unwrap()).collect();
    serde_json::to_value(jwks(signers.iter(), algorithms)).unwrap()
}

#[test]
fn every_dialect_verifies_by_the_published_key() {
    let set = published(&[&KEY, &P256_KEY, &ED25519_KEY], AlgorithmNames::Shown);
    let set: JwkSet = serde_json::from_value(set).unwrap();
    for (name, algorithm, key) in curves() {
        let signer = TokenSigner::parse(key).unwrap();
        let ring: KeyRing = [signer.verifying_key()].into_iter().collect();
        for dialect in DIALECTS {
            let issued = situation(name, dialect).try_issue_with(&signer).unwrap();
            let token = issued.access_token;
            let typ = if dialect.starts_with("rfc") { "at+jwt" } else { "JWT" };
            let header = format!(r#"{{"alg":"{name}","typ":"{typ}","kid":"{}"}}"#, key.kid);
            assert_eq!(part(&token, 0), header);
            let mut oracle = Validation::new(algorithm);
            oracle.validate_exp = false;
            oracle.set_audience(&[AUDIENCE]);
            let public = DecodingKey::from_jwk(set.find(key.kid.as_str()).unwrap()).unwrap();
            let claims = decode::<Value>(&token, &public, &oracle).unwrap().claims;
            assert_eq!(claims["sub"], "CID@clients", "{name} {dialect}");
            assert!(verify(&token, &ring, ISSUER, AUDIENCE, NOW).is_ok(), "{name} {dialect}");
            assert_eq!(token.capacity(), token.len(), "allocated once, at its length");
        }
    }
}

#[test]
fn a_signature_is_the_two_numbers_of_32_bytes() {
    for (name, _, key) in curves() {
        let token =
            situation(name, "access_token").try_issue_with(&TokenSigner::parse(key).unwrap()).unwrap();
        let signature = token.access_token.rsplit('.').next().unwrap().to_owned();
        assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 64, "{name}");
    }
}

#[test]
fn the_key_set_has_the_members_of_each_kind() {
    let set = published(&[&KEY, &P256_KEY, &ED25519_KEY], AlgorithmNames::Shown);
    let names = |position: usize| {
        let names: Vec<&str> =
            set["keys"][position].as_object().unwrap().keys().map(String::as_str).collect();
        names.join(" ")
    };
    assert_eq!(names(0), "alg kty use x5c n e kid x5t");
    assert_eq!(names(1), "alg kty use x5c crv x y kid x5t");
    assert_eq!(names(2), "alg kty use x5c crv x kid x5t");
    let says = |position: usize, member: &str| set["keys"][position][member].as_str().unwrap().to_owned();
    assert_eq!([says(1, "alg"), says(1, "kty"), says(1, "crv")], ["ES256", "EC", "P-256"]);
    assert_eq!([says(2, "alg"), says(2, "kty"), says(2, "crv")], ["EdDSA", "OKP", "Ed25519"]);
    for (position, member) in [(1, "x"), (1, "y"), (2, "x")] {
        assert_eq!(URL_SAFE_NO_PAD.decode(says(position, member)).unwrap().len(), 32);
    }
}

/// RS256 is not the only algorithm of an RSA key; the other kinds have one each.
#[test]
fn only_rsa_keys_hide_their_algorithm_when_an_api_has_another() {
    let shown = |algorithms| {
        let set = published(&[&KEY, &P256_KEY, &ED25519_KEY], algorithms);
        [0, 1, 2].map(|position| set["keys"][position].get("alg").is_some())
    };
    assert_eq!(shown(AlgorithmNames::Shown), [true, true, true]);
    assert_eq!(shown(AlgorithmNames::HiddenOfRsa), [false, true, true]);
    assert_eq!(shown(AlgorithmNames::Hidden), [false, false, false]);
}

#[test]
fn the_certificate_is_signed_by_its_own_key() {
    for (name, _, key) in curves() {
        let set = published(&[key], AlgorithmNames::Shown);
        let der = STANDARD.decode(set["keys"][0]["x5c"][0].as_str().unwrap()).unwrap();
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
        let bits = &certificate.public_key().subject_public_key.data;
        let verification: &dyn aws_lc_rs::signature::VerificationAlgorithm = match key.kind {
            SigningKeyKind::P256 => &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
            _ => &aws_lc_rs::signature::ED25519,
        };
        let signature = &certificate.signature_value.data;
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(verification, bits.as_ref());
        assert!(public.verify(certificate.tbs_certificate.as_ref(), signature).is_ok(), "{name}");
    }
}

#[test]
fn a_key_signs_with_the_algorithms_of_its_kind_only() {
    for key in [&*KEY, &*P256_KEY, &*ED25519_KEY] {
        let signer = TokenSigner::parse(key).unwrap();
        for algorithm in ["RS256", "RS512", "PS256", "ES256", "EdDSA"] {
            let situation = situation(algorithm, "access_token");
            let fits = key.kind.algorithms().contains(&situation.api.signing_alg);
            match situation.try_issue_with(&signer) {
                Ok(_) => assert!(fits, "{algorithm} {:?}", key.kind),
                Err(IssueError::SigningKeyKind) => assert!(!fits, "{algorithm} {:?}", key.kind),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// A header that names one key and the algorithm of another kind gets nobody in.
#[test]
fn no_key_verifies_under_the_algorithm_of_another_kind() {
    let keys = [&*KEY, &*P256_KEY, &*ED25519_KEY];
    let signers: Vec<TokenSigner> = keys.iter().map(|key| TokenSigner::parse(key).unwrap()).collect();
    let ring: KeyRing = signers.iter().map(TokenSigner::verifying_key).collect();
    for (name, _, key) in curves() {
        let token =
            situation(name, "access_token").try_issue_with(&TokenSigner::parse(key).unwrap()).unwrap();
        let (signed, signature) = token.access_token.rsplit_once('.').unwrap();
        assert!(verify(&token.access_token, &ring, ISSUER, AUDIENCE, NOW).is_ok());
        for algorithm in ["RS256", "HS256", "ES256", "ES384", "EdDSA", "none"] {
            for other in keys {
                let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{}"}}"#, other.kid);
                let renamed = message(&header, &part(&token.access_token, 1));
                if renamed != signed {
                    let outcome = verify(&format!("{renamed}.{signature}"), &ring, ISSUER, AUDIENCE, NOW);
                    assert_eq!(outcome, Err(VerifyError::Invalid), "{header}");
                }
            }
        }
    }
}

#[test]
fn a_record_that_says_another_kind_is_refused() {
    for (kind, key) in [
        (SigningKeyKind::Ed25519, &*P256_KEY),
        (SigningKeyKind::P256, &*ED25519_KEY),
        (SigningKeyKind::P256, &*KEY),
    ] {
        let mislabelled = SigningKey { kind, ..key.clone() };
        assert!(matches!(TokenSigner::parse(&mislabelled), Err(KeyError::PrivateKey(_))));
    }
    let mixed = SigningKey { certificate: KEY.certificate.clone(), ..P256_KEY.clone() };
    assert!(TokenSigner::parse(&mixed).is_err());
}
