//! `grantd backup` and `grantd restore`: a data folder as it was at one moment.
//!
//! A backup is a folder with the files of the data folder and a [`manifest`] of them. It is made beside the place that
//! it is for, under a name that says so, and renamed when it is whole; [`take`] and [`restore`] are the two ways.

mod files;
mod manifest;
mod restore;
mod take;
mod unfinished;

pub(crate) use self::restore::Restore;
pub(crate) use self::take::Backup;

use std::path::Path;

use crate::key_files::HeldKey;

/// What the names of unfinished backups have in them.
const UNFINISHED: &str = ".unfinished-";

/// The keys among these that are needed, in the order in which they are held: the one that seals, and its former if some
/// secret stands under that still. An error is what is missing.
fn needed_keys<'k>(
    needed: &[String],
    held: &'k [HeldKey],
) -> Result<(&'k HeldKey, Option<&'k HeldKey>), Vec<String>> {
    let is_held = |id: &&String| held.iter().any(|key| key.id.to_string() == **id);
    let missing: Vec<String> = needed.iter().filter(|id| !is_held(id)).cloned().collect();
    let mut found: Vec<&HeldKey> = Vec::new();
    for key in held {
        if needed.contains(&key.id.to_string()) && found.iter().all(|found| found.id != key.id) {
            found.push(key);
        }
    }
    match found.as_slice() {
        [current] if missing.is_empty() => Ok((current, None)),
        [current, former] if missing.is_empty() => Ok((current, Some(former))),
        // More than two never stand beside each other.
        _ if missing.is_empty() => Err(needed.to_vec()),
        _ => Err(missing),
    }
}

/// Whether nothing is there, or a folder without anything in it.
fn is_free(path: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(crate::data::named(&error, path)),
    }
}
