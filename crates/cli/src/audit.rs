//! `grantd audit`: whether the event log of a data folder is whole. The server may run meanwhile.

use std::path::PathBuf;
use std::str::FromStr;

use grantd_model::LogPosition;
use grantd_store::{ChainHash, Verified, verify_log, verify_log_on_server};
use serde_json::json;

use crate::Outcome;
use crate::data::event_log;
use crate::database::{DatabaseFlags, Place};

/// Entries between two lines of progress.
const STEP: u64 = 500_000;

/// The flags of `grantd audit`.
#[derive(clap::Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check that no event was removed, altered, moved or put in, or say where.
    ///
    /// Each event is bound to all before it, under a key that is sealed in the configuration. The exit status is 0 when
    /// the log is whole. What it ends with is printed: noted elsewhere, it shows later, with --expect, that nobody has put an
    /// old copy in the log's place.
    Verify(Verify),
}

/// The flags of `grantd audit verify`.
#[derive(clap::Args)]
struct Verify {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The database.
    #[command(flatten)]
    database: DatabaseFlags,
    /// An end of the log that was noted before.
    #[arg(long, value_name = "POSITION:HASH")]
    expect: Option<NotedEnd>,
    /// Say it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// A position of the log and the value of the chain there.
#[derive(Clone, Copy)]
struct NotedEnd(LogPosition, ChainHash);

impl FromStr for NotedEnd {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (position, hash) = text.split_once(':')?;
            Some(Self(LogPosition(position.parse().ok()?), ChainHash::from_hex(hash)?))
        };
        parse().ok_or("this is no end of a log: a number, a colon and 64 hexadecimal digits")
    }
}

impl Audit {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Outcome {
        let Command::Verify(verify) = self.command;
        verify.run().await
    }
}

impl Verify {
    async fn run(&self) -> Outcome {
        let place = self.database.place()?;
        let mut secrets = place.sealed_secrets(&self.data).await?;
        let key = secrets.log_key().await?;
        let file = event_log(&self.data);
        let key = key.filter(|_| matches!(place, Place::Server(_)) || file.exists());
        let name = match place {
            Place::File => format!("the event log {}", file.display()),
            Place::Server(_) => "the event log".to_owned(),
        };
        let key = key.ok_or_else(|| format!("{name} is not there: no event was ever recorded"))?;
        let expected = self.expect.map(|NotedEnd(position, hash)| (position, hash));
        let mut told = 0;
        let told = |entries| {
            if entries >= told + STEP {
                told = entries;
                progress(entries);
            }
        };
        let verified = match &place {
            Place::File => verify_log(&file, &key, expected, told).await?,
            Place::Server(options) => verify_log_on_server(options, &key, expected, told).await?,
        };
        match verified {
            Ok(verified) => self.say(&verified),
            Err(fault) => Err(format!("{name} is not whole: {fault}").into()),
        }
    }

    fn say(&self, verified: &Verified) -> Outcome {
        let Verified { entries, removed, head, hash } = verified;
        if self.json {
            let said = json!({
                "whole": true, "entries": entries, "removed_by_retention": removed.0,
                "end": format!("{}:{hash}", head.0),
            });
            return Ok(crate::say(&said.to_string())?);
        }
        let before = match removed.0 {
            0 => String::new(),
            removed => format!("; the {removed} before them were removed by retention"),
        };
        Ok(crate::say(&format!(
            "the log is whole: {entries} events{before}\nit ends with {}:{hash}",
            head.0
        ))?)
    }
}

#[expect(clippy::print_stderr, reason = "for who waits at the terminal; standard output has the result")]
fn progress(entries: u64) {
    eprintln!("{entries} events are as they were written");
}
