//! Client secrets as the token path holds them: digests under a key that never leaves the process.
//!
//! The secrets are random and long, so a keyed hash is enough, and costs less than a microsecond where a
//! password hash would cost the whole speed of the server.

use aws_lc_rs::{constant_time, hmac, rand};
use grantd_model::Secret;

/// The digest of one secret.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

/// The key of the digests: made with the process, and gone with it.
#[derive(Clone)]
pub(crate) struct DigestKey(hmac::Key);

impl DigestKey {
    /// A new random key; none if the operating system has no randomness.
    pub(crate) fn generate() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).ok()?;
        Some(Self(key))
    }

    /// The digest to keep for a secret.
    pub(crate) fn digest(&self, secret: &Secret) -> SecretDigest {
        SecretDigest(self.hash(secret.expose()))
    }

    /// Whether a secret is the one of the digest. Without a digest the answer is no, after the same work.
    pub(crate) fn matches(&self, digest: Option<&SecretDigest>, presented: &[u8]) -> bool {
        let nobody = SecretDigest([0; 32]);
        let expected = digest.unwrap_or(&nobody);
        let equal = constant_time::verify_slices_are_equal(&expected.0, &self.hash(presented)).is_ok();
        equal & digest.is_some()
    }

    fn hash(&self, secret: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.iter_mut().zip(hmac::sign(&self.0, secret).as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }
}
