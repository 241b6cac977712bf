//! The seeds of the fuzz targets, replayed through the same checks on a stable compiler.
//!
//! What a fuzzer once found is added to `fuzz/seeds` and stays found. `basic_header` is replayed where its parser is.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantd_token::{Certificate, PublicKey};
use serde_json::{Value, json};

use crate::certificates::CERTIFICATE;
use crate::dpop::RFC_9449;
use crate::others::changed;
use crate::public_keys;

#[path = "../../../../fuzz/harness/lib.rs"]
mod harness;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target)
}

fn replay(target: &str, check: fn(&[u8])) {
    let files: Vec<_> = fs::read_dir(folder(target)).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 20, "the seeds of {target} are gone");
    for file in files {
        let input = fs::read(&file).unwrap();
        assert!(std::panic::catch_unwind(|| check(&input)).is_ok(), "{}", file.display());
    }
}

#[test]
fn the_seeds_of_assertions_hold() {
    replay("assertion", harness::assertion);
}

#[test]
fn the_seeds_of_dpop_proofs_hold() {
    replay("dpop_proof", harness::dpop_proof);
}

#[test]
fn the_seeds_of_keys_in_pem_hold() {
    replay("pem", harness::pem);
}

#[test]
fn the_seeds_of_jwks_hold() {
    replay("jwk", harness::jwk);
}

/// The first seeds of each target are made here. `WRITE_SEEDS=1 cargo test -p grantd-token --test token corpus` writes
/// them after a change; what fuzzers found stands beside them under other names.
#[test]
fn the_seeds_are_those_that_are_made_here() {
    let writes = std::env::var_os("WRITE_SEEDS").is_some();
    let targets = [
        ("assertion", assertions()),
        ("dpop_proof", proofs()),
        ("pem", pems()),
        ("jwk", jwks()),
        ("basic_header", basic_headers()),
    ];
    for (target, seeds) in targets {
        fs::create_dir_all(folder(target)).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            let file = folder(target).join(format!("{number:02}"));
            if writes {
                fs::write(&file, seed).unwrap();
            }
            assert!(fs::read(&file).unwrap() == *seed, "{} is another", file.display());
        }
    }
}

type Seeds = Vec<Vec<u8>>;

fn bytes<T: AsRef<[u8]>>(seeds: impl IntoIterator<Item = T>) -> Seeds {
    seeds.into_iter().map(|seed| seed.as_ref().to_vec()).collect()
}

/// One object and many with one change each.
fn variations(good: &Value, changes: &[Value]) -> Seeds {
    let mut seeds = bytes([good.to_string()]);
    seeds.extend(changes.iter().map(|change| changed(good.clone(), change).into_bytes()));
    seeds
}

const NOW: u64 = 1_727_782_196;

fn assertions() -> Seeds {
    let claims = json!({"iss": "CID", "sub": "CID", "aud": "https://t.example/", "iat": NOW, "exp": NOW + 60, "jti": "once"});
    let header = json!({"alg": "EdDSA", "typ": "JWT"});
    let mut seeds = variations(
        &claims,
        &[
            json!({"iat": null}),
            json!({"exp": null}),
            json!({"jti": null}),
            json!({"nbf": NOW}),
            json!({"exp": NOW}),
            json!({"exp": u64::MAX}),
            json!({"exp": -1}),
            json!({"exp": 1.5}),
            json!({"exp": "soon"}),
            json!({"iat": 1e300}),
            json!({"aud": ["https://t.example/"]}),
            json!({"aud": ["https://t.example/", "https://other.example/"]}),
            json!({"aud": []}),
            json!({"sub": "OTHER"}),
            json!({"iss": ["CID"]}),
            json!({"jti": "x".repeat(64)}),
            json!({"jti": "x".repeat(65)}),
            json!({"jti": "\u{0}"}),
            json!({"kubernetes.io": {"namespace": "a"}}),
        ],
    );
    seeds.extend(variations(
        &header,
        &[
            json!({"typ": null}),
            json!({"typ": "client-authentication+jwt"}),
            json!({"typ": "dpop+jwt"}),
            json!({"alg": "none"}),
            json!({"alg": "NoNe"}),
            json!({"alg": "HS256"}),
            json!({"alg": "ES256"}),
            json!({"kid": "k"}),
            json!({"kid": ""}),
            json!({"kid": "k".repeat(65)}),
            json!({"crit": ["b64"], "b64": false}),
            json!({"jwk": public_keys::ed25519()}),
            json!({"jku": "https://evil.example/"}),
            json!({"x5c": ["AAAA"]}),
        ],
    ));
    let token = harness::signed(header.to_string().as_bytes(), claims.to_string().as_bytes());
    let (message, _) = token.rsplit_once('.').unwrap();
    seeds.extend(bytes([
        token.clone(),
        message.to_owned(),
        format!("{message}."),
        format!("{token}."),
        format!("{token}="),
        "..".to_owned(),
        r#"{"exp":1,"exp":1727782256}"#.to_owned(),
        "[".repeat(200),
    ]));
    seeds
}

