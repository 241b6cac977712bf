//! The other two forms that Auth0 shows certificates in: a bag of certificates, and a fingerprint.
//!
//! The bag is a PKCS #7 message that signs nothing (RFC 2315 §9, "degenerate"): a fixed frame around the certificate,
//! so it is written here byte by byte.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::KeyError;
use crate::public_key::certificate_der;

const SEQUENCE: u8 = 0x30;
/// `[0]`: the content of a message, and the certificates in it.
const CONTEXT_0: u8 = 0xa0;
/// The version, 1, and no digest algorithms.
const VERSION_AND_NO_DIGESTS: &[u8] = b"\x02\x01\x01\x31\x00";
/// A sequence of the object identifier of `data`, 1.2.840.113549.1.7.1: there is none.
const NO_DATA: &[u8] = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// The object identifier of `signedData`, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// No signatures.
const NO_SIGNERS: &[u8] = b"\x31\x00";

/// Characters in a line of PEM (RFC 7468 §2).
const LINE: usize = 64;

/// The certificate in PEM as a PKCS #7 bag in PEM (Auth0: `pkcs7`).
pub fn pkcs7_from_pem(certificate: &str) -> Result<String, KeyError> {
    let certificates = element(CONTEXT_0, &certificate_der(certificate)?);
    let signed = [VERSION_AND_NO_DIGESTS, NO_DATA, &certificates, NO_SIGNERS].concat();
    let content = element(CONTEXT_0, &element(SEQUENCE, &signed));
    Ok(to_pem("PKCS7", &element(SEQUENCE, &[SIGNED_DATA, &content].concat())))
}

/// The SHA-1 digest of the certificate's DER, as upper-case hexadecimal pairs with colons between them (Auth0:
/// `fingerprint`).
pub fn certificate_fingerprint(certificate: &str) -> Result<String, KeyError> {
    let der = certificate_der(certificate)?;
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der);
    let pairs = digest.as_ref().iter().map(|byte| format!("{byte:02X}"));
    Ok(pairs.collect::<Vec<_>>().join(":"))
}

/// A DER element: tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut element = vec![tag];
    match significant.as_slice() {
        [] => element.push(0),
        [short @ 0..0x80] => element.push(*short),
        long => {
            // At most eight bytes.
            element.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

/// PEM of a public key, from its `SubjectPublicKeyInfo` (RFC 7468 §13).
pub fn spki_to_pem(der: &[u8]) -> String {
    to_pem("PUBLIC KEY", der)
}

fn to_pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut body = String::with_capacity(encoded.len() + encoded.len() / LINE);
    for (position, letter) in encoded.chars().enumerate() {
        if position > 0 && position % LINE == 0 {
            body.push('\n');
        }
        body.push(letter);
    }
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
