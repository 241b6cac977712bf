//! Keys of others in each of their three wrappings, with thumbprints that Node computed of keys made with openssl.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::AssertionAlgorithm;
use grantd_model::AssertionAlgorithm::{ES256, ES384, EdDSA, PS256, RS256, RS384};
use grantd_token::{AlgorithmNames, KeyError, PublicKey};
use serde_json::{Value, json};

use crate::fixtures::{OTHER_KEY, SIGNER};

pub const P256: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4DIAUkuES8sLxhw7Aj188oWpRM2D
uTxhufqHgdSKj2aBjgCOeymF/U+uA9eJGuvjfOKvmbNJhIg1bt+hGfLFZg==
-----END PUBLIC KEY-----
";
pub const P384: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEFaFMQmGAG8jm/ZBepkcS/LEdHt1F3332
8mG017dzuYPjZlS4ly2XqH+HuvodFN63bEtrudbaISMwzWdix+9BoGBOUWGTf1x6
g4qI6MtHtILGljBwfrZNmtxEKr/f6kha
-----END PUBLIC KEY-----
";
pub const ED25519: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAoi+Z2rytxneCbrAhPrKCFGq3CQANj37ZO8Jb40V3f4k=
-----END PUBLIC KEY-----
";
pub const P521: &str = "\
-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAwqKtkyc/IjZV9Nve3rMOJsXJCiuV
KF8fl5qgk4B9rvs1K+YrL17m7mQCPAwllPYHEMAod2978BxkqSJs/9ILwjEBoMqq
NDDZDozUubmL9CTdriWxAjRyTikSGaBKsAT+AOHdXSr8oHUdnHLiGLe2lvHWYsFU
B2ZHZGzGowi71jnLF4s=
-----END PUBLIC KEY-----
";
pub const SECP256K1: &str = "\
-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEICtZmoxwTrYmukuJqDx1uKIUxL32fzju
NYYGSnkGlhz8CHi6cadLOoF0TxwhV7YXoBEQxn80MXw402AdYffwvw==
-----END PUBLIC KEY-----
";
pub const P256_COMPRESSED: &str = "\
-----BEGIN PUBLIC KEY-----
MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAC4DIAUkuES8sLxhw7Aj188oWpRM2D
uTxhufqHgdSKj2Y=
-----END PUBLIC KEY-----
";
pub const X25519: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VuAyEAyW1PD0MIncW+IqiaxgmtSJuANjRfUMj3deCSRanwyFA=
-----END PUBLIC KEY-----
";

pub fn p256() -> Value {
    json!({"crv": "P-256", "kty": "EC", "x": "4DIAUkuES8sLxhw7Aj188oWpRM2DuTxhufqHgdSKj2Y", "y": "gY4Ajnsphf1PrgPXiRrr43zir5mzSYSINW7foRnyxWY"})
}

pub fn p384() -> Value {
    json!({"crv": "P-384", "kty": "EC", "x": "FaFMQmGAG8jm_ZBepkcS_LEdHt1F33328mG017dzuYPjZlS4ly2XqH-HuvodFN63", "y": "bEtrudbaISMwzWdix-9BoGBOUWGTf1x6g4qI6MtHtILGljBwfrZNmtxEKr_f6kha"})
}

pub fn ed25519() -> Value {
    json!({"crv": "Ed25519", "kty": "OKP", "x": "oi-Z2rytxneCbrAhPrKCFGq3CQANj37ZO8Jb40V3f4k"})
}

/// The key of RFC 7638 §3.1.
pub fn rsa() -> Value {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
}

#[test]
fn has_the_thumbprints_of_rfc_7638_and_rfc_8037() {
    let thumbprint = |jwk: &Value| PublicKey::from_jwk(jwk).unwrap().thumbprint();
    assert_eq!(thumbprint(&rsa()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let rfc8037 = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(thumbprint(&rfc8037), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn one_key_in_three_wrappings_is_one_key() {
    for (pem, jwk, thumbprint) in [
        (P256, p256(), "TuukhZ7Gt7H8MTm4JYLC4EsAxibimqqbGl86bpf0HcY"),
        (P384, p384(), "D2a6p2Tz3CyjL_57mQHMNS7f8EESZKyW6nKw8Uzw3Po"),
        (ED25519, ed25519(), "vsaxoPGp5qq4t3NbMN1O35ZG3NTLrwhgvAs1M_AVUUA"),
    ] {
        let key = PublicKey::from_pem(pem).unwrap();
        assert_eq!(key.thumbprint(), thumbprint);
        assert_eq!(PublicKey::from_jwk(&jwk).unwrap(), key);
        assert_eq!(PublicKey::from_spki(key.spki()).unwrap(), key);
        assert!(pem.replace('\n', "").contains(&STANDARD.encode(key.spki())));
    }
    let jwk = serde_json::to_value(SIGNER.jwk(AlgorithmNames::Shown)).unwrap();
    let key = PublicKey::from_jwk(&jwk).unwrap();
    assert_eq!(PublicKey::from_pem(&crate::fixtures::KEY.certificate).unwrap(), key);
    assert_eq!(PublicKey::from_spki(key.spki()).unwrap(), key);
    assert_ne!(PublicKey::from_pem(&OTHER_KEY.certificate).unwrap(), key);
}

#[test]
fn the_key_decides_which_algorithms_are_possible() {
    let of = |jwk: Value| {
        let key = PublicKey::from_jwk(&jwk).unwrap();
        AssertionAlgorithm::ALL.into_iter().filter(|algorithm| key.supports(*algorithm)).collect::<Vec<_>>()
    };
    assert_eq!(of(rsa()), [RS256, RS384, PS256]);
    assert_eq!(of(p256()), [ES256]);
    assert_eq!(of(p384()), [ES384]);
    assert_eq!(of(ed25519()), [EdDSA]);
}

#[test]
fn refuses_private_keys_by_name() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let private = pair.serialize_pem();
    for pem in [
        private.clone(),
        private.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
        private.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        private.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        private.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
        format!("{}{private}", pair.public_key_pem()),
    ] {
        assert!(matches!(PublicKey::from_pem(&pem), Err(KeyError::Private)), "{pem}");
    }
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for mut jwk in [rsa(), p256(), ed25519(), json!({"kty": "oct"})] {
            jwk[member] = json!("AQAB");
            assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::Private)), "{jwk}");
            jwk[member] = Value::Null;
            assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::Private)), "{jwk}");
        }
    }
}

