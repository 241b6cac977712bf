//! The sealed secrets of a database, seen from outside of any server: counted by key, and sealed anew under another
//! key while servers read and write beside.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::{
    ChainKey, KeyEncryptionKeyId, KeyEncryptionKeys, PostgresOptions, SecretCount, StoreError, postgres,
    sqlite,
};

/// Secrets that one transaction seals at most: it takes some ten milliseconds.
pub(crate) const BATCH: u32 = 200;
/// How long others have the database to themselves at least, between two transactions.
const PAUSE: Duration = Duration::from_millis(10);

/// A database's sealed secrets.
pub struct SealedSecrets(Database);

enum Database {
    File(sqlite::SealedSecrets),
    Server(postgres::SealedSecrets),
}

impl SealedSecrets {
    /// Opens a file beside whoever else has it open. It has to be there, and of this version's schema: a server
    /// of another version would not know under which key to seal.
    pub async fn open(file: &Path, keys: impl Into<KeyEncryptionKeys>) -> Result<Self, StoreError> {
        Ok(Self(Database::File(sqlite::SealedSecrets::open(file, keys.into()).await?)))
    }

    /// The same for a database on a server.
    pub async fn connect(
        options: &PostgresOptions,
        keys: impl Into<KeyEncryptionKeys>,
    ) -> Result<Self, StoreError> {
        Ok(Self(Database::Server(postgres::SealedSecrets::connect(options, keys.into()).await?)))
    }

    /// How many secrets stand under which key, at one moment.
    pub async fn count(&mut self) -> Result<Vec<SecretCount>, StoreError> {
        match &mut self.0 {
            Database::File(secrets) => secrets.count().await,
            Database::Server(secrets) => secrets.count().await,
        }
    }

    /// The key of the log's hash chain; none if no event was ever recorded.
    pub async fn log_key(&mut self) -> Result<Option<ChainKey>, StoreError> {
        match &mut self.0 {
            Database::File(secrets) => secrets.log_key().await,
            Database::Server(secrets) => secrets.log_key().await,
        }
    }

    /// The key that the database names for sealing, if it names one.
    pub async fn sealing_key(&mut self) -> Result<Option<KeyEncryptionKeyId>, StoreError> {
        match &mut self.0 {
            Database::File(secrets) => secrets.sealing_key().await,
            Database::Server(secrets) => secrets.sealing_key().await,
        }
    }

    /// Makes `to` the key that everybody seals under, and seals under it whatever stands under another. When this
    /// returns, no secret stands under another key, and none will. `progress` is told after each transaction how
    /// many secrets were sealed so far; the number of all of them is returned.
    pub async fn reseal(
        &mut self,
        to: KeyEncryptionKeyId,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        match &mut self.0 {
            Database::File(secrets) => secrets.name(to).await?,
            Database::Server(secrets) => secrets.name(to).await?,
        }
        let mut sealed = 0;
        loop {
            let turn = Instant::now();
            let done = match &mut self.0 {
                Database::File(secrets) => secrets.reseal_some(to).await?,
                Database::Server(secrets) => secrets.reseal_some(to).await?,
            };
            sealed += u64::from(done);
            progress(sealed);
            if done < BATCH {
                return Ok(sealed);
            }
            tokio::time::sleep(turn.elapsed().max(PAUSE)).await;
        }
    }

    /// Leaves the database; a file without what its log has of secrets as they were sealed before.
    pub async fn close(self) -> Result<(), StoreError> {
        match self.0 {
            Database::File(secrets) => secrets.close().await,
            Database::Server(secrets) => secrets.close().await,
        }
    }
}
