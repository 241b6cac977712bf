//! The seam, as the statements serve it: reads on connections of their own, writes through the writer.

use std::collections::HashMap;

use async_trait::async_trait;
use grantd_model::{
    Audience, Client, ClientFilter, ClientGrant, ClientGrantFilter, ClientGrantId, ClientId, ClientSecretId,
    Credential, CredentialId, DiscoveryDomain, DiscoveryDomainId, FederatedIdentity, FederatedIdentityId,
    LogStream, LogStreamId, Organization, OrganizationClient, OrganizationFilter, OrganizationId, Owned,
    Ownership, Page, Paging, RatesHeard, ResourceServer, ResourceServerFilter, ResourceServerId, Revision,
    Secret, SigningKey, Tenant, Timestamp, Versioned,
};

use super::super::{Backend, bounded};
use super::writer::Work;
use super::{
    client_grants, clients, credentials, discovery_domains, federated_identities, load, log_keys,
    log_streams, organization_clients, organizations, ownerships, rate_counts, resource_servers, revision,
    secret_uses, signing_keys, tenant,
};
use crate::log_chain::ChainKey;
use crate::{
    Change, Changes, Configuration, FormerUses, Noun, OneTimeUse, QuotaReservation, QuotaReserved,
    QuotaReturn, RateCount, Store, StoreError,
};

#[async_trait]
impl Store for Backend {
    async fn commit(&self, changes: Vec<Change>) -> Result<Revision, StoreError> {
        self.write(Work::Commit(changes)).await.map(|written| written.revision)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        bounded(async { revision::current(&mut *self.asking().await?).await }).await
    }

    async fn load(&self) -> Result<Configuration, StoreError> {
        load::everything(&mut *self.bulk().await?, &self.key).await
    }

    async fn ownerships(&self) -> Result<HashMap<Owned, Ownership>, StoreError> {
        bounded(async { ownerships::all(&mut *self.reader().await?).await }).await
    }

    async fn changes_since(&self, revision: Revision) -> Result<Changes, StoreError> {
        bounded(async { load::changes_since(&mut *self.following().await?, &self.key, revision).await }).await
    }

