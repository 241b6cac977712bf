//! PEM, the outermost wrapping of keys and certificates (RFC 7468).
//!
//! Apart from what is inside, since private keys are turned away here, before anybody takes them apart.

use x509_parser::pem::{Pem, parse_x509_pem};

use crate::KeyError;

/// Bytes of the longest text, and of the longest DER, that is looked at. An RSA key of 8192 bits in a
/// certificate with a long subject takes a quarter.
pub(crate) const MAX_LENGTH: usize = 16 * 1024;

/// The first block of the text. A private key anywhere in the text is an error of its own.
pub(crate) fn read_pem(text: &str) -> Result<Pem, KeyError> {
    if text.len() > MAX_LENGTH {
        return Err(KeyError::TooLong);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    parse_x509_pem(text.as_bytes()).map(|(_, pem)| pem).map_err(|_| KeyError::Pem)
}

/// The DER of a certificate in PEM.
pub(crate) fn certificate_der(pem: &str) -> Result<Vec<u8>, KeyError> {
    let pem = read_pem(pem)?;
    if pem.label == "CERTIFICATE" { Ok(pem.contents) } else { Err(KeyError::NotACertificate) }
}
