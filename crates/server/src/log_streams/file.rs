//! A delivery into a file: lines at its end, durable before the next ones are read.
//!
//! A file may be rotated away at any time: whoever moves it gets everything that was written, and the next delivery
//! makes a new one. A line that a crash has torn stays torn; what comes after it begins on a line of its own.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// Files that are held open at most; beyond it they are opened again.
const OPEN: usize = 32;

/// The files of a folder.
pub(super) struct LogFiles {
    folder: PathBuf,
    /// By name. Whoever writes holds all of them, so that no two write into one another's lines.
    open: Arc<Mutex<HashMap<String, File>>>,
}

impl LogFiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, open: Arc::default() }
    }

    /// Appends lines. It goes on to its end even when nobody waits for it any more.
    pub(super) async fn append(&self, name: &str, lines: Bytes) -> io::Result<()> {
        let mut open = Arc::clone(&self.open).lock_owned().await;
        let (name, folder) = (name.to_owned(), self.folder.clone());
        spawn_blocking(move || append(&mut open, name, &folder, &lines)).await.map_err(io::Error::other)?
    }
}

fn append(open: &mut HashMap<String, File>, name: String, folder: &Path, lines: &[u8]) -> io::Result<()> {
    let path = folder.join(&name);
    let held = open.remove(&name).filter(|file| is_at(file, &path));
    let mut file = held.map_or_else(|| open_for_lines(&path, folder), Ok)?;
    file.write_all(lines)?;
    file.sync_data()?;
    // One that failed is opened again, and looked at.
    if open.len() >= OPEN {
        open.clear();
    }
    open.insert(name, file);
    Ok(())
}

fn open_for_lines(path: &Path, folder: &Path) -> io::Result<File> {
    let there = fs::symlink_metadata(path).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return Err(io::Error::other("there is something else of this name than a file"));
    }
    let mut options = OpenOptions::new();
    options.append(true).read(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if there.is_none() {
        File::open(folder)?.sync_all()?;
    }
    if is_torn(&mut file)? {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

/// Whether the last line has no end.
fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0_u8];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Whether the path leads to this file still.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |there: fs::Metadata| (there.dev(), there.ino());
    let (held, named) = (file.metadata().map(identity), fs::symlink_metadata(path).map(identity));
    matches!((held, named), (Ok(held), Ok(named)) if held == named)
}

/// Whether the path leads to this file still: it cannot be told, so it is opened again.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    false
}
