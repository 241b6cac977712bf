//! Tokens that were verified a moment ago. A signature and two hundred scopes take longer than most of what is asked for with
//! them, and an administrator's tool sends the same token again and again.
//!
//! What is remembered of a token is what never changes: that one of these keys has signed these bytes, and what they say.
//! Whether it has expired, or was revoked, is asked each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_lc_rs::digest::{SHA256, digest};
use grantd_model::Timestamp;
use grantd_token::{AccessTokenClaims, VerifyError};

use crate::oauth::signing::Keys;

/// Tokens that are remembered at most, some 20 kB each where they have all scopes there are.
const MOST: usize = 256;

/// By their digests: how long a search takes says nothing about the tokens.
type Tokens = HashMap<Box<[u8]>, Arc<AccessTokenClaims>>;

/// The tokens.
#[derive(Default)]
pub(crate) struct KnownTokens(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The keys that they were verified with, which this keeps nobody from forgetting.
    keys: Weak<Keys>,
    tokens: Tokens,
}

impl KnownTokens {
    /// What a token says that counts now: as it is remembered, or else as it is verified with these keys.
    pub(crate) fn claims(
        &self,
        token: &str,
        keys: &Arc<Keys>,
        now: Timestamp,
        verify: impl FnOnce() -> Result<AccessTokenClaims, VerifyError>,
    ) -> Result<Arc<AccessTokenClaims>, VerifyError> {
        let digest = digest(&SHA256, token.as_bytes());
        let digest = digest.as_ref();
        if let Some(claims) = self.with(|known| known.of(keys).get(digest).cloned()) {
            return if claims.exp <= now { Err(VerifyError::Expired) } else { Ok(claims) };
        }
        let claims = Arc::new(verify()?);
        self.remember(digest.into(), keys, Arc::clone(&claims), now);
        Ok(claims)
    }

    fn remember(&self, digest: Box<[u8]>, keys: &Arc<Keys>, claims: Arc<AccessTokenClaims>, now: Timestamp) {
        self.with(|known| {
            let tokens = known.of(keys);
            if tokens.len() >= MOST {
                tokens.retain(|_, claims| claims.exp > now);
            }
            // Whose tokens all count still are verified once more.
            if tokens.len() >= MOST {
                tokens.clear();
            }
            tokens.insert(digest, claims);
        });
    }

    /// Nothing that panics runs under the lock, so that a poisoned one is whole all the same.
    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    /// The tokens that these keys have signed; where the keys are others than before, none is known.
    fn of(&mut self, keys: &Arc<Keys>) -> &mut Tokens {
        if !std::ptr::eq(self.keys.as_ptr(), Arc::as_ptr(keys)) {
            self.keys = Arc::downgrade(keys);
            self.tokens.clear();
        }
        &mut self.tokens
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use std::cell::Cell;

    use grantd_model::{ScopeSet, TokenId};

    use super::*;

    /// When the tokens here expire.
    const END: u64 = 100;

    fn keys() -> Arc<Keys> {
        Arc::new(Keys::parse(&Arc::from([])))
    }

    fn claims() -> AccessTokenClaims {
        AccessTokenClaims {
            iss: String::new(),
            aud: Vec::new(),
            sub: String::new(),
            client_id: "shop".into(),
            scope: Arc::new(ScopeSet::default()),
            exp: Timestamp::from_seconds(END),
            iat: Timestamp::from_seconds(0),
            binding: None,
            id: TokenId::from("id".to_owned()),
        }
    }

    /// How often a token is verified when it is shown with these keys at these seconds.
    fn verified<'k>(
        known: &KnownTokens,
        token: &str,
        shown: impl IntoIterator<Item = (&'k Arc<Keys>, u64)>,
    ) -> u32 {
        let times = Cell::new(0);
        for (keys, second) in shown {
            let verify = || {
                times.set(times.get() + 1);
                Ok(claims())
            };
            let found = known.claims(token, keys, Timestamp::from_seconds(second), verify);
            assert_eq!(*found.unwrap(), claims());
        }
        times.get()
    }

    #[test]
    fn a_token_is_verified_once_with_the_same_keys() {
        let (known, keys, others) = (KnownTokens::default(), keys(), keys());
        assert_eq!(verified(&known, "one", [(&keys, 1), (&keys, 2), (&keys, 3)]), 1);
        assert_eq!(verified(&known, "other", [(&keys, 1)]), 1);
        assert_eq!(verified(&known, "one", [(&keys, 4), (&others, 5), (&others, 6), (&keys, 7)]), 2);
    }

    #[test]
    fn one_that_is_known_expires_all_the_same() {
        let (known, keys) = (KnownTokens::default(), keys());
        assert_eq!(verified(&known, "one", [(&keys, END - 1)]), 1);
        let late = known.claims("one", &keys, Timestamp::from_seconds(END), || Err(VerifyError::Invalid));
        assert_eq!(late, Err(VerifyError::Expired));
    }

    #[test]
    fn what_is_refused_is_not_remembered() {
        let (known, keys) = (KnownTokens::default(), keys());
        let now = Timestamp::from_seconds(1);
        assert_eq!(known.claims("one", &keys, now, || Err(VerifyError::Invalid)), Err(VerifyError::Invalid));
        assert_eq!(verified(&known, "one", [(&keys, 1)]), 1);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let (known, keys) = (KnownTokens::default(), keys());
        for number in 0..=MOST {
            verified(&known, &number.to_string(), [(&keys, 1)]);
        }
        assert_eq!(known.with(|known| known.tokens.len()), 1);
        for number in 0..MOST {
            verified(&known, &number.to_string(), [(&keys, 1)]);
        }
        assert!(known.with(|known| known.tokens.len()) <= MOST);
    }
}
