//! A folder that something is made in, and that goes unless it is kept.

use std::fs::{self, Permissions};
use std::io;
use std::mem;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::data::named;

/// How often its removal is tried, and the time between.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// The folder. Its path is empty when it is kept.
pub(super) struct Unfinished(PathBuf);

impl Unfinished {
    /// Makes it for its owner alone, under a name that begins so, with some random letters behind.
    pub(super) fn beginning(parent: &Path, name: &str, letters: usize) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(name).rand_bytes(letters).permissions(Permissions::from_mode(0o700));
        let folder = builder.tempdir_in(parent).map_err(|error| named(&error, parent))?;
        Ok(Self(folder.keep()))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// It stays.
    pub(super) fn keep(mut self) -> PathBuf {
        mem::take(&mut self.0)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Where a signal ends the work, SQLite's thread goes on for a moment, and may make a file in between.
        let mut attempts = (0..ATTEMPTS).filter(|_| self.0.exists());
        while attempts.next().is_some() && fs::remove_dir_all(&self.0).is_err() {
            sleep(PAUSE);
        }
    }
}
