//! Client secrets as the token path holds them: digests under a key that never leaves the process.
//!
//! The secrets are random and long, so a keyed hash is enough, and costs less than a microsecond where a
//! password hash would cost the whole speed of the server.

use aws_lc_rs::{constant_time, hmac, rand};
use grantd_model::{ClientSecret, ClientSecretId, Secret, Timestamp};

/// The digest of one secret.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

/// A secret as the token path knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownSecret {
    id: ClientSecretId,
    expires_at: Option<Timestamp>,
    digest: SecretDigest,
}

impl KnownSecret {
    fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expiry| expiry > now)
    }
}

/// The secrets of one client. The current one is kept apart, so that the many clients that have no other cost
/// nothing more.
#[derive(Clone, Debug)]
pub(crate) struct KnownSecrets {
    current: KnownSecret,
    further: Box<[KnownSecret]>,
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

    /// What to keep of a client's secrets.
    pub(crate) fn known(&self, current: &ClientSecret, further: &[ClientSecret]) -> KnownSecrets {
        let known = |secret: &ClientSecret| KnownSecret {
            id: secret.id,
            expires_at: secret.expires_at,
            digest: self.digest(&secret.value),
        };
        KnownSecrets { current: known(current), further: further.iter().map(known).collect() }
    }

    /// Which of the secrets this is, if it is one of them and live.
    ///
    /// The presented secret is hashed once and compared with as many digests as a client may have, whether there
    /// are ten, one, or no client at all: a comparison costs some nanoseconds and the hash hundreds, so that the
    /// usual client pays next to nothing for its time not telling how many secrets there are.
    pub(crate) fn matching(
        &self,
        secrets: Option<&KnownSecrets>,
        presented: &[u8],
        now: Timestamp,
    ) -> Option<ClientSecretId> {
        let nobody = SecretDigest([0; 32]);
        let presented = self.hash(presented);
        let current = secrets.map(|secrets| &secrets.current);
        let further = secrets.map(|secrets| &*secrets.further).unwrap_or_default();
        let mut found = None;
        for place in 0..ClientSecret::MOST {
            let known = if place == 0 { current } else { further.get(place - 1) };
            let expected = known.map_or(&nobody, |known| &known.digest);
            let equal = constant_time::verify_slices_are_equal(&expected.0, &presented).is_ok();
            if let Some(known) = known.filter(|known| equal && known.is_live(now)) {
                found = Some(known.id);
            }
        }
        found
    }

    fn digest(&self, secret: &Secret) -> SecretDigest {
        SecretDigest(self.hash(secret.expose()))
    }

    fn hash(&self, secret: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.iter_mut().zip(hmac::sign(&self.0, secret).as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }
}