fn proofs() -> Seeds {
    let url = "https://t.example/oauth/token";
    let claims = json!({"jti": "once", "htm": "POST", "htu": url, "iat": NOW});
    let jwk = serde_json::from_str::<Value>(&harness_jwk()).unwrap();
    let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk});
    let mut private = jwk.clone();
    private["d"] = json!("AAAA");
    let mut seeds = variations(
        &claims,
        &[
            json!({"htm": "GET"}),
            json!({"htm": null}),
            json!({"htu": "HTTPS://T.EXAMPLE:443/oauth/token?a#b"}),
            json!({"htu": "https://t.example:8443/oauth/token"}),
            json!({"iat": NOW - 60}),
            json!({"iat": NOW - 61}),
            json!({"iat": NOW + 10}),
            json!({"iat": 1.5}),
            json!({"iat": null}),
            json!({"jti": ""}),
            json!({"jti": "x".repeat(129)}),
            json!({"ath": "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"}),
            json!({"nonce": "n"}),
        ],
    );
    seeds.extend(variations(
        &header,
        &[
            json!({"typ": "JWT"}),
            json!({"typ": null}),
            json!({"alg": "none"}),
            json!({"alg": "ES256"}),
            json!({"jwk": null}),
            json!({"jwk": private}),
            json!({"jwk": public_keys::p256(), "alg": "ES256"}),
            json!({"jwk": public_keys::p384(), "alg": "ES384"}),
            json!({"jwk": public_keys::rsa(), "alg": "RS256"}),
            json!({"crit": ["x"]}),
            json!({"kid": "k"}),
        ],
    ));
    seeds.push(harness::signed(header.to_string().as_bytes(), claims.to_string().as_bytes()).into_bytes());
    seeds.extend(bytes([
        RFC_9449,
        url,
        "http://localhost",
        "http://[::1]:80/a",
        "https://a:/",
        "https://a@b/",
        "https://a:65536/",
        "https://a\\b/",
        "//a/b",
    ]));
    seeds
}

/// The public half of the harness's key.
fn harness_jwk() -> String {
    let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&harness::KEY.spki()[12..]);
    json!({"kty": "OKP", "crv": "Ed25519", "x": x}).to_string()
}

