//! The embedded database: SQLite in one file of the data folder.
//!
//! One writer ([`writer`]) batches waiting commits into one transaction each; readers have connections of
//! their own and never wait for it. WAL with `synchronous = FULL`: what is answered survives a power cut.

mod copy;
mod sealed_secrets;
mod secret_uses;
#[path = "../sql/mod.rs"]
mod sql;
mod writer;

pub use self::copy::{ConfigurationCopy, copy_configuration};
pub use self::sealed_secrets::SealedSecrets;
pub use self::sql::sealing::SecretCount;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use grantd_model::{
    Audience, Client, ClientFilter, ClientGrant, ClientGrantFilter, ClientGrantId, ClientId, ClientSecretId,
    Credential, CredentialId, DiscoveryDomain, DiscoveryDomainId, FederatedIdentity, FederatedIdentityId,
    LogStream, LogStreamId, Organization, OrganizationClient, OrganizationFilter, OrganizationId, Owned,
    Ownership, Page, Paging, ResourceServer, ResourceServerFilter, ResourceServerId, Revision, Secret,
    SigningKey, Tenant, Timestamp, Versioned,
};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqlitePool};

use self::writer::Work;
use crate::log_chain::ChainKey;
use crate::migrations;
use crate::secret_uses::SecretUses;
use crate::{
    Change, Changes, Configuration, FormerUses, KeyEncryptionKeys, Noun, OneTimeUse, QuotaReservation,
    QuotaReserved, QuotaReturn, Store, StoreError,
};

/// The database that the statements are compiled for here.
pub(crate) type Db = sqlx::Sqlite;
/// A connection to it.
pub(crate) type Connection = sqlx::SqliteConnection;

const READERS: u32 = 4;
const MIGRATIONS: &[migrations::Source] = &[
    (1, "configuration", include_str!("../../migrations/sqlite/0001_configuration.sql")),
    (2, "credentials", include_str!("../../migrations/sqlite/0002_credentials.sql")),
    (3, "signing key rotation", include_str!("../../migrations/sqlite/0003_signing_key_rotation.sql")),
    (4, "client secrets", include_str!("../../migrations/sqlite/0004_client_secrets.sql")),
    (5, "federated identities", include_str!("../../migrations/sqlite/0005_federated_identities.sql")),
    (6, "revoked tokens", include_str!("../../migrations/sqlite/0006_revoked_tokens.sql")),
    (7, "sealing", include_str!("../../migrations/sqlite/0007_sealing.sql")),
    (8, "one-time uses", include_str!("../../migrations/sqlite/0008_one_time_uses.sql")),
    (9, "token quotas", include_str!("../../migrations/sqlite/0009_token_quotas.sql")),
    (10, "log streams", include_str!("../../migrations/sqlite/0010_log_streams.sql")),
    (11, "log key", include_str!("../../migrations/sqlite/0011_log_key.sql")),
    (
        12,
        "clients and domains of organizations",
        include_str!("../../migrations/sqlite/0012_organization_clients_and_domains.sql"),
    ),
    (13, "ownerships", include_str!("../../migrations/sqlite/0013_ownerships.sql")),
];

/// A configuration in a SQLite file.
pub struct SqliteStore {
    readers: SqlitePool,
    writer: writer::Writer,
    key: Arc<KeyEncryptionKeys>,
    uses: Arc<SecretUses>,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date. A schema from a newer
    /// version is refused.
    pub async fn open(file: &Path, key: impl Into<KeyEncryptionKeys>) -> Result<Self, StoreError> {
        migrations::make_private(file);
        let options = options(file).busy_timeout(std::time::Duration::from_secs(5));
        let mut connection = options.connect().await?;
        migrations::run(&mut connection, MIGRATIONS).await?;
        let (key, uses) = (Arc::new(key.into()), Arc::new(SecretUses::default()));
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?;
        let writer = writer::Writer::start(connection, Arc::clone(&key), Arc::clone(&uses));
        Ok(Self { readers, writer, key, uses })
    }

