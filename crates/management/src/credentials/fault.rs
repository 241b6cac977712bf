//! Why a credential cannot be as it was asked for.

use grantd_model::{AssertionAlgorithm, Credential, CredentialId, CredentialType};
use grantd_store::{Noun, StoreError};
use grantd_token::KeyError;
use thiserror::Error;

/// A client's mistake about credentials: found when they are registered or put to use, not when they are needed.
#[derive(Debug, Error)]
pub enum CredentialFault {
    /// The key or certificate is missing.
    #[error("a {kind} credential needs pem", kind = .0.as_str())]
    PemMissing(CredentialType),
    /// Neither a name nor a certificate that has one, or both.
    #[error("a cert_subject_dn credential needs either subject_dn or pem")]
    SubjectAmbiguous,
    /// A member that this type of credential does not have.
    #[error("{member} is not for {kind} credentials", kind = .credential_type.as_str())]
    NotForType {
        /// Which member.
        member: &'static str,
        /// Which type.
        credential_type: CredentialType,
    },
    /// The key or certificate cannot be used.
    #[error("the key or certificate cannot be used")]
    Unusable(#[source] KeyError),
    /// The key does not go with the algorithm.
    #[error("the key does not support {0}")]
    AlgorithmMismatch(AssertionAlgorithm),
    /// The expiry is to be read from a certificate, and there is none.
    #[error("only a certificate has an expiry")]
    ExpiryWithoutCertificate,
    /// The expiry is both given and to be read.
    #[error("parse_expiry_from_cert and expires_at exclude each other")]
    ExpiryTwice,
    /// The expiry is over.
    #[error("the credential has expired")]
    Expired,
    /// The expiry is the certificate's, or there is none.
    #[error("only a public_key credential has an expiry that can be changed")]
    ExpiryFixed,
    /// The distinguished name is empty or cannot be read.
    #[error("the distinguished name cannot be read")]
    Subject,
    /// The client has as many credentials as it may.
    #[error("a client has at most {most} credentials", most = Credential::PER_CLIENT)]
    TooMany,
    /// Another key of the client has the name.
    #[error("another key of the client has the same kid")]
    KidTaken,
    /// A credential that counts for its client is to be deleted.
    #[error("the credential is in use")]
    InUse,
    /// A credential that the client does not have is to count for it.
    #[error("the client has no credential {0}")]
    Unknown(CredentialId),
    /// A credential is to count for what another type is for.
    #[error("the credential {id} is not of the type {kind}", kind = .needed.as_str())]
    WrongType {
        /// Which credential.
        id: CredentialId,
        /// Which type is needed.
        needed: CredentialType,
    },
}

impl CredentialFault {
    /// The client's mistake behind a failed commit, if it is one about credentials.
    pub(crate) fn behind(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::TooMany(Noun::Credential) => Some(Self::TooMany),
            StoreError::Duplicate(Noun::Credential) => Some(Self::KidTaken),
            StoreError::InUse(Noun::Credential) => Some(Self::InUse),
            _ => None,
        }
    }
}
