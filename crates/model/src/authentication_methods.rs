//! How a client proves itself without a secret: exactly one method, with the credentials that count for it.

use serde::{Deserialize, Serialize};

use crate::{CredentialId, CredentialType};

/// The method, as `client_authentication_methods` of a client has it (Auth0: Update a client).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthenticationMethods {
    /// Assertions that the client signs (RFC 7523 §2.2).
    PrivateKeyJwt(EnabledCredentials),
    /// A certificate by a trusted authority, recognised by its subject (RFC 8705 §2.1).
    TlsClientAuth(EnabledCredentials),
    /// A certificate that is recognised itself (RFC 8705 §2.2).
    SelfSignedTlsClientAuth(EnabledCredentials),
}

/// The credentials that count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnabledCredentials {
    /// Each by its identifier, in the order in which they were named.
    pub credentials: Vec<CredentialReference>,
}

/// A credential, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReference {
    /// Which.
    pub id: CredentialId,
}

impl ClientAuthenticationMethods {
    /// How many credentials may count at once: the current one and the next (Auth0: Private Key JWT, mTLS).
    pub const MOST: usize = 2;

    /// The method's name (RFC 7591 §2, RFC 8705 §2).
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::PrivateKeyJwt(_) => "private_key_jwt",
            Self::TlsClientAuth(_) => "tls_client_auth",
            Self::SelfSignedTlsClientAuth(_) => "self_signed_tls_client_auth",
        }
    }

    /// The only type of credential that the method takes.
    pub fn credential_type(&self) -> CredentialType {
        match self {
            Self::PrivateKeyJwt(_) => CredentialType::PublicKey,
            Self::TlsClientAuth(_) => CredentialType::CertSubjectDn,
            Self::SelfSignedTlsClientAuth(_) => CredentialType::X509Cert,
        }
    }

    /// Whether the method is mutual TLS.
    pub fn is_mutual_tls(&self) -> bool {
        !matches!(self, Self::PrivateKeyJwt(_))
    }

    /// Whether the credential counts.
    pub fn enables(&self, credential: &CredentialId) -> bool {
        self.credentials().any(|enabled| enabled == credential)
    }

    /// The credentials that count.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialId> {
        let (Self::PrivateKeyJwt(enabled)
        | Self::TlsClientAuth(enabled)
        | Self::SelfSignedTlsClientAuth(enabled)) = self;
        enabled.credentials.iter().map(|reference| &reference.id)
    }
}

impl FromIterator<CredentialId> for EnabledCredentials {
    fn from_iter<T: IntoIterator<Item = CredentialId>>(ids: T) -> Self {
        Self { credentials: ids.into_iter().map(|id| CredentialReference { id }).collect() }
    }
}