    /// The key of the log's hash chain, made of these bytes if there is none yet.
    pub async fn log_key(&self, new: Secret) -> Result<ChainKey, StoreError> {
        self.writer.write(Work::MakeLogKey(new)).await?;
        let key = sql::log_keys::get(&mut *self.reader().await?, &self.key).await?;
        key.ok_or(StoreError::Missing(Noun::LogKey)).map(|key| ChainKey::new(&key))
    }

    /// Stops writing, waits for the last commit and closes the file.
    pub async fn close(self) {
        self.writer.stop().await;
        self.readers.close().await;
    }

    async fn reader(&self) -> Result<PoolConnection<Db>, StoreError> {
        Ok(self.readers.acquire().await?)
    }
}

/// How every connection to the file behaves. What is deleted or replaced is overwritten, so that no sealed secret
/// outlives its row, or the key that it was sealed under.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
}

/// The latest schema of a configuration that is known here.
pub fn known_schema() -> i64 {
    migrations::newest(MIGRATIONS)
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, changes: Vec<Change>) -> Result<Revision, StoreError> {
        self.writer.write(Work::Commit(changes)).await.map(|written| written.revision)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        sql::revision::current(&mut *self.reader().await?).await
    }

    async fn load(&self) -> Result<Configuration, StoreError> {
        let mut reader = self.reader().await?;
        let mut transaction = reader.begin().await?;
        sql::load::everything(&mut transaction, &self.key).await
    }

    async fn ownerships(&self) -> Result<HashMap<Owned, Ownership>, StoreError> {
        sql::ownerships::all(&mut *self.reader().await?).await
    }

    async fn changes_since(&self, revision: Revision) -> Result<Changes, StoreError> {
        let mut reader = self.reader().await?;
        let mut transaction = reader.begin().await?;
        sql::load::changes_since(&mut transaction, &self.key, revision).await
    }

    async fn use_once(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<bool, StoreError> {
        self.writer.write(Work::Use(uses, now)).await.map(|written| written.first)
    }

    async fn leave_uses(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Work::LeaveUses(uses, now)).await.map(drop)
    }

    async fn take_over_uses(&self, now: Timestamp) -> Result<FormerUses, StoreError> {
        sql::one_time_uses::take_over(&mut *self.reader().await?, now).await
    }

    async fn reserve_quota(
        &self,
        reservation: QuotaReservation,
        now: Timestamp,
    ) -> Result<QuotaReserved, StoreError> {
        self.writer.write(Work::ReserveQuota(reservation, now)).await.map(|written| written.reserved)
    }

    async fn return_quota(&self, unspent: Vec<QuotaReturn>) -> Result<(), StoreError> {
        self.writer.write(Work::ReturnQuota(unspent)).await.map(drop)
    }

    async fn tenant(&self) -> Result<Versioned<Tenant>, StoreError> {
        sql::tenant::get(&mut *self.reader().await?).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        sql::signing_keys::all(&mut *self.reader().await?, &self.key).await
    }

    async fn get_client(&self, id: &ClientId) -> Result<Option<Versioned<Client>>, StoreError> {
        sql::clients::get(&mut *self.reader().await?, &self.key, id).await
    }

    async fn find_client_of_api(&self, api: &Audience) -> Result<Option<ClientId>, StoreError> {
        sql::clients::find_of_api(&mut *self.reader().await?, api).await
    }

    async fn list_clients(&self, filter: &ClientFilter, paging: &Paging) -> Result<Page<Client>, StoreError> {
        sql::clients::list(&mut *self.reader().await?, &self.key, filter, paging).await
    }

    async fn get_credential(&self, id: &CredentialId) -> Result<Option<Versioned<Credential>>, StoreError> {
        sql::credentials::get(&mut *self.reader().await?, id).await
    }

    async fn list_credentials(&self, client: &ClientId) -> Result<Vec<Credential>, StoreError> {
        sql::credentials::of_client(&mut *self.reader().await?, client).await
    }

    fn note_secret_use(&self, client: &ClientId, secret: ClientSecretId, now: Timestamp) {
        self.uses.note(client, secret, now);
    }

    async fn secret_uses(&self, client: &Client) -> Result<HashMap<ClientSecretId, Timestamp>, StoreError> {
        let id = &client.client_id;
        let written = sql::secret_uses::of_client(&mut *self.reader().await?, id).await?;
        let last = |secret| self.uses.last(id, secret).max(written.get(&secret).copied());
        Ok(client.secrets().filter_map(|secret| Some((secret.id, last(secret.id)?))).collect())
    }

    async fn get_resource_server(
        &self,
        id: &ResourceServerId,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        sql::resource_servers::get(&mut *self.reader().await?, &self.key, id).await
    }

    async fn find_resource_server(
        &self,
        identifier: &Audience,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        sql::resource_servers::find(&mut *self.reader().await?, &self.key, identifier).await
    }

    async fn list_resource_servers(
        &self,
        filter: &ResourceServerFilter,
        paging: &Paging,
    ) -> Result<Page<ResourceServer>, StoreError> {
        sql::resource_servers::list(&mut *self.reader().await?, &self.key, filter, paging).await
    }

    async fn get_client_grant(
        &self,
        id: &ClientGrantId,
    ) -> Result<Option<Versioned<ClientGrant>>, StoreError> {
        sql::client_grants::get(&mut *self.reader().await?, id).await
    }

    async fn list_client_grants(
        &self,
        filter: &ClientGrantFilter,
        paging: &Paging,
    ) -> Result<Page<ClientGrant>, StoreError> {
        sql::client_grants::list(&mut *self.reader().await?, filter, paging).await
    }

    async fn get_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Versioned<Organization>>, StoreError> {
        sql::organizations::get(&mut *self.reader().await?, id).await
    }

    async fn find_organization(&self, name: &str) -> Result<Option<Versioned<Organization>>, StoreError> {
        sql::organizations::find(&mut *self.reader().await?, name).await
    }

    async fn list_organizations(
        &self,
        filter: &OrganizationFilter,
        paging: &Paging,
    ) -> Result<Page<Organization>, StoreError> {
        sql::organizations::list(&mut *self.reader().await?, filter, paging).await
    }

    async fn get_organization_client(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
    ) -> Result<Option<OrganizationClient>, StoreError> {
        sql::organization_clients::get(&mut *self.reader().await?, organization, client).await
    }

    async fn list_organization_clients(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<OrganizationClient>, StoreError> {
        sql::organization_clients::list(&mut *self.reader().await?, organization, paging).await
    }

    async fn get_discovery_domain(
        &self,
        organization: &OrganizationId,
        id: &DiscoveryDomainId,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        sql::discovery_domains::get(&mut *self.reader().await?, organization, id).await
    }

    async fn find_discovery_domain(
        &self,
        organization: &OrganizationId,
        domain: &str,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        sql::discovery_domains::find(&mut *self.reader().await?, organization, domain).await
    }

    async fn list_discovery_domains(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<DiscoveryDomain>, StoreError> {
        sql::discovery_domains::list(&mut *self.reader().await?, organization, paging).await
    }

    async fn get_federated_identity(
        &self,
        client: &ClientId,
        id: &FederatedIdentityId,
    ) -> Result<Option<Versioned<FederatedIdentity>>, StoreError> {
        sql::federated_identities::get(&mut *self.reader().await?, client, id).await
    }

    async fn list_federated_identities(
        &self,
        client: &ClientId,
    ) -> Result<Vec<FederatedIdentity>, StoreError> {
        sql::federated_identities::of_client(&mut *self.reader().await?, client).await
    }

    async fn get_log_stream(&self, id: &LogStreamId) -> Result<Option<Versioned<LogStream>>, StoreError> {
        sql::log_streams::get(&mut *self.reader().await?, &self.key, id).await
    }

    async fn list_log_streams(&self) -> Result<Vec<LogStream>, StoreError> {
        sql::log_streams::all(&mut *self.reader().await?, &self.key).await
    }
}
