//! `grantd migrate`: from the file in a data folder to a PostgreSQL database.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use grantd_store::{Log, MoveProgress, MovedTable, SqliteLog, SqliteStore, Store, move_to_postgres};
use serde_json::{Value, json};

use crate::Outcome;
use crate::data::DataFolder;
use crate::database::{Place, server_at};
use crate::world::SystemEntropy;

/// How often it is said how far it has come.
const SAID: Duration = Duration::from_secs(2);

/// The flags of `grantd migrate`.
#[derive(clap::Args)]
pub(crate) struct Migrate {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Move the configuration and the event log of a data folder into a new PostgreSQL database.
    ///
    /// The server has to be stopped. Every row is moved and then compared; until all of it is there, no server starts on
    /// the database. Whenever this is interrupted, the same command goes on. The files stay as they are: keep them until
    /// you are content, and start no server on them any more. The data folder has the key that opens the secrets: start
    /// the servers with it, or with a copy of `key-encryption-key` in theirs.
    SqliteToPostgres(SqliteToPostgres),
}

/// The flags of `grantd migrate sqlite-to-postgres`.
#[derive(clap::Args)]
struct SqliteToPostgres {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The database, which has to be empty: `postgres://user:password@host/database`.
    #[arg(long, value_name = "URL", env = "GRANTD_DATABASE", hide_env_values = true)]
    database: String,
    /// Say it as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Migrate {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Outcome {
        let Command::SqliteToPostgres(moving) = self.command;
        moving.run().await
    }
}

impl SqliteToPostgres {
    async fn run(&self) -> Outcome {
        let options = server_at(&self.database)?;
        let folder = DataFolder::open_existing(&self.data)?;
        let log = bring_up_to_date(&folder).await?;
        let mut said = Instant::now();
        let progress = |progress: MoveProgress| {
            if progress.done == progress.all || said.elapsed() >= SAID {
                said = Instant::now();
                tell(&progress);
            }
        };
        let moved = move_to_postgres(&folder.database(), log.as_deref(), &options, progress).await?;
        self.say(&moved)
    }

    fn say(&self, moved: &[MovedTable]) -> Outcome {
        let rows: u64 = moved.iter().map(|table| table.rows).sum();
        if self.json {
            let tables: Vec<Value> = moved
                .iter()
                .map(|table| json!({"table": table.name, "rows": table.rows, "sha256": hex(&table.hash)}))
                .collect();
            return Ok(crate::say(&json!({"rows": rows, "tables": tables}).to_string())?);
        }
        for table in moved.iter().filter(|table| table.rows > 0) {
            crate::say(&format!("{:>9} rows of {}, {}", table.rows, table.name, hex(&table.hash)))?;
        }
        Ok(crate::say(&format!("{rows} rows were moved, and are the same on both sides"))?)
    }
}

/// Files of an older version get the schemas of this one. The file of the log, if there is one.
async fn bring_up_to_date(folder: &DataFolder) -> Outcome<Option<PathBuf>> {
    let keys = folder.key_encryption_keys(&SystemEntropy)?;
    let store = SqliteStore::open(&folder.database(), keys).await.map_err(|error| folder.unusable(error))?;
    let log = folder.event_log();
    if log.exists() {
        let key = Place::log_key(&store, &SystemEntropy).await?;
        let opened = SqliteLog::open(&log, key).await;
        opened.map_err(|error| format!("{} cannot be used: {error}", log.display()))?.close().await;
    }
    store.close().await;
    Ok(log.exists().then_some(log))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')));
        text
    })
}

#[expect(clippy::print_stderr, reason = "for who waits at the terminal; standard output has the result")]
fn tell(progress: &MoveProgress) {
    let what = if progress.compares { "compared" } else { "moved" };
    eprintln!("{}: {} of {} rows {what}", progress.table, progress.done, progress.all);
}
