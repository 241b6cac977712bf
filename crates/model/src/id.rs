//! Typed identifiers, with the shapes of Auth0's.
//!
//! An identifier is opaque text with cheap clones; only [`generate`](ClientId::generate) knows the shape.
//! Whatever a request names is wrapped as it came: an identifier of the wrong shape names nothing.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entropy::{Entropy, alphanumeric, base58, decimal, hexadecimal};

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

identifiers! {
    /// `client_id`: 32 letters and digits; a strict third-party client has `tpc_` and 22.
    ClientId,
    /// `cgr_` and 16 letters and digits.
    ClientGrantId,
    /// `cred_` and 22 characters of base58.
    CredentialId,
    /// `org_` and 16 letters and digits.
    OrganizationId,
    /// 24 hexadecimal digits.
    ResourceServerId,
    /// `fid_` and 22 letters and digits.
    FederatedIdentityId,
    /// `kid` of a signing key: 21 letters and digits.
    KeyId,
    /// `lst_` and 16 digits.
    LogStreamId,
    /// `ord_` and 22 letters and digits.
    DiscoveryDomainId,
    /// An access token on the denylist: a digest of 43 characters of base64url.
    TokenId,
}

impl ClientId {
    /// A new identifier for a first-party or permissive third-party client.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(alphanumeric(entropy, 32).into())
    }

    /// A new identifier for a strict third-party client (Auth0: Third-party applications).
    pub fn generate_third_party(entropy: &dyn Entropy) -> Self {
        Self(format!("tpc_{}", alphanumeric(entropy, 22)).into())
    }
}

impl ClientGrantId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("cgr_{}", alphanumeric(entropy, 16)).into())
    }
}

impl CredentialId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("cred_{}", base58(entropy, 22)).into())
    }
}

impl OrganizationId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("org_{}", alphanumeric(entropy, 16)).into())
    }
}

impl DiscoveryDomainId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("ord_{}", alphanumeric(entropy, 22)).into())
    }
}

impl ResourceServerId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(hexadecimal(entropy, 24).into())
    }
}

impl FederatedIdentityId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("fid_{}", alphanumeric(entropy, 22)).into())
    }
}

impl KeyId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(alphanumeric(entropy, 21).into())
    }
}

impl LogStreamId {
    /// A new identifier.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(format!("lst_{}", decimal(entropy, 16)).into())
    }
}
