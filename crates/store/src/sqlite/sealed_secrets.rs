//! The sealed secrets of a file, beside a server that may have it open.
//!
//! The connection is one of its own. It takes the database for moments only and steps back after each, so that the
//! server's writer always comes in between; and it asks often where the server writes without a break, since SQLite's
//! own waiting asks ever less often, and would miss the short gaps.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection as _};

use super::sql::log_keys;
use super::sql::sealing::{self, Place};
use super::{Connection, is_busy, known_schema, options};
use crate::sealed_secrets::BATCH;
use crate::{ChainKey, KeyEncryptionKeyId, KeyEncryptionKeys, SecretCount, StoreError, migrations};

/// How long a transaction waits for its turn.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long SQLite waits by itself from then on, at shorter intervals first: milliseconds.
const MOMENT: &str = "PRAGMA busy_timeout = 30";
/// A database's sealed secrets.
pub(crate) struct SealedSecrets {
    connection: Connection,
    keys: KeyEncryptionKeys,
    place: Place,
}

impl SealedSecrets {
    /// Opens the file beside whoever else has it open. It has to be there, and of this version's schema: a server
    /// of another version would not know under which key to seal.
    pub(crate) async fn open(file: &Path, keys: KeyEncryptionKeys) -> Result<Self, StoreError> {
        // Who closes the file last has it to itself for a while.
        let options = options(file).create_if_missing(false).busy_timeout(PATIENCE);
        let mut connection = options.connect().await?;
        let schema = migrations::schema(&mut connection).await?.unwrap_or_default();
        let needed = known_schema();
        sqlx::raw_sql(MOMENT).execute(&mut connection).await?;
        match schema.cmp(&needed) {
            std::cmp::Ordering::Less => Err(StoreError::Older { schema, needed }),
            std::cmp::Ordering::Greater => Err(StoreError::Newer { schema, known: needed }),
            std::cmp::Ordering::Equal => Ok(Self { connection, keys, place: Place::default() }),
        }
    }

    /// How many secrets stand under which key, at one moment.
    pub(crate) async fn count(&mut self) -> Result<Vec<SecretCount>, StoreError> {
        let mut transaction = self.connection.begin().await?;
        sealing::count(&mut transaction).await
    }

    /// The key of the log's hash chain; none if no event was ever recorded.
    pub(crate) async fn log_key(&mut self) -> Result<Option<ChainKey>, StoreError> {
        let key = log_keys::get(&mut self.connection, &self.keys).await?;
        Ok(key.as_ref().map(ChainKey::new))
    }

    /// The key that the database names for sealing, if it names one.
    pub(crate) async fn sealing_key(&mut self) -> Result<Option<KeyEncryptionKeyId>, StoreError> {
        sealing::named(&mut self.connection).await
    }

    /// Makes `to` the key that everybody seals under, and starts over.
    pub(crate) async fn name(&mut self, to: KeyEncryptionKeyId) -> Result<(), StoreError> {
        self.keys.sealer(Some(to))?;
        self.place = Place::default();
        begin(&mut self.connection).await?;
        let named = sealing::name(&mut self.connection, to).await;
        end(&mut self.connection, named).await
    }

    pub(crate) async fn reseal_some(&mut self, to: KeyEncryptionKeyId) -> Result<u32, StoreError> {
        begin(&mut self.connection).await?;
        let done = self.reseal_within(to).await;
        end(&mut self.connection, done).await
    }

    async fn reseal_within(&mut self, to: KeyEncryptionKeyId) -> Result<u32, StoreError> {
        let sealer = self.keys.sealer(Some(to))?;
        sealing::reseal(&mut self.connection, &sealer, to, &mut self.place, BATCH).await
    }

    /// Closes the file, after moving what was written from the log into the database, as far as nobody reads it: the
    /// log has the secrets as they were sealed before.
    pub(crate) async fn close(mut self) -> Result<(), StoreError> {
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut self.connection).await?;
        Ok(self.connection.close().await?)
    }
}

/// Begins a transaction that writes, when it is its turn.
async fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    let asked = Instant::now();
    while let Err(error) = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await {
        if !is_busy(&error) || asked.elapsed() > PATIENCE {
            return Err(error.into());
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Ends the transaction: keeps what was done, or leaves everything as it was.
async fn end<T>(connection: &mut Connection, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
    let how = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sqlx::raw_sql(how).execute(connection).await?;
    outcome
}
