//! The signing keys, parsed once.
//!
//! Parsing an RSA key costs more than signing with it, so the parsed keys are kept beside the snapshot that
//! they came from, and made again only when the snapshot has others.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use grantd_model::{Causes, SigningAlgorithm, SigningKey, SigningKeyKind, SigningKeyState};
use grantd_snapshot::Snapshot;
use grantd_token::{KeyRing, TokenSigner};

/// The parsed keys of the snapshot that asked last.
#[derive(Default)]
pub(crate) struct Signing(ArcSwapOption<Keys>);

/// The parsed keys of one snapshot.
pub(crate) struct Keys {
    from: Arc<[SigningKey]>,
    /// In the order of publication, which has the keys that sign among the first of their kind.
    signers: Vec<TokenSigner>,
    current: Vec<usize>,
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
    /// Keys that were revoked are left out: they are not published, and no token of theirs counts.
    pub(crate) fn parse(from: &Arc<[SigningKey]>) -> Self {
        let mut published: Vec<&SigningKey> = from.iter().filter(|key| key.is_published()).collect();
        published.sort_by_key(|key| (key.kind, key.state));
        let mut signers = Vec::with_capacity(published.len());
        let mut current = Vec::new();
        for key in published {
            match TokenSigner::parse(key) {
                Ok(signer) => {
                    if key.state == SigningKeyState::Current {
                        current.push(signers.len());
                    }
                    signers.push(signer);
                }
                Err(error) => {
                    tracing::error!(%key.kid, error = %Causes(&error), "unusable signing key");
                }
            }
        }
        let ring = signers.iter().map(TokenSigner::verifying_key).collect();
        Self { from: Arc::clone(from), signers, current, ring }
    }

    /// The key that signs with this algorithm now. Under HS256 it is the API's secret that signs, and any key will do.
    pub(crate) fn current(&self, algorithm: SigningAlgorithm) -> Option<&TokenSigner> {
        let kind = SigningKeyKind::of(algorithm).unwrap_or(SigningKeyKind::Rsa2048);
        let mut current = self.current.iter().filter_map(|position| self.signers.get(*position));
        current.find(|signer| signer.kind() == kind)
    }

    /// All published keys: RSA keys first, and of each kind the one that signs.
    pub(crate) fn signers(&self) -> &[TokenSigner] {
        &self.signers
    }

    /// What tokens are verified with.
    pub(crate) fn ring(&self) -> &KeyRing {
        &self.ring
    }
}