#[test]
fn refuses_other_curves_and_kinds() {
    for pem in [P521, SECP256K1, P256_COMPRESSED, X25519] {
        let refused = PublicKey::from_pem(pem);
        assert!(matches!(refused, Err(KeyError::Unsupported)), "{refused:?}");
    }
    for (member, value) in [
        ("kty", "oct"),
        ("kty", "ec"),
        ("kty", "OKP"),
        ("crv", "P-521"),
        ("crv", "secp256k1"),
        ("crv", "Ed25519"),
        ("crv", "X25519"),
        ("crv", "p-256"),
    ] {
        let mut jwk = p256();
        jwk[member] = json!(value);
        assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::Unsupported)), "{jwk}");
    }
}

#[test]
fn refuses_points_that_are_not_on_the_curve() {
    let mut spki = PublicKey::from_pem(P256).unwrap().spki().to_vec();
    *spki.last_mut().unwrap() ^= 1;
    assert!(matches!(PublicKey::from_spki(&spki), Err(KeyError::PublicKey(_))));
    for mut jwk in [p256(), p384()] {
        jwk["y"] = jwk["x"].clone();
        assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::PublicKey(_))), "{jwk}");
    }
    let nothing = URL_SAFE_NO_PAD.encode([0; 32]);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": nothing, "y": nothing});
    assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::PublicKey(_))));
}

#[test]
fn refuses_jwks_of_the_wrong_form() {
    let refuses = |mut jwk: Value, member: &str, value: Value| {
        jwk[member] = value;
        let refused = PublicKey::from_jwk(&jwk);
        assert!(matches!(refused, Err(KeyError::Jwk | KeyError::Unsupported)), "{jwk}: {refused:?}");
    };
    for value in [
        json!(null),
        json!(1),
        json!(""),
        json!("A"),
        json!("AQAB="),
        json!("+/+/"),
        json!([]),
        json!("x".repeat(1368)),
    ] {
        for member in ["kty", "crv", "x", "y"] {
            refuses(p256(), member, value.clone());
        }
        refuses(ed25519(), "x", value);
    }
    for value in [json!(null), json!(1), json!("A"), json!("AQAB="), json!("AAEAAQ"), json!([])] {
        refuses(rsa(), "e", value.clone());
        refuses(rsa(), "n", value);
    }
    for jwk in [json!(null), json!([]), json!("x"), json!({})] {
        assert!(matches!(PublicKey::from_jwk(&jwk), Err(KeyError::Jwk)), "{jwk}");
    }
}

#[test]
fn refuses_rsa_keys_that_protect_nothing() {
    let jwk = |bits: usize, e: &str| {
        let mut n = vec![0xa5; bits / 8];
        n[0] = 0x80;
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": e})
    };
    assert!(PublicKey::from_jwk(&jwk(2048, "AQAB")).is_ok());
    assert!(PublicKey::from_jwk(&jwk(4096, "Aw")).is_ok());
    for bits in [512, 1024, 2040] {
        assert!(
            matches!(PublicKey::from_jwk(&jwk(bits, "AQAB")), Err(KeyError::ModulusSize { .. })),
            "{bits}"
        );
    }
    for bits in [4104, 8192, 8200] {
        assert!(PublicKey::from_jwk(&jwk(bits, "AQAB")).is_err(), "{bits}");
    }
    for exponent in ["AQ", "Ag", "AQAA", "AQAD", "AQEB", "_____w", ""] {
        assert!(matches!(PublicKey::from_jwk(&jwk(2048, exponent)), Err(KeyError::Unsound)), "{exponent}");
    }
    assert!(PublicKey::from_jwk(&jwk(2048, "AQAAAAAAAAAB")).is_err(), "verifying would take for ever");
}

#[test]
fn names_of_algorithms_are_exact() {
    for algorithm in AssertionAlgorithm::ALL {
        assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
        assert_eq!(serde_json::to_value(algorithm).unwrap(), json!(algorithm.as_str()));
    }
    for name in ["none", "HS256", "rs256", "RS512", "eddsa", "EDDSA", "", " RS256"] {
        assert!(name.parse::<AssertionAlgorithm>().is_err(), "{name}");
    }
}
