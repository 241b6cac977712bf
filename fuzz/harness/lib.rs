//! What has to hold for every input, whatever it is.
//!
//! The fuzz targets call these, and `cargo test` replays the corpus through them (`crates/token/tests`), so that
//! what was once found stays found on a stable compiler. Each input is used in several ways: as the whole thing,
//! and, under a good signature, as its claims and as its header, which chance would never reach.

mod assertion;
mod dpop_proof;
mod jwk;
mod pem;
mod signer;

pub use assertion::assertion;
pub use dpop_proof::dpop_proof;
pub use jwk::jwk;
pub use pem::pem;
pub use signer::{KEY, signed};

/// Only an object is worth a signature: signing is what takes the time.
fn is_object(input: &[u8]) -> bool {
    input.first() == Some(&b'{') && serde_json::from_slice::<serde_json::Value>(input).is_ok()
}
