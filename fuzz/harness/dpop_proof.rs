//! DPoP proofs.

use grantd_model::Timestamp;
use grantd_token::{ClaimError, DpopError, DpopProof};
use serde_json::{Value, json};

use super::signer::{KEY, jwk, signed};

const URL: &str = "https://t.example/oauth/token";
const NOW: u64 = 1_727_782_196;

/// A proof as a whole, as its claims, as its header and as its URL.
pub fn dpop_proof(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        if let Ok(proof) = verify(text, URL) {
            sound(&proof);
        }
        if text.contains("://") {
            url(text);
        }
    }
    if super::is_object(input) {
        claims(input);
        header(input);
    }
}

fn verify(proof: &str, url: &str) -> Result<DpopProof, DpopError> {
    let with_token = DpopProof::verify(proof, "POST", &[url], Some("token"), Timestamp::from_seconds(NOW));
    let proof = DpopProof::verify(proof, "POST", &[url], None, Timestamp::from_seconds(NOW));
    assert!(proof.is_ok() || with_token.is_err(), "a token asks for more, never for less");
    proof
}

fn sound(proof: &DpopProof) {
    assert_eq!(proof.thumbprint.len(), 43);
    assert!((1..=128).contains(&proof.jti.chars().count()));
    assert!((NOW - 60..=NOW + 10).contains(&proof.iat.seconds()));
    assert_eq!(proof.exp.seconds(), proof.iat.seconds() + 61);
}

fn good_header() -> String {
    json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk()}).to_string()
}

fn good_claims(url: &str) -> String {
    json!({"jti": "once", "htm": "POST", "htu": url, "iat": NOW}).to_string()
}

fn claims(claims: &[u8]) {
    match verify(&signed(good_header().as_bytes(), claims), URL) {
        Ok(proof) => {
            sound(&proof);
            assert_eq!(proof.thumbprint, KEY.thumbprint());
            let members: Value = serde_json::from_slice(claims).unwrap();
            assert!(members["htm"] == "POST" && members["iat"].is_u64() && members["jti"] == proof.jti);
            let htu = members["htu"].as_str().unwrap();
            assert!(htu.to_ascii_lowercase().starts_with("https://t.example"));
        }
        Err(error) => assert_ne!(error, DpopError::Signature),
    }
}

fn header(header: &[u8]) {
    if let Ok(proof) = verify(&signed(header, good_claims(URL).as_bytes()), URL) {
        assert_eq!(proof.thumbprint, KEY.thumbprint(), "the signature is by the key of the header");
        let header: Value = serde_json::from_slice(header).unwrap();
        assert!(header["typ"] == "dpop+jwt" && header["alg"] == "EdDSA");
        assert!(header["jwk"].get("d").is_none() && header.get("crit").is_none());
    }
}

/// Whatever it is, it names itself or nothing.
fn url(url: &str) {
    let proof = signed(good_header().as_bytes(), good_claims(url).as_bytes());
    match verify(&proof, url) {
        Ok(proof) => sound(&proof),
        Err(DpopError::Jws(_)) => assert!(proof.len() > 4096),
        Err(error) => assert_eq!(error, DpopError::Claim(ClaimError::Form("htu"))),
    }
}
