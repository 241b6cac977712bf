//! The signing keys, parsed once.
//!
//! Parsing an RSA key costs more than signing with it, so the parsed keys are kept beside the snapshot that
//! they came from, and made again only when the snapshot has others.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use grantd_model::{Causes, SigningKey, SigningKeyState};
use grantd_snapshot::Snapshot;
use grantd_token::{KeyRing, TokenSigner};

/// The parsed keys of the snapshot that asked last.
#[derive(Default)]
pub(crate) struct Signing(ArcSwapOption<Keys>);

/// The parsed keys of one snapshot.
pub(crate) struct Keys {
    from: Arc<[SigningKey]>,
    signers: Vec<TokenSigner>,
    current: Option<usize>,
    ring: KeyRing,
}

impl Signing {
    /// The snapshot's keys.
    pub(crate) fn keys(&self, snapshot: &Snapshot) -> Arc<Keys> {
        let from = snapshot.signing_keys();
        match self.0.load_full() {
            Some(keys) if Arc::ptr_eq(&keys.from, from) => keys,
            _ => {
                let keys = Arc::new(Keys::parse(from));
                self.0.store(Some(Arc::clone(&keys)));
                keys
            }
        }
    }
}

impl Keys {
    fn parse(from: &Arc<[SigningKey]>) -> Self {
        let mut signers = Vec::with_capacity(from.len());
        let mut current = None;
        for key in from.iter() {
            match TokenSigner::parse(key) {
                Ok(signer) => {
                    signers.push(signer);
                    if key.state == SigningKeyState::Current {
                        current = Some(signers.len() - 1);
                    }
                }
                Err(error) => {
                    tracing::error!(%key.kid, error = %Causes(&error), "unusable signing key");
                }
            }
        }
        let ring = signers.iter().map(TokenSigner::verifying_key).collect();
        Self { from: Arc::clone(from), signers, current, ring }
    }

    /// The key that signs now.
    pub(crate) fn current(&self) -> Option<&TokenSigner> {
        self.current.and_then(|position| self.signers.get(position))
    }

    /// All keys that tokens may be signed with.
    pub(crate) fn signers(&self) -> &[TokenSigner] {
        &self.signers
    }

    /// What tokens are verified with.
    pub(crate) fn ring(&self) -> &KeyRing {
        &self.ring
    }
}
