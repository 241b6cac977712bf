//! `grantd keys`: the key-encryption key of a data folder, which a running server goes on using meanwhile.
//!
//! The folder's lock belongs to the server; this takes one of its own, and works on the database beside.

use std::path::PathBuf;

use grantd_store::{KeyEncryptionKeyId, SealedSecrets, SecretCount};
use serde_json::{Value, json};

use crate::Outcome;
use crate::database::DatabaseFlags;
use crate::key_files::KeyFiles;
use crate::world::SystemEntropy;

/// What a key is that is in no file.
const UNKNOWN: &str = "unknown";

/// The flags of `grantd keys`.
#[derive(clap::Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Replace the key-encryption key: make a new one, seal every secret under it, and remove the former one.
    ///
    /// The server may run or not. Whenever this is interrupted, everything stays readable, and the same command
    /// finishes what was begun.
    Rewrap(Rewrap),
}

/// The flags of `grantd keys rewrap`.
#[derive(clap::Args)]
struct Rewrap {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The database.
    #[command(flatten)]
    database: DatabaseFlags,
    /// Change nothing: say how many secrets stand under which key. The exit status is 0 when all stand under the
    /// present key and there is no former one.
    #[arg(long)]
    check: bool,
    /// Say it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Under which keys the secrets of a folder stand.
struct Standing {
    current: KeyEncryptionKeyId,
    former: Option<KeyEncryptionKeyId>,
    sealing: KeyEncryptionKeyId,
    counts: Vec<SecretCount>,
}

impl Keys {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Outcome {
        let Command::Rewrap(rewrap) = self.command;
        if rewrap.check { rewrap.check().await } else { rewrap.replace().await }
    }
}

impl Rewrap {
    async fn replace(&self) -> Outcome {
        let (files, mut secrets) = self.open().await?;
        let replacing = files.clone().lock()?;
        // What the keys do not open is found out before there is another one.
        Standing::read(&files, &mut secrets).await?.check_known(&files)?;
        let (key, resumed) = replacing.begin(&SystemEntropy)?;
        let total = Standing::read(&files, &mut secrets).await?.secrets_elsewhere();
        let mut told = 0;
        let resealed = secrets
            .reseal(key, |sealed| {
                // Some twenty lines, however many secrets there are.
                if sealed == total || sealed >= told + total / 20 {
                    told = sealed;
                    progress(sealed, total);
                }
            })
            .await?;
        let standing = Standing::read(&files, &mut secrets).await?;
        secrets.close().await?;
        if standing.secrets_elsewhere() > 0 {
            return Err("some secrets do not stand under the new key: both keys are kept".into());
        }
        replacing.finish()?;
        let standing = Standing { former: None, ..standing };
        let (secrets, file) = (standing.secrets(), files.current());
        let did = if resumed { "what was begun before is finished" } else { "a new key was made" };
        self.say(
            &format!("{did}: all {secrets} secrets stand under the key {key} in {}", file.display()),
            json!({"resumed": resumed, "resealed": resealed}),
            &standing,
        )
    }

    async fn check(&self) -> Outcome {
        let (files, mut secrets) = self.open().await?;
        let standing = Standing::read(&files, &mut secrets).await?;
        self.say(&standing.to_string(), json!({}), &standing)?;
        if standing.is_whole() {
            return Ok(());
        }
        Err("not all secrets stand under the present key alone: `grantd keys rewrap` finishes what was begun"
            .into())
    }

    async fn open(&self) -> Outcome<(KeyFiles, SealedSecrets)> {
        let secrets = self.database.place()?.sealed_secrets(&self.data).await?;
        Ok((KeyFiles::of(&self.data), secrets))
    }

    fn say(&self, line: &str, mut said: Value, standing: &Standing) -> Outcome {
        if !self.json {
            return Ok(crate::say(line)?);
        }
        if let Value::Object(members) = &mut said {
            members.extend(standing.members());
        }
        Ok(crate::say(&said.to_string())?)
    }
}

impl Standing {
    async fn read(files: &KeyFiles, secrets: &mut SealedSecrets) -> Outcome<Self> {
        let (current, former) = files.ids()?;
        let sealing = secrets.sealing_key().await?.unwrap_or(current);
        Ok(Self { current, former, sealing, counts: secrets.count().await? })
    }

    fn secrets(&self) -> u64 {
        self.counts.iter().map(|count| count.secrets).sum()
    }

    /// Those that do not stand under the present key.
    fn secrets_elsewhere(&self) -> u64 {
        let elsewhere = self.counts.iter().filter(|count| count.key != Some(self.current));
        elsewhere.map(|count| count.secrets).sum()
    }

    fn check_known(&self, files: &KeyFiles) -> Outcome {
        let unknown = self.counts.iter().filter(|count| self.role(count.key) == UNKNOWN);
        let unknown: u64 = unknown.map(|count| count.secrets).sum();
        if unknown == 0 && self.role(Some(self.sealing)) != UNKNOWN {
            return Ok(());
        }
        let file = files.current();
        Err(format!("{} cannot be used: {unknown} secrets stand under another key", file.display()).into())
    }

    fn is_whole(&self) -> bool {
        self.secrets_elsewhere() == 0 && self.former.is_none() && self.sealing == self.current
    }

    /// What a key is to the folder.
    fn role(&self, key: Option<KeyEncryptionKeyId>) -> &'static str {
        match key {
            Some(key) if key == self.current => "current",
            Some(key) if Some(key) == self.former => "former",
            _ => UNKNOWN,
        }
    }

    fn members(&self) -> Vec<(String, Value)> {
        let counts = self.counts.iter().map(|count| {
            json!({
                "column": format!("{}.{}", count.table, count.column), "key": self.role(count.key),
                "key_id": count.key.map(|key| key.to_string()), "secrets": count.secrets,
            })
        });
        vec![
            ("current_key_id".to_owned(), self.current.to_string().into()),
            ("former_key_id".to_owned(), self.former.map(|key| key.to_string()).into()),
            ("sealing_key_id".to_owned(), self.sealing.to_string().into()),
            ("finished".to_owned(), self.is_whole().into()),
            ("secrets".to_owned(), counts.collect()),
        ]
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "secrets are sealed under the key {} ({})", self.sealing, self.role(Some(self.sealing)))?;
        for SecretCount { table, column, key, secrets } in &self.counts {
            let id = key.map_or_else(|| "?".to_owned(), |key| key.to_string());
            write!(f, "\n{secrets} in {table}.{column} stand under {id} ({})", self.role(*key))?;
        }
        Ok(())
    }
}

#[expect(clippy::print_stderr, reason = "for who waits at the terminal; standard output has the result")]
fn progress(sealed: u64, total: u64) {
    eprintln!("{sealed} of {total} secrets are sealed under the new key");
}
