//! What others sign and send us: client assertions, DPoP proofs, tokens of outside issuers.
//!
//! Apart from [`crate::verify`], which reads our own tokens: here the key is somebody else's, and each kind has
//! its own rules. What they share is the reading: strict JSON, one compact form, an algorithm that the key has to
//! agree with, and claims of which each is looked at by name.

mod assertion;
mod claims;
mod dpop;
mod endpoint;
mod json;
mod jws;
mod outside;
mod outside_keys;

pub use self::assertion::{Assertion, AssertionError, AssertionUse, VerifiedAssertion};
pub use self::claims::ClaimError;
pub use self::dpop::{DpopError, DpopProof};
pub use self::jws::JwsError;
pub use self::outside::{Attempts, OutsideAssertion, OutsideClaims, OutsideError};
pub use self::outside_keys::{OutsideKeys, OutsideKeysError};
