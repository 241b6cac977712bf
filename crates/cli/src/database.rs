//! Where the configuration and the event log are kept: in the data folder, or in a PostgreSQL database that several
//! servers share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use grantd_model::{Entropy, Secret};
use grantd_store::{
    ChainKey, Log, PostgresLog, PostgresOptions, PostgresStore, SealedSecrets, SqliteLog, SqliteStore, Store,
    StoreError,
};

use crate::Outcome;
use crate::data::{DataFolder, check_filled};
use crate::key_files::KeyFiles;

/// The flags of a database.
#[derive(Clone, clap::Args)]
pub(crate) struct DatabaseFlags {
    /// A PostgreSQL database, which any number of servers share: `postgres://user:password@host/database`. Without it the
    /// database is a file in the data folder, for one server.
    #[arg(long, value_name = "URL", env = "GRANTD_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The same database past a pooler that gives each transaction another connection, for hearing of commits at once.
    /// Without it they are asked for, twice a second.
    #[arg(
        long,
        value_name = "URL",
        requires = "database",
        env = "GRANTD_DATABASE_LISTENER",
        hide_env_values = true
    )]
    database_listener: Option<String>,
    /// Connections of this server that read the database. Ten more follow, write, count, listen and search.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = PostgresOptions::READERS,
        value_parser = clap::value_parser!(u32).range(1..=1000),
        env = "GRANTD_DATABASE_CONNECTIONS"
    )]
    database_connections: u32,
}

/// The file in the data folder.
impl Default for DatabaseFlags {
    fn default() -> Self {
        Self { database: None, database_listener: None, database_connections: PostgresOptions::READERS }
    }
}

/// Where the database is.
#[derive(Clone)]
pub(crate) enum Place {
    /// A file in the data folder.
    File,
    /// A server.
    Server(Box<PostgresOptions>),
}

impl DatabaseFlags {
    /// Where the database is.
    pub(crate) fn place(&self) -> Outcome<Place> {
        let Some(url) = &self.database else { return Ok(Place::File) };
        let options = server_at(url)?.with_readers(self.database_connections);
        let options = match &self.database_listener {
            Some(url) => options.with_listener(url).map_err(|error| wrong("--database-listener", &error))?,
            None => options,
        };
        Ok(Place::Server(Box::new(options)))
    }
}

/// The PostgreSQL database at a URL. What is wrong with it is said without it: it has a password in it.
pub(crate) fn server_at(url: &str) -> Outcome<PostgresOptions> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err("--database looks like postgres://user:password@host/database".into());
    }
    Ok(PostgresOptions::parse(url).map_err(|error| wrong("--database", &error))?)
}

fn wrong(flag: &str, error: &StoreError) -> String {
    format!("{flag} is no URL of a database: {}", cause(error))
}

fn cause(error: &StoreError) -> String {
    grantd_model::Causes(error).to_string()
}

impl Place {
    /// Opens the configuration.
    pub(crate) async fn open(&self, folder: &DataFolder, entropy: &dyn Entropy) -> Outcome<Arc<dyn Store>> {
        match self {
            Self::File => {
                let keys = folder.key_encryption_keys(entropy)?;
                let store = SqliteStore::open(&folder.database(), keys).await;
                Ok(Arc::new(store.map_err(|error| folder.unusable(error))?))
            }
            Self::Server(options) => {
                let is_new = PostgresStore::is_new(options).await.map_err(|error| unusable(&error))?;
                let keys = folder.key_encryption_keys_of_server(entropy, is_new)?;
                let store = PostgresStore::open(options, keys).await;
                Ok(Arc::new(store.map_err(|error| unusable(&error))?))
            }
        }
    }

    /// The sealed secrets, under the keys of the folder, beside whoever serves.
    pub(crate) async fn sealed_secrets(&self, folder: &Path) -> Outcome<SealedSecrets> {
        let keys = || KeyFiles::of(folder).read();
        match self {
            Self::File => {
                let file = check_filled(folder)?;
                let secrets = SealedSecrets::open(&file, keys()?).await;
                Ok(secrets.map_err(|error| format!("{} cannot be used: {error}", file.display()))?)
            }
            Self::Server(options) => {
                let secrets = SealedSecrets::connect(options, keys()?).await;
                Ok(secrets.map_err(|error| unusable(&error))?)
            }
        }
    }

    /// Opens the event log.
    pub(crate) async fn open_log(&self, folder: &DataFolder, key: ChainKey) -> Outcome<Arc<dyn Log>> {
        match self {
            Self::File => {
                let file = folder.event_log();
                let log = SqliteLog::open(&file, key).await;
                Ok(Arc::new(log.map_err(|error| format!("{} cannot be used: {error}", file.display()))?))
            }
            Self::Server(options) => {
                let log = PostgresLog::open(options, key).await;
                Ok(Arc::new(log.map_err(|error| unusable(&error))?))
            }
        }
    }

    /// The key of the log's hash chain.
    pub(crate) async fn log_key(store: &dyn Store, entropy: &dyn Entropy) -> Outcome<ChainKey> {
        let mut bytes = vec![0; ChainKey::LENGTH];
        entropy.fill(&mut bytes);
        Ok(store.log_key(Secret::from(bytes)).await?)
    }

    /// How old what a server knows may be before it issues no more tokens, unless something else is said.
    pub(crate) fn ceiling(&self) -> Duration {
        match self {
            Self::File => Duration::from_secs(10),
            Self::Server(_) => Duration::from_mins(1),
        }
    }
}

pub(crate) fn unusable(error: &StoreError) -> String {
    format!("the database cannot be used: {}", cause(error))
}