fn pems() -> Seeds {
    let certificate = Certificate::from_pem(CERTIFICATE).unwrap();
    let rsa = PublicKey::from_jwk(&public_keys::rsa()).unwrap();
    let wrapped = |label: &str, der: &[u8]| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    };
    let mut off_curve = PublicKey::from_pem(public_keys::P256).unwrap().spki().to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    let mut seeds = bytes([
        public_keys::P256,
        public_keys::P384,
        public_keys::ED25519,
        public_keys::P521,
        public_keys::SECP256K1,
        public_keys::P256_COMPRESSED,
        public_keys::X25519,
        CERTIFICATE,
        "",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ]);
    seeds.extend(bytes([
        wrapped("PUBLIC KEY", rsa.spki()),
        wrapped("PRIVATE KEY", b"none"),
        wrapped("RSA PUBLIC KEY", b"none"),
        wrapped("CERTIFICATE", rsa.spki()),
        format!("text before\n{CERTIFICATE}{CERTIFICATE}"),
    ]));
    for pem in [public_keys::P256, public_keys::P384, public_keys::ED25519] {
        seeds.push(PublicKey::from_pem(pem).unwrap().spki().to_vec());
    }
    let der = certificate.der();
    seeds.extend(bytes([rsa.spki(), &off_curve, der, &der[..der.len() / 2], &[der, &[0]].concat()]));
    let subject = certificate.subject_dn();
    seeds.extend(bytes([
        subject.to_owned(),
        format!("{subject}\0{subject}"),
        "CN=a,O=b\0O=b,CN=a".to_owned(),
        "C = es, O = \"Acme, Inc\", CN = a + UID = b".to_owned(),
        r"CN=\C3\BC\,\2B\ ,2.5.4.10=#0c0178".to_owned(),
        "CN=a;O=b".to_owned(),
        "CN=\\".to_owned(),
        "CN=#0c".to_owned(),
        ",+=".to_owned(),
    ]));
    seeds
}

fn jwks() -> Seeds {
    let (rsa, p256, p384, ed25519) =
        (public_keys::rsa(), public_keys::p256(), public_keys::p384(), public_keys::ed25519());
    let mut seeds = variations(
        &p256,
        &[
            json!({"kty": null}),
            json!({"kty": "oct"}),
            json!({"kty": "OKP"}),
            json!({"crv": "P-384"}),
            json!({"crv": "P-521"}),
            json!({"crv": "Ed25519"}),
            json!({"x": "AA"}),
            json!({"y": "4DIAUkuES8sLxhw7Aj188oWpRM2DuTxhufqHgdSKj2Y"}),
            json!({"y": 1}),
            json!({"d": "AAAA"}),
            json!({"use": "enc"}),
        ],
    );
    seeds.extend(variations(
        &rsa,
        &[
            json!({"e": "AQ"}),
            json!({"e": "Ag"}),
            json!({"e": "AAEAAQ"}),
            json!({"n": "AQAB"}),
            json!({"p": "AAAA"}),
            json!({"e": "AQAAAAAAAAAB"}),
        ],
    ));
    seeds.extend(bytes([p384.to_string(), ed25519.to_string()]));
    for keys in [
        json!([rsa, p256, p384, ed25519]),
        json!([]),
        json!([{}]),
        json!([{"kty": "oct", "k": "AAAA"}]),
        json!([1]),
        json!({}),
        json!([{"kty": "AKP", "pub": "AA"}, p256]),
        json!(vec![ed25519.clone(); 65]),
        json!([{"kty": "OKP", "crv": "Ed25519", "x": ed25519["x"], "kid": "a", "alg": "EdDSA", "use": "sig", "key_ops": ["verify"]}]),
    ] {
        seeds.push(json!({"keys": keys}).to_string().into_bytes());
    }
    seeds
}

fn basic_headers() -> Seeds {
    let mut seeds = bytes([
        "",
        "Basic",
        "Basic ",
        "Bearer abc",
        "Basic Og==",
        "basic YTpi",
        "BASIC YTpi",
        "Basic YTpi ",
        "Basic  YTpi",
        "Basic YTpi=",
        "Basic YTp",
        "Basic YT-_",
        "Basic YTpi, Basic YTpi",
        "Basic\tYTpi",
        "Digest username=a",
    ]);
    for text in [
        "a",
        "a:",
        ":b",
        "a:b:c",
        "a%3Ab:c%25",
        "a+b:c+d",
        "a%zz:b",
        "%ff:b",
        "é:ü",
        "CID:secret with space",
        "a%00:b",
        "a\r\n:b",
    ] {
        seeds.push(format!("Basic {}", STANDARD.encode(text)).into_bytes());
    }
    seeds.extend(bytes([b"Basic \xff\xfe".as_slice(), b"Basic /////w=="]));
    seeds
}
