//! `grantd backup`: takes one, beside a server that runs or not. It takes no lock, and changes nothing in the data folder.
//!
//! The configuration is copied before the event log, so that the log has the event of every change that was answered
//! and is in the copy; there may be some more, of changes that came between. Whether there is a log is asked before both:
//! the key of its chain is in the configuration before the file is there.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use grantd_model::Clock;
use grantd_store::{ConfigurationCopy, copy_configuration, copy_log};

use super::files::{make_private, settle, settle_folder, watched};
use super::manifest::{LogPart, Manifest};
use super::unfinished::Unfinished;
use super::{UNFINISHED, is_free, needed_keys};
use crate::Outcome;
use crate::data::{DATABASE, EVENT_LOG, check_filled, event_log, named};
use crate::key_files::{CURRENT, FORMER, HeldKey, KeyFiles};
use crate::stop::Stop;
use crate::world::SystemClock;

/// How often the configuration is copied, until its keys are there.
const ATTEMPTS: u32 = 10;

/// The flags of `grantd backup`.
#[derive(clap::Args)]
pub(crate) struct Backup {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The folder that becomes the backup. It is empty or not there yet; the folder that it is in has to be there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Put the key-encryption key in as well. Whoever has the backup then has every secret.
    #[arg(long)]
    with_key: bool,
    /// Say it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// The place that a backup is for, and the folder beside it that it is made in.
struct Place {
    path: PathBuf,
    folder: Unfinished,
}

impl Backup {
    /// Takes it; a signal ends it, and leaves nothing.
    pub(crate) async fn run(self) -> Outcome {
        let stop = Stop::with_hangup()?;
        tokio::select! {
            taken = self.take() => self.say(&taken?),
            () = stop.asked() => Err("interrupted: there is no backup".into()),
        }
    }

    async fn take(&self) -> Outcome<Manifest> {
        let database = check_filled(&self.data)?;
        let log = event_log(&self.data);
        let log = Some(log).filter(|log| log.exists());
        let place = Place::free(&self.to)?;
        let folder = place.folder.path();
        let (mut manifest, keys) = self.copy_with_keys(&database, folder).await?;
        manifest.files.push(settle(folder, DATABASE).await?);
        if let Some(log) = log {
            manifest.event_log = copy_events(&log, folder).await?;
        }
        if manifest.event_log.is_some() {
            manifest.files.push(settle(folder, EVENT_LOG).await?);
        }
        if self.with_key {
            put_keys(&mut manifest, &keys, folder).await?;
        }
        manifest.write(folder)?;
        place.fill()?;
        Ok(manifest)
    }

    /// Copies the configuration with the keys that it needs. Where keys were replaced one after the other meanwhile, none
    /// of those that were seen may fit: then it is copied again.
    async fn copy_with_keys(&self, database: &Path, folder: &Path) -> Outcome<(Manifest, Vec<HeldKey>)> {
        for _ in 1..ATTEMPTS {
            let (manifest, keys) = self.copy_configuration(database, folder).await?;
            if !self.with_key || needed_keys(&manifest.key_ids, &keys).is_ok() {
                return Ok((manifest, keys));
            }
            let copy = folder.join(DATABASE);
            fs::remove_file(&copy).map_err(|error| named(&error, &copy))?;
        }
        self.copy_configuration(database, folder).await
    }

    /// The keys are those from after and from before, since one may replace another meanwhile.
    async fn copy_configuration(&self, database: &Path, folder: &Path) -> Outcome<(Manifest, Vec<HeldKey>)> {
        let held = || if self.with_key { KeyFiles::of(&self.data).held() } else { Ok(Vec::new()) };
        let (before, taken_at) = (held()?, SystemClock.now().to_string());
        let to = folder.join(DATABASE);
        make_private(&to)?;
        let copied = watched(database, &to, copy_configuration(database, &to)).await;
        let copied = copied.map_err(|error| format!("{} cannot be copied: {error}", database.display()))?;
        let Some(ConfigurationCopy { schema, revision, keys: needed }) =
            copied.filter(|copied| !copied.keys.is_empty())
        else {
            return Err(format!("nothing was served from {} yet", self.data.display()).into());
        };
        let mut keys = held()?;
        keys.extend(before);
        let mut manifest = Manifest::new(taken_at, revision.0, schema);
        manifest.key_ids = needed.iter().map(ToString::to_string).collect();
        Ok((manifest, keys))
    }

    fn say(&self, manifest: &Manifest) -> Outcome {
        if self.json {
            return Ok(crate::say(&serde_json::to_string(manifest)?)?);
        }
        let (to, key) = (self.to.display(), KeyFiles::of(&self.data).current());
        let log = match manifest.log_end() {
            Some(end) => format!("the event log in it ends with {end}"),
            None => "there is no event log".to_owned(),
        };
        let key = if manifest.has_key {
            "the key-encryption key is in it: whoever has this backup has every secret".to_owned()
        } else {
            format!(
                "the key-encryption key is not in it: keep {} apart from it, since nothing can be restored without",
                key.display()
            )
        };
        Ok(crate::say(&format!("revision {} is backed up in {to}\n{log}\n{key}", manifest.revision))?)
    }
}

/// Copies the event log. None if it is no log yet.
async fn copy_events(log: &Path, folder: &Path) -> Outcome<Option<LogPart>> {
    let to = folder.join(EVENT_LOG);
    make_private(&to)?;
    let copied = watched(log, &to, copy_log(log, &to)).await;
    let copied = copied.map_err(|error| format!("{} cannot be copied: {error}", log.display()))?;
    if copied.is_none() {
        fs::remove_file(&to).map_err(|error| named(&error, &to))?;
    }
    Ok(copied.map(|copied| LogPart {
        schema: copied.schema,
        position: copied.head.0,
        hash: copied.hash.to_string(),
    }))
}

/// Puts the keys in that the copy needs.
async fn put_keys(manifest: &mut Manifest, held: &[HeldKey], folder: &Path) -> Outcome {
    let (current, former) = needed_keys(&manifest.key_ids, held).map_err(|missing| {
        let missing = missing.join(", ");
        format!("some secrets are sealed under a key that is not in the data folder: {missing}")
    })?;
    KeyFiles::of(folder).put(current, former)?;
    manifest.files.push(settle(folder, CURRENT).await?);
    if former.is_some() {
        manifest.files.push(settle(folder, FORMER).await?);
    }
    manifest.has_key = true;
    Ok(())
}

impl Place {
    /// A place where nothing is yet.
    fn free(path: &Path) -> Outcome<Self> {
        let path = absolute(path).map_err(|error| named(&error, path))?;
        if !is_free(&path)? {
            let what = "is not empty: a backup becomes a new folder, or an empty one";
            return Err(format!("{} {what}", path.display()).into());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(format!("{} is no name for a backup", path.display()).into());
        };
        if !parent.is_dir() {
            return Err(format!("the folder {} is not there", parent.display()).into());
        }
        let folder = Unfinished::beginning(parent, &format!("{}{UNFINISHED}", name.to_string_lossy()), 6)?;
        Ok(Self { path, folder })
    }

    /// Puts the folder there, whole and durable.
    fn fill(self) -> Outcome {
        settle_folder(self.folder.path())?;
        fs::rename(self.folder.path(), &self.path).map_err(|error| named(&error, &self.path))?;
        drop(self.folder.keep());
        Ok(self.path.parent().map_or(Ok(()), settle_folder)?)
    }
}
