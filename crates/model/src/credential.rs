//! Client credentials: what a client proves itself with instead of a secret.
//!
//! A credential is registered first and counts only while one of the client's authentication methods (or its
//! signed requests) names it. Keys and certificates are public: nothing in here is secret.

use serde::{Deserialize, Serialize};

use crate::{AssertionAlgorithm, ClientId, CredentialId, Timestamp};

/// A key, a certificate or the name of a certificate's holder (Auth0: Create a client credential).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its identifier.
    pub id: CredentialId,
    /// Whose it is.
    pub client_id: ClientId,
    /// The name shown to people, at most 128 characters.
    pub name: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// From when on it no longer counts.
    pub expires_at: Option<Timestamp>,
    /// What it is.
    pub kind: CredentialKind,
}

/// What a credential is; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A key that the client signs with.
    PublicKey {
        /// How assertions name the key; within one client a name is that of one key.
        kid: String,
        /// The only algorithm that signatures by this credential may have.
        alg: AssertionAlgorithm,
        /// The key: DER of `SubjectPublicKeyInfo` (RFC 5280 §4.1).
        spki: Vec<u8>,
    },
    /// A certificate that the client presents, signed by whomever.
    X509Cert {
        /// SHA-256 of the certificate's DER, base64url (RFC 8705 §3.1: `x5t#S256`).
        thumbprint_sha256: String,
    },
    /// Whom a certificate that the client presents must be issued to, by an authority that is trusted here.
    CertSubjectDn {
        /// The distinguished name: one attribute a line, or as RFC 4514 writes it.
        subject_dn: String,
    },
}

/// The name of a kind of credential, as `credential_type` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialType {
    /// [`CredentialKind::PublicKey`].
    PublicKey,
    /// [`CredentialKind::X509Cert`].
    X509Cert,
    /// [`CredentialKind::CertSubjectDn`].
    CertSubjectDn,
}

impl Credential {
    /// How many a client may have, in use or not.
    pub const PER_CLIENT: usize = 20;

    /// Whether the credential no longer counts.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

impl CredentialKind {
    /// The kind's name.
    pub fn credential_type(&self) -> CredentialType {
        match self {
            Self::PublicKey { .. } => CredentialType::PublicKey,
            Self::X509Cert { .. } => CredentialType::X509Cert,
            Self::CertSubjectDn { .. } => CredentialType::CertSubjectDn,
        }
    }
}

impl CredentialType {
    /// The name, as the wire and the store have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicKey => "public_key",
            Self::X509Cert => "x509_cert",
            Self::CertSubjectDn => "cert_subject_dn",
        }
    }
}
