//! A SQLite store that counts what is read of it, and can be made to hang or to fail.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use grantd_model::{
    Audience, Client, ClientFilter, ClientGrant, ClientGrantFilter, ClientGrantId, ClientId, ClientSecretId,
    Credential, CredentialId, DiscoveryDomain, DiscoveryDomainId, FederatedIdentity, FederatedIdentityId,
    LogStream, LogStreamId, Organization, OrganizationClient, OrganizationFilter, OrganizationId, Owned,
    Ownership, Page, Paging, RatesHeard, ResourceServer, ResourceServerFilter, ResourceServerId, Revision,
    Secret, SigningKey, Tenant, Timestamp, Versioned,
};
use grantd_store::{
    ChainKey, Change, Changes, Configuration, FormerUses, KeyEncryptionKey, OneTimeUse, QuotaReservation,
    QuotaReserved, QuotaReturn, RateCount, SqliteStore, Store, StoreError,
};
use tokio::sync::Semaphore;

pub struct WatchedStore {
    pub sqlite: SqliteStore,
    /// How often the revision was asked for: once for each read of the follower.
    pub reads: AtomicUsize,
    /// How often changes were asked for.
    pub change_reads: AtomicUsize,
    /// How many reads may begin; plenty unless a test takes them away.
    pub gate: Semaphore,
    /// How many times everything may be loaded; plenty unless a test takes them away.
    pub loading: Semaphore,
    /// How many commits it says that it has lost.
    pub lost: AtomicU64,
    fails: AtomicBool,
    _folder: tempfile::TempDir,
}

