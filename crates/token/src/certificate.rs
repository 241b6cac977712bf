//! Certificates of others: what clients register, and what they show in the TLS handshake.
//!
//! Only what a certificate *is* is read here. Whether it is trusted is asked where it is shown: by thumbprint,
//! by subject, or along a chain.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::time::ASN1Time;

use crate::distinguished_name::DistinguishedName;
use crate::public_key::certificate_der;
use crate::public_key::pem::MAX_LENGTH;
use crate::{KeyError, PublicKey};

/// An X.509 certificate. Equal ones have the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    spki: Vec<u8>,
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// From PEM of at most 16 KiB; of several certificates the first. A private key beside it is an error.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Self::from_der(&certificate_der(pem)?)
    }

    /// From DER of at most 16 KiB.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if der.len() > MAX_LENGTH {
            return Err(KeyError::TooLong);
        }
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| KeyError::Der)?;
        if !rest.is_empty() {
            return Err(KeyError::Der);
        }
        let validity = certificate.validity();
        Ok(Self {
            spki: certificate.public_key().raw.to_vec(),
            subject: DistinguishedName::of(certificate.subject()).to_string(),
            not_before: timestamp(validity.not_before),
            not_after: timestamp(validity.not_after),
            der: der.to_vec(),
        })
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `x5t#S256` and `thumbprint_sha256`: SHA-256 of the DER, base64url, 43 characters (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }

    /// The subject, one `TYPE=value` per line in the certificate's order (Auth0: `subject_dn`); empty if it
    /// has none. [`crate::same_subject`] compares.
    pub fn subject_dn(&self) -> &str {
        &self.subject
    }

    /// Its first second.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Its last second.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The key that it is for.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki(&self.spki)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Certificate");
        shown.field("subject", &self.subject).field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}

/// What is before 1970 is written as 1970.
fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_seconds(u64::try_from(time.timestamp()).unwrap_or_default())
}