    async fn use_once(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<bool, StoreError> {
        self.write(Work::Use(uses, now)).await.map(|written| written.first)
    }

    async fn leave_uses(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<(), StoreError> {
        self.write(Work::LeaveUses(uses, now)).await.map(drop)
    }

    async fn take_over_uses(&self, now: Timestamp) -> Result<FormerUses, StoreError> {
        self.write(Work::TakeOverUses(now)).await.map(|written| written.former)
    }

    async fn reserve_quota(
        &self,
        reservation: QuotaReservation,
        now: Timestamp,
    ) -> Result<QuotaReserved, StoreError> {
        self.write(Work::ReserveQuota(reservation, now)).await.map(|written| written.reserved)
    }

    async fn return_quota(&self, unspent: Vec<QuotaReturn>) -> Result<(), StoreError> {
        self.write(Work::ReturnQuota(unspent)).await.map(drop)
    }

    async fn count_requests(
        &self,
        counts: Vec<RateCount>,
    ) -> Result<HashMap<String, RatesHeard>, StoreError> {
        let mut heard = HashMap::with_capacity(counts.len());
        for counts in counts.chunks(RateCount::MOST) {
            heard.extend(self.counting(async |connection| rate_counts::add(connection, counts).await).await?);
        }
        Ok(heard)
    }

    async fn forget_request_counts(&self) -> Result<usize, StoreError> {
        self.counting(rate_counts::forget).await
    }

    async fn tenant(&self) -> Result<Versioned<Tenant>, StoreError> {
        bounded(async { tenant::get(&mut *self.reader().await?).await }).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        bounded(async { signing_keys::all(&mut *self.reader().await?, &self.key).await }).await
    }

    async fn get_client(&self, id: &ClientId) -> Result<Option<Versioned<Client>>, StoreError> {
        let open = |client: &clients::Stored| client.open(&self.key);
        let read = async || bounded(async { clients::stored(&mut *self.reader().await?, id).await }).await;
        self.records.clients.find(id, open, read).await
    }

    async fn find_client_of_api(&self, api: &Audience) -> Result<Option<ClientId>, StoreError> {
        bounded(async { clients::find_of_api(&mut *self.reader().await?, api).await }).await
    }

    async fn list_clients(&self, filter: &ClientFilter, paging: &Paging) -> Result<Page<Client>, StoreError> {
        bounded(async { clients::list(&mut *self.view().await?, &self.key, filter, paging).await }).await
    }

    async fn get_credential(&self, id: &CredentialId) -> Result<Option<Versioned<Credential>>, StoreError> {
        bounded(async { credentials::get(&mut *self.reader().await?, id).await }).await
    }

    async fn list_credentials(&self, client: &ClientId) -> Result<Vec<Credential>, StoreError> {
        bounded(async { credentials::of_client(&mut *self.reader().await?, client).await }).await
    }

    fn note_secret_use(&self, client: &ClientId, secret: ClientSecretId, now: Timestamp) {
        self.uses.note(client, secret, now);
    }

    async fn secret_uses(&self, client: &Client) -> Result<HashMap<ClientSecretId, Timestamp>, StoreError> {
        let id = &client.client_id;
        let written = bounded(async { secret_uses::of_client(&mut *self.reader().await?, id).await }).await?;
        let last = |secret| self.uses.last(id, secret).max(written.get(&secret).copied());
        Ok(client.secrets().filter_map(|secret| Some((secret.id, last(secret.id)?))).collect())
    }

    async fn get_resource_server(
        &self,
        id: &ResourceServerId,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        bounded(async { resource_servers::get(&mut *self.reader().await?, &self.key, id).await }).await
    }

    async fn find_resource_server(
        &self,
        identifier: &Audience,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
        let open = |api: &resource_servers::Stored| api.open(&self.key);
        let read = async || {
            bounded(async { resource_servers::stored(&mut *self.reader().await?, identifier).await }).await
        };
        self.records.apis.find(identifier, open, read).await
    }

    async fn list_resource_servers(
        &self,
        filter: &ResourceServerFilter,
        paging: &Paging,
    ) -> Result<Page<ResourceServer>, StoreError> {
        bounded(async { resource_servers::list(&mut *self.view().await?, &self.key, filter, paging).await })
            .await
    }

    async fn get_client_grant(
        &self,
        id: &ClientGrantId,
    ) -> Result<Option<Versioned<ClientGrant>>, StoreError> {
        bounded(async { client_grants::get(&mut *self.reader().await?, id).await }).await
    }

    async fn list_client_grants(
        &self,
        filter: &ClientGrantFilter,
        paging: &Paging,
    ) -> Result<Page<ClientGrant>, StoreError> {
        bounded(async { client_grants::list(&mut *self.view().await?, filter, paging).await }).await
    }

    async fn get_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Versioned<Organization>>, StoreError> {
        bounded(async { organizations::get(&mut *self.reader().await?, id).await }).await
    }

    async fn find_organization(&self, name: &str) -> Result<Option<Versioned<Organization>>, StoreError> {
        bounded(async { organizations::find(&mut *self.reader().await?, name).await }).await
    }

    async fn list_organizations(
        &self,
        filter: &OrganizationFilter,
        paging: &Paging,
    ) -> Result<Page<Organization>, StoreError> {
        bounded(async { organizations::list(&mut *self.view().await?, filter, paging).await }).await
    }

    async fn get_organization_client(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
    ) -> Result<Option<OrganizationClient>, StoreError> {
        bounded(async { organization_clients::get(&mut *self.reader().await?, organization, client).await })
            .await
    }

    async fn list_organization_clients(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<OrganizationClient>, StoreError> {
        bounded(async { organization_clients::list(&mut *self.view().await?, organization, paging).await })
            .await
    }

    async fn get_discovery_domain(
        &self,
        organization: &OrganizationId,
        id: &DiscoveryDomainId,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        bounded(async { discovery_domains::get(&mut *self.reader().await?, organization, id).await }).await
    }

    async fn find_discovery_domain(
        &self,
        organization: &OrganizationId,
        domain: &str,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
        bounded(async { discovery_domains::find(&mut *self.reader().await?, organization, domain).await })
            .await
    }

    async fn list_discovery_domains(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<DiscoveryDomain>, StoreError> {
        bounded(async { discovery_domains::list(&mut *self.view().await?, organization, paging).await }).await
    }

    async fn get_federated_identity(
        &self,
        client: &ClientId,
        id: &FederatedIdentityId,
    ) -> Result<Option<Versioned<FederatedIdentity>>, StoreError> {
        bounded(async { federated_identities::get(&mut *self.reader().await?, client, id).await }).await
    }

    async fn list_federated_identities(
        &self,
        client: &ClientId,
    ) -> Result<Vec<FederatedIdentity>, StoreError> {
        bounded(async { federated_identities::of_client(&mut *self.reader().await?, client).await }).await
    }

    async fn get_log_stream(&self, id: &LogStreamId) -> Result<Option<Versioned<LogStream>>, StoreError> {
        bounded(async { log_streams::get(&mut *self.reader().await?, &self.key, id).await }).await
    }

    async fn list_log_streams(&self) -> Result<Vec<LogStream>, StoreError> {
        bounded(async { log_streams::all(&mut *self.reader().await?, &self.key).await }).await
    }

    async fn log_key(&self, new: Secret) -> Result<ChainKey, StoreError> {
        self.write(Work::MakeLogKey(new)).await?;
        let key = bounded(async { log_keys::get(&mut *self.reader().await?, &self.key).await }).await?;
        key.ok_or(StoreError::Missing(Noun::LogKey)).map(|key| ChainKey::new(&key))
    }

    fn is_shared(&self) -> bool {
        Self::IS_SHARED
    }

    async fn news(&self) {
        self.hint().await;
    }

    async fn close(&self) {
        self.stop().await;
    }
}
