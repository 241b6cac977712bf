//! The key-encryption keys of a node: one, or two while one replaces the other.
//!
//! They are read from a source outside (the data folder) and read again when something names a key that is not among
//! them, so that a node learns of a new key without being told. Opening takes any of them. Sealing is for write
//! transactions alone, each of which asks the database under which key: see [`Sealer`].

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use grantd_model::Secret;

use crate::{KeyEncryptionKey, KeyEncryptionKeyId, Noun, StoreError};

/// Why keys cannot be read.
type SourceError = Box<dyn std::error::Error + Send + Sync>;
/// Where keys are read from: the first is the one to seal under, unless the database names another.
type Source = Box<dyn Fn() -> Result<Vec<KeyEncryptionKey>, SourceError> + Send + Sync>;

/// The keys that open what is sealed, and where they come from.
pub struct KeyEncryptionKeys {
    known: ArcSwap<Vec<Arc<KeyEncryptionKey>>>,
    source: Option<Source>,
}

/// The keys, with the one that this write transaction seals under. Nothing else seals, so no secret can be sealed
/// under a key that is on its way out.
pub(crate) struct Sealer<'k> {
    keys: &'k KeyEncryptionKeys,
    under: Arc<KeyEncryptionKey>,
}

impl KeyEncryptionKeys {
    /// Reads the keys. The source is asked again whenever something is sealed under a key that is not among them; it
    /// runs for a moment, and blocks.
    pub fn from_source(
        source: impl Fn() -> Result<Vec<KeyEncryptionKey>, SourceError> + Send + Sync + 'static,
    ) -> Result<Self, SourceError> {
        let known = ArcSwap::from_pointee(shared(source()?));
        Ok(Self { known, source: Some(Box::new(source)) })
    }

    /// The identifiers of the keys, the one to seal under first.
    pub fn ids(&self) -> Vec<KeyEncryptionKeyId> {
        self.known.load().iter().map(|key| key.id()).collect()
    }

    /// Opens what was sealed into the same row, under whichever of the keys.
    pub(crate) fn open(&self, noun: Noun, row: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let key = self.find(|key| key.is_of(sealed)).ok_or(StoreError::Sealed(noun))?;
        key.open(noun, row, sealed)
    }

    /// For a write transaction in which the database has named this key; with none named, the first is as good as
    /// any, since nobody is replacing it.
    pub(crate) fn sealer(&self, named: Option<KeyEncryptionKeyId>) -> Result<Sealer<'_>, StoreError> {
        let found = self.find(|key| named.is_none_or(|named| key.id() == named));
        let under = found.ok_or(StoreError::KeyMissing(named))?;
        Ok(Sealer { keys: self, under })
    }

    /// The first key of which this is true, among those known or those that the source has by now.
    fn find(&self, wanted: impl Fn(&KeyEncryptionKey) -> bool) -> Option<Arc<KeyEncryptionKey>> {
        let among = |keys: &[Arc<KeyEncryptionKey>]| keys.iter().find(|key| wanted(key)).cloned();
        among(&self.known.load()).or_else(|| among(&self.read_again()))
    }

    fn read_again(&self) -> Arc<Vec<Arc<KeyEncryptionKey>>> {
        match self.source.as_ref().map(|source| source()) {
            Some(Ok(keys)) => self.known.store(Arc::new(shared(keys))),
            Some(Err(error)) => tracing::error!(%error, "the key-encryption keys cannot be read again"),
            None => {}
        }
        self.known.load_full()
    }
}

fn shared(keys: Vec<KeyEncryptionKey>) -> Vec<Arc<KeyEncryptionKey>> {
    keys.into_iter().map(Arc::new).collect()
}

/// One key that is never replaced.
impl From<KeyEncryptionKey> for KeyEncryptionKeys {
    fn from(key: KeyEncryptionKey) -> Self {
        Self { known: ArcSwap::from_pointee(shared(vec![key])), source: None }
    }
}

impl Sealer<'_> {
    /// Seals a secret into the row of `noun` that `row` identifies.
    pub(crate) fn seal(&self, noun: Noun, row: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.under.seal(noun, row, secret)
    }
}

impl Deref for Sealer<'_> {
    type Target = KeyEncryptionKeys;

    fn deref(&self) -> &KeyEncryptionKeys {
        self.keys
    }
}
