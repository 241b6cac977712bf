//! `grantd restore`: makes a data folder of a backup.
//!
//! Everything is copied into a folder inside the data folder first, brought up to date and checked there, and then put in
//! its place, the database last. As long as that inner folder is there, no server starts on the outer one.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use grantd_model::{Clock, LogPosition};
use grantd_store::{ChainFault, ChainHash, SealedSecrets, SqliteStore, Store, Verified, verify_log};
use serde_json::{Value, json};

use super::files::{copy, settle_folder, watched};
use super::manifest::{LogPart, Manifest};
use super::unfinished::Unfinished;
use super::{UNFINISHED, is_free, needed_keys};
use crate::Outcome;
use crate::data::{DATABASE, DataFolder, EVENT_LOG, UNFINISHED_RESTORE, named};
use crate::key_files::{CURRENT, FORMER, HeldKey, KeyFiles};
use crate::stop::Stop;
use crate::world::SystemClock;

/// The flags of `grantd restore`.
#[derive(clap::Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder that becomes a data folder. It is empty or not there yet.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The key-encryption key of the time of the backup, which counts instead of one that is in it. Given twice,
    /// the key and then the one before it, where one was replacing the other.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// Say it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was restored.
struct Restored {
    revision: u64,
    clients: usize,
    client_grants: usize,
    resource_servers: usize,
    log: Option<Result<Verified, ChainFault>>,
}

impl Restore {
    /// Does it; a signal ends it, and leaves nothing.
    pub(crate) async fn run(self) -> Outcome {
        let stop = Stop::with_hangup()?;
        let was_there = self.data.exists();
        let outcome = tokio::select! {
            restored = self.restore() => restored,
            () = stop.asked() => Err("interrupted: nothing is restored".into()),
        };
        if outcome.is_err() && !was_there {
            // Where something is in it, it is not empty, and stays.
            drop(fs::remove_dir(&self.data));
        }
        self.say(&outcome?)
    }

    async fn restore(&self) -> Outcome<Restored> {
        self.check_free()?;
        let from = self.from.canonicalize().unwrap_or_else(|_| self.from.clone());
        if from.file_name().is_some_and(|name| name.to_string_lossy().contains(UNFINISHED)) {
            let what = "is what an interrupted `grantd backup` has left: this is no backup";
            return Err(format!("{} {what}", self.from.display()).into());
        }
        let manifest = Manifest::read(&self.from)?;
        let held = self.keys(&manifest)?;
        let keys = needed_keys(&manifest.key_ids, &held).map_err(|missing| self.other_key(&missing))?;
        let folder = DataFolder::open(&self.data)?;
        // Somebody may have come in between, before the folder was ours.
        self.check_free()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700))
            .map_err(|error| named(&error, folder.path()))?;
        let staged = Unfinished::beginning(folder.path(), UNFINISHED_RESTORE, 0)?;
        for name in copied(&manifest) {
            self.copy(&manifest, name, staged.path()).await?;
        }
        KeyFiles::of(staged.path()).put(keys.0, keys.1)?;
        let restored = check(staged.path(), &manifest).await?;
        put_in_place(staged, folder.path())?;
        Ok(restored)
    }

    fn check_free(&self) -> Outcome {
        if is_free(&self.data)? {
            return Ok(());
        }
        let what = "is not empty: a backup is restored into a new folder, or an empty one";
        Err(format!("{} {what}", self.data.display()).into())
    }

    fn keys(&self, manifest: &Manifest) -> Outcome<Vec<HeldKey>> {
        if !self.key.is_empty() {
            return self.key.iter().map(|file| HeldKey::read(file)).collect();
        }
        if manifest.has_key {
            return KeyFiles::of(&self.from).held();
        }
        Err(format!(
            "the key-encryption key is not in {}: name the file of the key {}, which was kept apart, with --key FILE",
            self.from.display(),
            manifest.key_ids.join(" and of "),
        )
        .into())
    }

    fn other_key(&self, missing: &[String]) -> String {
        let named: Vec<String> = self.key.iter().map(|file| file.display().to_string()).collect();
        let named =
            if named.is_empty() { self.from.join(CURRENT).display().to_string() } else { named.join(", ") };
        let missing = missing.join(" and ");
        format!("{named} does not open the secrets in {}: the key {missing} does", self.from.display())
    }

    async fn copy(&self, manifest: &Manifest, name: &str, staged: &Path) -> Outcome {
        let Some(file) = manifest.files.iter().find(|file| file.name == name) else { return Ok(()) };
        let from = self.from.join(name);
        let size = match fs::metadata(&from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged(&from, "is not there"));
            }
            metadata => metadata.map_err(|error| named(&error, &from))?.len(),
        };
        if size != file.size {
            let expected = file.size;
            return Err(damaged(&from, &format!("has {size} bytes and not {expected}")));
        }
        let copied = watched(&from, &staged.join(name), copy(&self.from, staged, name)).await?;
        if copied.sha256 == file.sha256 {
            return Ok(());
        }
        Err(damaged(&from, "is not what was backed up: its SHA-256 is another"))
    }

    fn say(&self, restored: &Restored) -> Outcome {
        if self.json {
            return Ok(crate::say(&restored.as_json().to_string())?);
        }
        let Restored { revision, clients, client_grants, resource_servers, log } = restored;
        let log = match log {
            None => "there is no event log in the backup".to_owned(),
            Some(Ok(Verified { entries, head, hash, .. })) => {
                format!("the event log is whole: {entries} events, the end is {}:{hash}", head.0)
            }
            Some(Err(fault)) => format!("the event log is restored as it was, and is not whole: {fault}"),
        };
        Ok(crate::say(&format!(
            "revision {revision} is restored into {}: {clients} clients, {client_grants} grants, {resource_servers} APIs\n\
             {log}",
            self.data.display(),
        ))?)
    }
}

