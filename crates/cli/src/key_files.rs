//! The files of the key-encryption key in a data folder, and the order in which one key replaces another.
//!
//! `key-encryption-key` has the key. While another replaces it, the one before is in `key-encryption-key.former`, and
//! stays there until nothing is sealed under it. Each file changes whole or not at all, the former key's first, so
//! whenever the machine stops the two files open everything. `key-encryption-key.lock` keeps a second command away.

use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use grantd_model::{Entropy, Secret};
use grantd_store::{KeyEncryptionKey, KeyEncryptionKeyId, KeyEncryptionKeys};

use crate::Outcome;
use crate::data::{named, remove, write_private};

/// The file of the key that seals.
pub(crate) const CURRENT: &str = "key-encryption-key";
/// The file of the key before it, while something is still sealed under that.
pub(crate) const FORMER: &str = "key-encryption-key.former";

/// The key files of one data folder.
#[derive(Clone)]
pub(crate) struct KeyFiles(PathBuf);

/// A key as it stands in a file.
pub(crate) struct HeldKey {
    /// Which it is.
    pub(crate) id: KeyEncryptionKeyId,
    bytes: Secret,
}

/// Nobody else replaces the key for as long as this is kept.
pub(crate) struct Replacing {
    files: KeyFiles,
    _lock: fs::File,
}

impl KeyFiles {
    /// Those of this folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.to_path_buf())
    }

    /// The key that seals.
    pub(crate) fn current(&self) -> PathBuf {
        self.0.join(CURRENT)
    }

    /// The one before it, while something is still sealed under that.
    pub(crate) fn former(&self) -> PathBuf {
        self.0.join(FORMER)
    }

    /// Makes the first key of a folder.
    pub(crate) fn make_first(&self, entropy: &dyn Entropy) -> Outcome {
        write_private(&self.current(), new_key(entropy).expose())
    }

    /// The keys, which are read again when something is sealed under another.
    pub(crate) fn read(&self) -> Outcome<KeyEncryptionKeys> {
        let files = self.clone();
        KeyEncryptionKeys::from_source(move || files.keys())
    }

    /// The key, and its former if there is one.
    fn keys(&self) -> Outcome<Vec<KeyEncryptionKey>> {
        Ok(self.held()?.iter().filter_map(|held| KeyEncryptionKey::new(&held.bytes)).collect())
    }

    /// The same, as they stand in the files.
    pub(crate) fn held(&self) -> Outcome<Vec<HeldKey>> {
        loop {
            let current = self.read_current()?;
            let former = self.read_former()?;
            // When the key is still the same, the two were there together: no key was missed in between.
            if self.read_current()?.expose() == current.expose() {
                let current = HeldKey::new(current, &self.current())?;
                let former = former.map(|former| HeldKey::new(former, &self.former())).transpose()?;
                let former = former.filter(|former| former.id != current.id);
                return Ok([current].into_iter().chain(former).collect());
            }
        }
    }

    /// Writes a key, and its former if there is one, into a folder that has none.
    pub(crate) fn put(&self, current: &HeldKey, former: Option<&HeldKey>) -> Outcome {
        if let Some(former) = former {
            write_private(&self.former(), former.bytes.expose())?;
        }
        write_private(&self.current(), current.bytes.expose())
    }

    /// The identifiers of the key, and of its former if there is one.
    pub(crate) fn ids(&self) -> Outcome<(KeyEncryptionKeyId, Option<KeyEncryptionKeyId>)> {
        let mut ids = self.held()?.into_iter().map(|key| key.id);
        let current = ids.next().ok_or("there is no key")?;
        Ok((current, ids.next()))
    }

    /// Keeps others from replacing the key.
    pub(crate) fn lock(self) -> Outcome<Replacing> {
        let path = self.0.join("key-encryption-key.lock");
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = lock.map_err(|error| named(&error, &path))?;
        // Who may not replace the key must not leave a lock that keeps out who may.
        let (server, own) = (owner(&self.current())?, owner(&path)?);
        if server != own {
            remove(&path)?;
            return Err(other_owner(&self.current(), server, own));
        }
        match lock.try_lock() {
            Ok(()) => Ok(Replacing { files: self, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("another grantd replaces the key: {} is locked", path.display()).into())
            }
            Err(TryLockError::Error(error)) => Err(named(&error, &path).into()),
        }
    }

    fn read_current(&self) -> Outcome<Secret> {
        let path = self.current();
        match fs::read(&path) {
            Ok(bytes) => Ok(Secret::from(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let gone = "is not there, but the database is: its secrets open with this file only";
                Err(format!("{} {gone}", path.display()).into())
            }
            Err(error) => Err(named(&error, &path).into()),
        }
    }

    fn read_former(&self) -> Outcome<Option<Secret>> {
        match fs::read(self.former()) {
            Ok(bytes) => Ok(Some(Secret::from(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(named(&error, &self.former()).into()),
        }
    }
}

impl Replacing {
    /// Makes a new key beside the former one, and says which; one that was made before and has not replaced its former
    /// yet is that key. The second answer is whether it was.
    pub(crate) fn begin(&self, entropy: &dyn Entropy) -> Outcome<(KeyEncryptionKeyId, bool)> {
        let (current, former) = self.files.ids()?;
        if former.is_some() {
            return Ok((current, true));
        }
        write_private(&self.files.former(), self.files.read_current()?.expose())?;
        self.check_owner()?;
        write_private(&self.files.current(), new_key(entropy).expose())?;
        Ok((self.files.ids()?.0, false))
    }

    /// A key of another owner than the one before is none that the server could read.
    fn check_owner(&self) -> Outcome {
        let (current, former) = (self.files.current(), self.files.former());
        let (server, own) = (owner(&current)?, owner(&former)?);
        if server == own {
            return Ok(());
        }
        remove(&former)?;
        Err(other_owner(&current, server, own))
    }

    /// Removes the former key, under which nothing is sealed any longer.
    pub(crate) fn finish(&self) -> Outcome {
        remove(&self.files.former())
    }
}

fn owner(path: &Path) -> Outcome<u32> {
    Ok(fs::metadata(path).map_err(|error| named(&error, path))?.uid())
}

fn other_owner(key: &Path, server: u32, own: u32) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{} belongs to the user {server}: run this as that user, not as {own}", key.display()).into()
}

impl HeldKey {
    /// The key in this file.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        Self::new(Secret::from(fs::read(path).map_err(|error| named(&error, path))?), path)
    }

    fn new(bytes: Secret, path: &Path) -> Outcome<Self> {
        let key = KeyEncryptionKey::new(&bytes);
        let key = key.ok_or_else(|| format!("{} does not hold 32 bytes", path.display()))?;
        Ok(Self { id: key.id(), bytes })
    }
}

fn new_key(entropy: &dyn Entropy) -> Secret {
    let mut bytes = vec![0_u8; 32];
    entropy.fill(&mut bytes);
    Secret::from(bytes)
}
