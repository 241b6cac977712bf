//! The files of a backup: copied and measured piece by piece, so that a signal ends it in between.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::time::{Instant, interval_at};

use super::manifest::FilePart;
use crate::data::named;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;
/// How often whoever waits is told how far it is.
const INTERVAL: Duration = Duration::from_secs(1);

/// Makes an empty file for its owner alone; there may be none yet.
pub(super) fn make_private(path: &Path) -> io::Result<fs::File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|error| named(&error, path))
}

/// Makes a file durable, and measures it.
pub(super) async fn settle(folder: &Path, name: &str) -> io::Result<FilePart> {
    let path = folder.join(name);
    let file = fs::File::open(&path).map_err(|error| named(&error, &path))?;
    file.sync_all().map_err(|error| named(&error, &path))?;
    measure(name, file, io::sink()).await.map_err(|error| named(&error, &path))
}

/// Copies a file durably, for its owner alone, and measures what was copied.
pub(super) async fn copy(from: &Path, to: &Path, name: &str) -> io::Result<FilePart> {
    let (from, to) = (from.join(name), to.join(name));
    let source = fs::File::open(&from).map_err(|error| named(&error, &from))?;
    let mut target = make_private(&to)?;
    let copied = measure(name, source, &mut target).await.map_err(|error| named(&error, &from))?;
    target.sync_all().map_err(|error| named(&error, &to))?;
    Ok(copied)
}

/// Makes the names in a folder durable.
pub(super) fn settle_folder(folder: &Path) -> io::Result<()> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| named(&error, folder))
}

async fn measure(name: &str, mut from: impl Read, mut to: impl Write) -> io::Result<FilePart> {
    let (mut context, mut size, mut piece) = (Context::new(&SHA256), 0, vec![0; PIECE]);
    loop {
        let read = from.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        context.update(bytes);
        to.write_all(bytes)?;
        size += bytes.len() as u64;
        tokio::task::yield_now().await;
    }
    Ok(FilePart { name: name.to_owned(), size, sha256: hexadecimal(context.finish().as_ref()) })
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Waits for a copy, and says now and then at a terminal how far it is.
pub(super) async fn watched<T>(from: &Path, to: &Path, copy: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return copy.await;
    }
    let mut copy = pin!(copy);
    let mut ticks = interval_at(Instant::now() + INTERVAL, INTERVAL);
    loop {
        tokio::select! {
            copied = &mut copy => return copied,
            _ = ticks.tick() => progress(from, size(to), size(from)),
        }
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[expect(clippy::print_stderr, reason = "for who waits at the terminal; standard output has the result")]
fn progress(file: &Path, copied: u64, size: u64) {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    eprintln!("{}: {} of some {} MB are copied", file.display(), megabytes(copied), megabytes(size));
}