impl Restored {
    fn as_json(&self) -> Value {
        let log = self.log.as_ref().map(|log| match log {
            Ok(Verified { entries, head, hash, .. }) => {
                json!({"whole": true, "entries": entries, "end": format!("{}:{hash}", head.0)})
            }
            Err(fault) => json!({"whole": false, "fault": fault.to_string()}),
        });
        json!({
            "revision": self.revision, "clients": self.clients, "client_grants": self.client_grants,
            "resource_servers": self.resource_servers, "event_log": log,
        })
    }
}

/// The files that are copied. Keys are written by themselves: they may be others.
fn copied(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let names = manifest.files.iter().map(|file| file.name.as_str());
    names.filter(|name| ![CURRENT, FORMER].contains(name))
}

fn damaged(file: &Path, why: &str) -> Box<dyn std::error::Error + Send + Sync> {
    format!("the backup is damaged: {} {why}", file.display()).into()
}

/// Brings what is restored up to date, and reads all of it: every secret has to open.
async fn check(staged: &Path, manifest: &Manifest) -> Outcome<Restored> {
    let database = staged.join(DATABASE);
    let unusable = |error| format!("the {DATABASE} of the backup cannot be used: {error}");
    let store = SqliteStore::open(&database, KeyFiles::of(staged).read()?).await.map_err(unusable)?;
    let configuration = store.load().await;
    // Of what was used once since the backup nobody knows, so no server may think that it knows all.
    let taken_over = store.take_over_uses(SystemClock.now()).await;
    store.close().await;
    let configuration = configuration.map_err(unusable)?;
    taken_over.map_err(unusable)?;
    let revision = configuration.revision.0;
    if revision != manifest.revision {
        let expected = manifest.revision;
        return Err(damaged(&database, &format!("is of the revision {revision} and not {expected}")));
    }
    let log = match &manifest.event_log {
        Some(log) => Some(check_log(staged, log).await?),
        None => None,
    };
    Ok(Restored {
        revision,
        clients: configuration.clients.len(),
        client_grants: configuration.client_grants.len(),
        resource_servers: configuration.resource_servers.len(),
        log,
    })
}

/// Whether the log is whole. One that was tampered with is restored too: it is evidence.
async fn check_log(staged: &Path, log: &LogPart) -> Outcome<Result<Verified, ChainFault>> {
    let unusable = |error| format!("the {EVENT_LOG} of the backup cannot be used: {error}");
    let mut secrets = SealedSecrets::open(&staged.join(DATABASE), KeyFiles::of(staged).read()?).await?;
    let key = secrets.log_key().await;
    secrets.close().await?;
    let key = key?.ok_or_else(|| format!("the {DATABASE} of the backup has no key for its {EVENT_LOG}"))?;
    let expected = ChainHash::from_hex(&log.hash).map(|hash| (LogPosition(log.position), hash));
    Ok(verify_log(&staged.join(EVENT_LOG), &key, expected, |_| {}).await.map_err(unusable)?)
}

/// Puts the files in their place, the database last, and lets servers start. Where that fails in the middle, none may.
fn put_in_place(staged: Unfinished, folder: &Path) -> Outcome {
    settle_folder(staged.path())?;
    let staged = staged.keep();
    for name in [FORMER, CURRENT, EVENT_LOG, DATABASE] {
        let from = staged.join(name);
        if from.exists() {
            fs::rename(&from, folder.join(name)).map_err(|error| named(&error, &from))?;
        }
    }
    settle_folder(folder)?;
    fs::remove_dir(&staged).map_err(|error| named(&error, &staged))?;
    Ok(settle_folder(folder)?)
}
