//! Tokens: making them from an authorization and a key, publishing the keys, verifying our own.
//!
//! Pure: time and randomness are parameters, nothing is read or written. Issuing is our own code on aws-lc-rs,
//! because libraries parse the private key for every signature; verifying goes through jsonwebtoken. The two
//! check each other in the tests. What others sign is read in `inbound`.

mod certificate;
mod claims;
mod distinguished_name;
mod encryption;
mod error;
mod header;
mod identity;
mod inbound;
mod inspect;
mod issue;
mod issuer;
mod jwks;
mod key_pair;
mod keys;
mod pkcs7;
mod public_half;
mod public_key;
mod signature;
mod signer;
mod verify;

pub use certificate::Certificate;
pub use distinguished_name::same_subject;
pub use encryption::{EncryptionPublicKey, rsa_thumbprint_from_pem};
pub use error::{IssueError, KeyError};
pub use inbound::{
    Assertion, AssertionError, AssertionUse, Attempts, ClaimError, DpopError, DpopProof, JwsError,
    OutsideAssertion, OutsideClaims, OutsideError, OutsideKeys, OutsideKeysError, VerifiedAssertion,
};
pub use inspect::{InspectError, InspectedToken, inspect};
pub use issue::{IssuedToken, issue};
pub use issuer::Issuer;
pub use jwks::{AlgorithmNames, Jwk, Jwks, jwks};
pub use keys::generate_signing_key;
pub use pkcs7::{certificate_fingerprint, pkcs7_from_pem, spki_to_pem};
pub use public_key::PublicKey;
pub use signer::TokenSigner;
pub use verify::{AccessTokenClaims, Binding, KeyRing, VerifyError, VerifyingKey, verify};
