//! What a rotation of the signing keys does, and when there may be one.
//!
//! All kinds rotate together. The next key becomes the current one at once, since verifiers know it already; what is
//! made anew is the next one, which they have until the rotation after this one to learn of.

use thiserror::Error;

use crate::{KeyId, SigningKey, SigningKeyKind, SigningKeyState, Timestamp};

/// Previous keys that are published at most; verifiers read them all.
const PREVIOUS: usize = 64;

/// Days between two rotations by schedule at least: with keys of all kinds, daily rotations would publish more than
/// [`PREVIOUS`] keys before tokens of the first have run out, and then stand still.
pub const FEWEST_ROTATION_DAYS: u16 = 2;

/// Revoked keys that are remembered.
const REVOKED: usize = 64;

/// Why the keys cannot rotate yet. Both pass by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RotationFault {
    /// A verifier may have a key set without the next key still, and would meet a `kid` that it does not know.
    #[error("the next key was made a moment ago: not every verifier can know it for {seconds} s")]
    TooSoon {
        /// Seconds until it can.
        seconds: u64,
    },
    /// As many previous keys as there may be are published, and tokens of theirs may live.
    #[error("there are too many previous keys for {seconds} s")]
    TooMany {
        /// Seconds until the oldest of them is outlived.
        seconds: u64,
    },
}

impl RotationFault {
    /// Seconds after which to try again; at least 1.
    pub fn retry_after(self) -> u64 {
        match self {
            Self::TooSoon { seconds } | Self::TooMany { seconds } => seconds.max(1),
        }
    }
}

/// One rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRotation {
    /// The keys whose state changes, in this order, each with its former state. The place of the current key is left
    /// before it is taken.
    pub moved: Vec<(SigningKey, SigningKeyState)>,
    /// The kinds that need a new next key.
    pub kinds: Vec<SigningKeyKind>,
    /// The keys that no living token is signed with, and revoked ones that are long gone.
    pub outlived: Vec<KeyId>,
}

impl KeyRotation {
    /// The rotation of these keys, oldest first.
    pub fn of(keys: &[SigningKey], now: Timestamp) -> Result<Self, RotationFault> {
        let in_state = |state| keys.iter().filter(move |key: &&SigningKey| key.state == state);
        let unknown = in_state(SigningKeyState::Next).map(|key| key.seconds_until_known(now)).max();
        if let Some(seconds) = unknown.filter(|seconds| *seconds > 0) {
            return Err(RotationFault::TooSoon { seconds });
        }
        let mut rotation = Self::default();
        for current in in_state(SigningKeyState::Current) {
            // Without a next key there is nothing to put in its place yet.
            if let Some(next) = in_state(SigningKeyState::Next).find(|next| next.kind == current.kind) {
                rotation.moved.push((current.clone().retired(now), SigningKeyState::Current));
                rotation.moved.push((next.clone().promoted(now), SigningKeyState::Next));
            }
            rotation.kinds.push(current.kind);
        }
        rotation.clean_up(keys, now)?;
        Ok(rotation)
    }

    fn clean_up(&mut self, keys: &[SigningKey], now: Timestamp) -> Result<(), RotationFault> {
        let previous = keys.iter().filter(|key| key.state == SigningKeyState::Previous);
        let (published, revoked): (Vec<_>, Vec<_>) = previous.partition(|key| key.is_published());
        let waits = |key: &&SigningKey| key.seconds_until_outlived(now).filter(|seconds| *seconds > 0);
        let waiting: Vec<u64> = published.iter().filter_map(waits).collect();
        if waiting.len() + self.kinds.len() > PREVIOUS {
            return Err(RotationFault::TooMany { seconds: waiting.into_iter().min().unwrap_or_default() });
        }
        let outlived = published.into_iter().filter(|key| waits(key).is_none());
        let long_gone = revoked.iter().rev().skip(REVOKED).copied();
        self.outlived = outlived.chain(long_gone).map(|key| key.kid.clone()).collect();
        Ok(())
    }
}
