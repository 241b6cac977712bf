//! The data folder: what is in it, and how its files are written.
//!
//! | file | what |
//! |---|---|
//! | `grantd.db` | the configuration |
//! | `events.db` | the event log |
//! | `key-encryption-key` | 32 bytes that seal every secret in it: see [`KeyFiles`] |
//! | `ca.pem`, `ca-key.pem` | the local certificate authority |
//! | `admin.json` | the administration client of the first start |
//! | `restore.unfinished` | a folder, only while `grantd restore` fills this one |

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use grantd_model::Entropy;
use grantd_store::{KeyEncryptionKeys, StoreError};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::key_files::KeyFiles;

/// The file of the configuration.
pub(crate) const DATABASE: &str = "grantd.db";
/// The file of the event log.
pub(crate) const EVENT_LOG: &str = "events.db";
/// What a backup is restored into, before it is put in its place.
pub(crate) const UNFINISHED_RESTORE: &str = "restore.unfinished";

/// A data folder. For as long as this is kept, no other process has one on the same folder: two servers would answer
/// by configurations of their own.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The system lets go of it when the process ends, however it ends.
    _lock: fs::File,
}

/// `admin.json`: what an administrator needs to begin.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Admin {
    /// The issuer of tokens.
    pub(crate) issuer: String,
    /// The audience of the Management API.
    pub(crate) audience: String,
    /// The administration client.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
    /// The certificate of the local authority, as a file.
    pub(crate) ca: PathBuf,
}

/// A file of the folder is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used", .file.display())]
pub(crate) struct Unusable {
    file: PathBuf,
    source: StoreError,
}

impl DataFolder {
    /// Opens the folder; makes it, for the owner alone, if it is not there.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        if path.exists() && !path.is_dir() {
            return Err(format!("{} is not a folder", path.display()).into());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(path).map_err(|error| named(&error, path))?;
        let path = path.canonicalize().map_err(|error| named(&error, path))?;
        let folder = Self { _lock: lock(&path)?, path };
        if folder.path.join(UNFINISHED_RESTORE).exists() {
            let what = "holds what an interrupted `grantd restore` has left: empty it, and restore again";
            return Err(format!("{} {what}", folder.path.display()).into());
        }
        Ok(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a folder that a server has filled.
    pub(crate) fn open_existing(path: &Path) -> Outcome<Self> {
        check_filled(path)?;
        Self::open(path)
    }

    /// Says which secrets are not secret.
    pub(crate) fn warn_if_open_to_others(&self) {
        let keys = self.key_files();
        for path in [self.path.clone(), keys.current(), keys.former(), self.admin(), self.ca_key()] {
            let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
            if mode & 0o077 != 0 {
                let (path, mode) = (path.display(), format!("{:o}", mode & 0o777));
                tracing::warn!(%path, mode, "others than the owner have access to this: chmod go= ends that");
            }
        }
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The event log.
    pub(crate) fn event_log(&self) -> PathBuf {
        event_log(&self.path)
    }

    /// The certificate of the local authority.
    pub(crate) fn ca(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// The key of the local authority.
    pub(crate) fn ca_key(&self) -> PathBuf {
        self.path.join("ca-key.pem")
    }

    /// The administration client.
    pub(crate) fn admin(&self) -> PathBuf {
        self.path.join("admin.json")
    }

    /// The key-encryption keys. The first is made when there is no database yet; a database without its key is
    /// refused, since a new one would open nothing.
    pub(crate) fn key_encryption_keys(&self, entropy: &dyn Entropy) -> Outcome<KeyEncryptionKeys> {
        let keys = self.key_files();
        if !keys.current().exists() && !self.database().exists() {
            keys.make_first(entropy)?;
        }
        keys.read()
    }

    /// The same where the database is on a server. A key that others need too is made for a new database only.
    pub(crate) fn key_encryption_keys_of_server(
        &self,
        entropy: &dyn Entropy,
        is_new: bool,
    ) -> Outcome<KeyEncryptionKeys> {
        let keys = self.key_files();
        if !keys.current().exists() {
            if !is_new {
                let file = keys.current();
                let what = "is not there: copy it from a server that is on this database already";
                return Err(format!("{} {what}; it opens every secret in it", file.display()).into());
            }
            keys.make_first(entropy)?;
        }
        keys.read()
    }

    /// The store's error with the file that it is about.
    pub(crate) fn unusable(&self, source: StoreError) -> Unusable {
        let file = match source {
            StoreError::Sealed(_) => self.key_files().current(),
            _ => self.database(),
        };
        Unusable { file, source }
    }

    fn key_files(&self) -> KeyFiles {
        KeyFiles::of(&self.path)
    }

    /// `admin.json`, if it is still there.
    pub(crate) fn read_admin(&self) -> Outcome<Option<Admin>> {
        match fs::read(self.admin()) {
            Ok(text) => {
                let admin = serde_json::from_slice(&text);
                Ok(Some(admin.map_err(|error| format!("{}: {error}", self.admin().display()))?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(named(&error, &self.admin()).into()),
        }
    }

    /// Removes `admin.json`, which names a client that was never made.
    pub(crate) fn remove_admin(&self) -> Outcome {
        remove(&self.admin())
    }

    /// Writes `admin.json`.
    pub(crate) fn write_admin(&self, admin: &Admin) -> Outcome {
        write_private(&self.admin(), serde_json::to_string_pretty(admin)?.as_bytes())
    }
}

/// Whether a server has filled this folder. The database is returned.
pub(crate) fn check_filled(path: &Path) -> Outcome<PathBuf> {
    let database = path.join(DATABASE);
    if database.exists() {
        return Ok(database);
    }
    Err(format!("{} is not there: this is no data folder", database.display()).into())
}

/// The event log of a folder.
pub(crate) fn event_log(path: &Path) -> PathBuf {
    path.join(EVENT_LOG)
}

fn lock(path: &Path) -> Outcome<fs::File> {
    let folder = fs::File::open(path).map_err(|error| named(&error, path))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another grantd runs on this data folder: {}", path.display()).into())
        }
        Err(TryLockError::Error(error)) => Err(named(&error, path).into()),
    }
}

/// Writes a file that only its owner reads: whole or not at all, and durably.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Outcome {
    write(path, content, 0o600)
}

/// Writes a file that everybody may read: whole or not at all, and durably.
pub(crate) fn write_public(path: &Path, content: &[u8]) -> Outcome {
    write(path, content, 0o644)
}

fn write(path: &Path, content: &[u8], mode: u32) -> Outcome {
    let unfinished = path.with_extension("unfinished");
    let attempt = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(mode).open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        // A name without a folder is one in the current folder.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    Ok(attempt().map_err(|error| named(&error, path))?)
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> Outcome {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(&error, path).into()),
        _ => Ok(()),
    }
}

/// An error that says which file it is about.
pub(crate) fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
