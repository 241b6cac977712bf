//! The sealed secrets of a database, beside the servers that are on it.

use sqlx::{Connection as _, Transaction};

use super::sql::log_keys;
use super::sql::sealing::{self, Place};
use super::{BULK, Connection, Db, MIGRATIONS, PostgresOptions, STATEMENT, VIEW};
use crate::sealed_secrets::BATCH;
use crate::{ChainKey, KeyEncryptionKeyId, KeyEncryptionKeys, SecretCount, StoreError, migrations};

/// A database's sealed secrets.
pub(crate) struct SealedSecrets {
    connection: Connection,
    keys: KeyEncryptionKeys,
    place: Place,
}

impl SealedSecrets {
    pub(crate) async fn connect(
        options: &PostgresOptions,
        keys: KeyEncryptionKeys,
    ) -> Result<Self, StoreError> {
        let mut connection = Connection::connect_with(&options.database).await?;
        let text = "SELECT MAX(version) FROM _sqlx_migrations";
        let mut view = connection.begin_with(VIEW).await?;
        let schema: i64 = sqlx::query_scalar(text).fetch_one(&mut *view).await?;
        drop(view);
        let known = migrations::newest(MIGRATIONS);
        match schema.cmp(&known) {
            std::cmp::Ordering::Less => Err(StoreError::Older { schema, needed: known }),
            std::cmp::Ordering::Greater => Err(StoreError::Newer { schema, known }),
            std::cmp::Ordering::Equal => Ok(Self { connection, keys, place: Place::default() }),
        }
    }

    pub(crate) async fn count(&mut self) -> Result<Vec<SecretCount>, StoreError> {
        sealing::count(&mut *self.connection.begin_with(BULK).await?).await
    }

    pub(crate) async fn log_key(&mut self) -> Result<Option<ChainKey>, StoreError> {
        let key = log_keys::get(&mut *self.connection.begin_with(VIEW).await?, &self.keys).await?;
        Ok(key.as_ref().map(ChainKey::new))
    }

    pub(crate) async fn sealing_key(&mut self) -> Result<Option<KeyEncryptionKeyId>, StoreError> {
        sealing::named(&mut *self.connection.begin_with(VIEW).await?).await
    }

    /// Makes `to` the key that everybody seals under, and starts over.
    pub(crate) async fn name(&mut self, to: KeyEncryptionKeyId) -> Result<(), StoreError> {
        self.keys.sealer(Some(to))?;
        self.place = Place::default();
        let mut transaction = begin(&mut self.connection).await?;
        sealing::name(&mut transaction, to).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn reseal_some(&mut self, to: KeyEncryptionKeyId) -> Result<u32, StoreError> {
        let sealer = self.keys.sealer(Some(to))?;
        let mut transaction = begin(&mut self.connection).await?;
        let done = sealing::reseal(&mut transaction, &sealer, to, &mut self.place, BATCH).await?;
        transaction.commit().await?;
        Ok(done)
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

/// Nobody else seals anything until the transaction ends.
async fn begin(connection: &mut Connection) -> Result<Transaction<'_, Db>, StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(STATEMENT).execute(&mut *transaction).await?;
    let lock = "SELECT revision FROM revision WHERE one = 1 FOR UPDATE";
    sqlx::query::<Db>(lock).execute(&mut *transaction).await?;
    Ok(transaction)
}
