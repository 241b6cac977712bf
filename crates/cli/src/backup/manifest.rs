//! `manifest.json`: what is in a backup, and how each file has to be.
//!
//! It finds damage and incompleteness. Against forgery it has no means: who can write the backup can write it.

use std::fs;
use std::io;
use std::path::Path;

use grantd_store::{known_configuration_schema, known_log_schema};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::data::{DATABASE, EVENT_LOG, named, write_private};
use crate::key_files::{CURRENT, FORMER};

/// The file of the manifest.
const FILE: &str = "manifest.json";
/// The version of the form of backups that is written here, and read.
const FORMAT: u32 = 1;
/// The files that a backup can have.
const FILES: [&str; 4] = [DATABASE, EVENT_LOG, CURRENT, FORMER];

/// A backup's manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of its form.
    format: u32,
    /// The version of grantd that made the backup.
    grantd: String,
    /// When it was begun.
    taken_at: String,
    /// The configuration's revision.
    pub(super) revision: u64,
    /// The version of the configuration's schema.
    configuration_schema: i64,
    /// The event log, if there is one.
    pub(super) event_log: Option<LogPart>,
    /// The keys that are needed to open the secrets.
    pub(super) key_ids: Vec<String>,
    /// Whether they are in the backup.
    pub(super) has_key: bool,
    /// Every file but this one.
    pub(super) files: Vec<FilePart>,
}

/// The event log in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogPart {
    /// The version of its schema.
    pub(super) schema: i64,
    /// The position of the newest event.
    pub(super) position: u64,
    /// The value of the hash chain there, in hexadecimal.
    pub(super) hash: String,
}

/// A file in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FilePart {
    /// Its name.
    pub(super) name: String,
    /// Its bytes.
    pub(super) size: u64,
    /// Their SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// What is read of a manifest before the rest, which other forms may have otherwise.
#[derive(Deserialize)]
struct Head {
    format: u32,
    grantd: String,
}

impl Manifest {
    /// Of a backup that is begun now.
    pub(super) fn new(taken_at: String, revision: u64, configuration_schema: i64) -> Self {
        Self {
            format: FORMAT,
            grantd: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at,
            revision,
            configuration_schema,
            event_log: None,
            key_ids: Vec::new(),
            has_key: false,
            files: Vec::new(),
        }
    }

    /// Reads that of a backup, and refuses what this version cannot restore.
    pub(super) fn read(backup: &Path) -> Outcome<Self> {
        let path = backup.join(FILE);
        let text = match fs::read(&path) {
            Err(error) if is_absent(&error) => {
                return Err(format!("{} is not there: this is no backup", path.display()).into());
            }
            read => read.map_err(|error| named(&error, &path))?,
        };
        let unreadable = |error| format!("{} cannot be read: {error}", path.display());
        let head: Head = serde_json::from_slice(&text).map_err(unreadable)?;
        if head.format != FORMAT {
            let Head { format, grantd } = head;
            return Err(format!(
                "the backup {} has the format {format}, and this version knows {FORMAT}: restore it with grantd {grantd}",
                backup.display()
            )
            .into());
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(unreadable)?;
        manifest.check(backup)?;
        Ok(manifest)
    }

    /// Writes it: the last of the files.
    pub(super) fn write(&self, backup: &Path) -> Outcome {
        write_private(&backup.join(FILE), serde_json::to_string_pretty(self)?.as_bytes())
    }

    /// The event log's end, as `grantd audit verify` has it.
    pub(super) fn log_end(&self) -> Option<String> {
        self.event_log.as_ref().map(|log| format!("{}:{}", log.position, log.hash))
    }

    fn check(&self, backup: &Path) -> Outcome {
        let log_schema = self.event_log.as_ref().map_or(0, |log| log.schema);
        self.check_schema(backup, "configuration", self.configuration_schema, known_configuration_schema())?;
        self.check_schema(backup, "event log", log_schema, known_log_schema())?;
        let has = |name: &str| self.files.iter().filter(|file| file.name == name).count() == 1;
        let only_known = self.files.iter().all(|file| FILES.contains(&file.name.as_str()));
        let is_whole =
            has(DATABASE) && has(EVENT_LOG) == self.event_log.is_some() && has(CURRENT) == self.has_key;
        if only_known && is_whole && !self.key_ids.is_empty() {
            return Ok(());
        }
        Err(format!("{} does not list the files of a backup", backup.join(FILE).display()).into())
    }

    fn check_schema(&self, backup: &Path, what: &str, schema: i64, known: i64) -> Outcome {
        if schema <= known {
            return Ok(());
        }
        Err(format!(
            "the {what} in {} has the schema {schema}, and this version knows schemas up to {known}: restore it with grantd \
             {} or a newer one",
            backup.display(),
            self.grantd
        )
        .into())
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