impl WatchedStore {
    pub async fn open() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        let sqlite = SqliteStore::open(&folder.path().join("grantd.db"), key).await.unwrap();
        Arc::new(Self {
            sqlite,
            reads: AtomicUsize::new(0),
            change_reads: AtomicUsize::new(0),
            gate: Semaphore::new(1_000_000),
            loading: Semaphore::new(1_000_000),
            lost: AtomicU64::new(0),
            fails: AtomicBool::new(false),
            _folder: folder,
        })
    }

    /// Whether reading fails from now on.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    pub fn count(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Store for WatchedStore {
    async fn ownerships(&self) -> Result<HashMap<Owned, Ownership>, StoreError> {
        self.sqlite.ownerships().await
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<Revision, StoreError> {
        self.sqlite.commit(changes).await
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Stopped);
        }
        let revision = self.sqlite.revision().await?;
        Ok(Revision(revision.0.saturating_sub(self.lost.load(Ordering::SeqCst))))
    }

    async fn reserve_quota(
        &self,
        reservation: QuotaReservation,
        now: Timestamp,
    ) -> Result<QuotaReserved, StoreError> {
        self.sqlite.reserve_quota(reservation, now).await
    }

    async fn return_quota(&self, unspent: Vec<QuotaReturn>) -> Result<(), StoreError> {
        self.sqlite.return_quota(unspent).await
    }

    async fn use_once(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<bool, StoreError> {
        self.sqlite.use_once(uses, now).await
    }

    async fn leave_uses(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<(), StoreError> {
        self.sqlite.leave_uses(uses, now).await
    }

    async fn take_over_uses(&self, now: Timestamp) -> Result<FormerUses, StoreError> {
        self.sqlite.take_over_uses(now).await
    }

    async fn load(&self) -> Result<Configuration, StoreError> {
        self.loading.acquire().await.unwrap().forget();
        self.sqlite.load().await
    }

    async fn changes_since(&self, revision: Revision) -> Result<Changes, StoreError> {
        self.change_reads.fetch_add(1, Ordering::SeqCst);
        self.sqlite.changes_since(revision).await
    }

    async fn count_requests(
        &self,
        counts: Vec<RateCount>,
    ) -> Result<HashMap<String, RatesHeard>, StoreError> {
        self.sqlite.count_requests(counts).await
    }

    async fn forget_request_counts(&self) -> Result<usize, StoreError> {
        self.sqlite.forget_request_counts().await
    }

    async fn tenant(&self) -> Result<Versioned<Tenant>, StoreError> {
        self.sqlite.tenant().await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.sqlite.signing_keys().await
    }

    async fn get_client(&self, id: &ClientId) -> Result<Option<Versioned<Client>>, StoreError> {
        self.sqlite.get_client(id).await
    }

    async fn find_client_of_api(&self, api: &Audience) -> Result<Option<ClientId>, StoreError> {
        self.sqlite.find_client_of_api(api).await
    }

    async fn list_clients(&self, filter: &ClientFilter, paging: &Paging) -> Result<Page<Client>, StoreError> {
        self.sqlite.list_clients(filter, paging).await
    }

    async fn get_credential(&self, id: &CredentialId) -> Result<Option<Versioned<Credential>>, StoreError> {
        self.sqlite.get_credential(id).await
    }

    async fn list_credentials(&self, client: &ClientId) -> Result<Vec<Credential>, StoreError> {
        self.sqlite.list_credentials(client).await
    }

    fn note_secret_use(&self, client: &ClientId, secret: ClientSecretId, now: Timestamp) {
        self.sqlite.note_secret_use(client, secret, now);
    }

    async fn secret_uses(&self, client: &Client) -> Result<HashMap<ClientSecretId, Timestamp>, StoreError> {
        self.sqlite.secret_uses(client).await
    }

    async fn get_resource_server(
        &self,
        id: &ResourceServerId,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        self.sqlite.get_resource_server(id).await
    }

    async fn find_resource_server(
        &self,
        identifier: &Audience,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        self.sqlite.find_resource_server(identifier).await
    }

    async fn list_resource_servers(
        &self,
        filter: &ResourceServerFilter,
        paging: &Paging,
    ) -> Result<Page<ResourceServer>, StoreError> {
        self.sqlite.list_resource_servers(filter, paging).await
    }

    async fn get_client_grant(
        &self,
        id: &ClientGrantId,
    ) -> Result<Option<Versioned<ClientGrant>>, StoreError> {
        self.sqlite.get_client_grant(id).await
    }

    async fn list_client_grants(
        &self,
        filter: &ClientGrantFilter,
        paging: &Paging,
    ) -> Result<Page<ClientGrant>, StoreError> {
        self.sqlite.list_client_grants(filter, paging).await
    }

    async fn get_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Versioned<Organization>>, StoreError> {
        self.sqlite.get_organization(id).await
    }

    async fn find_organization(&self, name: &str) -> Result<Option<Versioned<Organization>>, StoreError> {
        self.sqlite.find_organization(name).await
    }

    async fn list_organizations(
        &self,
        filter: &OrganizationFilter,
        paging: &Paging,
    ) -> Result<Page<Organization>, StoreError> {
        self.sqlite.list_organizations(filter, paging).await
    }
    async fn get_organization_client(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
    ) -> Result<Option<OrganizationClient>, StoreError> {
        self.sqlite.get_organization_client(organization, client).await
    }

    async fn list_organization_clients(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<OrganizationClient>, StoreError> {
        self.sqlite.list_organization_clients(organization, paging).await
    }

    async fn get_discovery_domain(
        &self,
        organization: &OrganizationId,
        id: &DiscoveryDomainId,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        self.sqlite.get_discovery_domain(organization, id).await
    }

    async fn find_discovery_domain(
        &self,
        organization: &OrganizationId,
        domain: &str,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        self.sqlite.find_discovery_domain(organization, domain).await
    }

    async fn list_discovery_domains(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<DiscoveryDomain>, StoreError> {
        self.sqlite.list_discovery_domains(organization, paging).await
    }

    async fn get_federated_identity(
        &self,
        client: &ClientId,
        id: &FederatedIdentityId,
    ) -> Result<Option<Versioned<FederatedIdentity>>, StoreError> {
        self.sqlite.get_federated_identity(client, id).await
    }

    async fn list_federated_identities(
        &self,
        client: &ClientId,
    ) -> Result<Vec<FederatedIdentity>, StoreError> {
        self.sqlite.list_federated_identities(client).await
    }

    async fn get_log_stream(&self, id: &LogStreamId) -> Result<Option<Versioned<LogStream>>, StoreError> {
        self.sqlite.get_log_stream(id).await
    }

    async fn list_log_streams(&self) -> Result<Vec<LogStream>, StoreError> {
        self.sqlite.list_log_streams().await
    }

    async fn log_key(&self, new: Secret) -> Result<ChainKey, StoreError> {
        self.sqlite.log_key(new).await
    }

    fn is_shared(&self) -> bool {
        self.sqlite.is_shared()
    }

    async fn news(&self) {
        self.sqlite.news().await;
    }

    async fn close(&self) {
        self.sqlite.close().await;
    }
}
