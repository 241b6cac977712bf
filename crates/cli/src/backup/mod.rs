//! `grantd backup` and `grantd restore`: a data folder as it was at one moment.
//!
//! A backup is a folder with the files of the data folder and a [`manifest`] of them. It is made beside the place that
//! it is for, under a name that says so, and renamed when it is whole; [`take`] and [`restore`] are the two ways.

mod files;
mod manifest;
mod restore;
mod take;

pub(crate) use self::restore::Restore;
pub(crate) use self::take::Backup;

use std::path::Path;

use crate::key_files::HeldKey;

/// What the names of unfinished backups have in them.
const UNFINISHED: &str = ".unfinished-";

/// The keys among these that are needed, in the order of need: the one that seals first, then its former if the other
/// is still on its way out. An error is what is missing.
fn needed_keys<'k>(
    needed: &[String],
    held: &'k [HeldKey],
) -> Result<(&'k HeldKey, Option<&'k HeldKey>), Vec<String>> {
    let find = |id: &String| held.iter().find(|key| key.id.to_string() == *id);
    let missing: Vec<String> = needed.iter().filter(|id| find(id).is_none()).cloned().collect();
    let mut found = needed.iter().filter_map(find);
    match (found.next(), found.next(), found.next()) {
        (Some(current), former, None) if missing.is_empty() => Ok((current, former)),
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
