//! The storage seam: what the configuration is kept in, and how it changes.
//!
//! Everything above sees nouns of the model and the narrow trait [`Store`]; SQL, transactions, the sealing of
//! secrets and the order of changes stay in here. A commit is answered when it is durable, not before.
#![expect(clippy::duplicate_mod, reason = "the statements are compiled once for each database")]

mod chain_walk;
mod change;
mod configuration;
mod error;
mod file_copy;
mod key_ring;
mod log;
mod log_chain;
mod migrations;
mod moving;
mod one_time_use;
mod postgres;
mod postgres_log;
mod quota;
mod rate_count;
mod seal;
mod sealed_secrets;
mod secret_uses;
mod sqlite;
mod sqlite_log;

pub use chain_walk::{ChainFault, Verified};
pub use change::Change;
pub use configuration::{Association, Changed, Changes, Configuration};
pub use error::{Noun, StoreError};
pub use key_ring::KeyEncryptionKeys;
pub use log::{Log, LogRange, Retention, Visit};
pub use log_chain::{ChainEnd, ChainHash, ChainKey};
pub use moving::{MoveError, MoveProgress, MovedTable, move_to_postgres, moved_tables};
pub use one_time_use::{FormerUses, OneTimeUse};
pub use postgres::{PostgresOptions, PostgresStore};
pub use postgres_log::{PostgresLog, verify_log_on_server};
pub use quota::{QuotaReservation, QuotaReserved, QuotaReturn};
pub use rate_count::RateCount;
pub use seal::{KeyEncryptionKey, KeyEncryptionKeyId, SecretCount};
pub use sealed_secrets::SealedSecrets;
pub use sqlite::known_schema as known_configuration_schema;
pub use sqlite::{ConfigurationCopy, SqliteStore, copy_configuration};
pub use sqlite_log::known_schema as known_log_schema;
pub use sqlite_log::{LogCopy, SqliteLog, copy_log, verify_log};

use std::collections::HashMap;

use async_trait::async_trait;
use grantd_model::{
    Audience, Client, ClientFilter, ClientGrant, ClientGrantFilter, ClientGrantId, ClientId, ClientSecretId,
    Credential, CredentialId, DiscoveryDomain, DiscoveryDomainId, FederatedIdentity, FederatedIdentityId,
    LogStream, LogStreamId, Organization, OrganizationClient, OrganizationFilter, OrganizationId, Owned,
    Ownership, Page, Paging, RatesHeard, ResourceServer, ResourceServerFilter, ResourceServerId, Revision,
    Secret, SigningKey, Tenant, Timestamp, Versioned,
};

/// Where the configuration is kept. `get` is by identifier, `find` by natural key.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes all the changes durable, or none of them. They take effect at one revision, which is returned.
    async fn commit(&self, changes: Vec<Change>) -> Result<Revision, StoreError>;

    /// The revision of the latest commit.
    async fn revision(&self) -> Result<Revision, StoreError>;

    /// The whole configuration at one revision.
    async fn load(&self) -> Result<Configuration, StoreError>;

    /// Whom records belong to. It is not part of the configuration that is followed; a commit that [expects](Change::Expect) a
    /// revision says whether it was read too late.
    async fn ownerships(&self) -> Result<HashMap<Owned, Ownership>, StoreError>;

    /// What is different since a revision, at the latest one.
    async fn changes_since(&self, revision: Revision) -> Result<Changes, StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError> {
        self.revision().await.map(drop)
    }

    /// Notes durably that these are used now, outside of the revision; no if one of them was before.
    async fn use_once(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<bool, StoreError>;

    /// Notes all uses that a server that stops knows of, for the one that starts next.
    async fn leave_uses(&self, uses: Vec<OneTimeUse>, now: Timestamp) -> Result<(), StoreError>;

    /// The uses that a server that starts has to know of. Asked once: from then on what is noted is not all.
    async fn take_over_uses(&self, now: Timestamp) -> Result<FormerUses, StoreError>;

    /// Reserves tokens of a quota durably, outside of the revision: together with what others have reserved never more
    /// than its limit.
    async fn reserve_quota(
        &self,
        reservation: QuotaReservation,
        now: Timestamp,
    ) -> Result<QuotaReserved, StoreError>;

    /// Takes back what was reserved and not issued.
    async fn return_quota(&self, unspent: Vec<QuotaReturn>) -> Result<(), StoreError>;

    /// Adds what a node has let through rate limits to what all nodes have, outside of the revision and not durably, and says
    /// how each bucket stands. Of one that nobody has told of, or not for long, nothing is said. After an error some of it
    /// may have been added.
    async fn count_requests(&self, counts: Vec<RateCount>)
    -> Result<HashMap<String, RatesHeard>, StoreError>;

    /// Forgets what was counted in buckets that have been full for an hour, some at a time. How many; 0 when there are no
    /// more.
    async fn forget_request_counts(&self) -> Result<usize, StoreError>;

    /// What is set for the deployment.
    async fn tenant(&self) -> Result<Versioned<Tenant>, StoreError>;

    /// All signing keys, oldest first.
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// A client by `client_id`.
    async fn get_client(&self, id: &ClientId) -> Result<Option<Versioned<Client>>, StoreError>;

    /// The client that is the face of the API.
    async fn find_client_of_api(&self, api: &Audience) -> Result<Option<ClientId>, StoreError>;

    /// Clients in order of creation, the global client last.
    async fn list_clients(&self, filter: &ClientFilter, paging: &Paging) -> Result<Page<Client>, StoreError>;

    /// A credential by `id`.
    async fn get_credential(&self, id: &CredentialId) -> Result<Option<Versioned<Credential>>, StoreError>;

    /// The credentials of a client, newest first; at most [`Credential::PER_CLIENT`].
    async fn list_credentials(&self, client: &ClientId) -> Result<Vec<Credential>, StoreError>;

    /// Notes that a secret of a client was used. It waits for nothing and writes nothing: the use is durable some
    /// seconds later, or lost with a process that is killed before. It is kept to the minute.
    fn note_secret_use(&self, client: &ClientId, secret: ClientSecretId, now: Timestamp);

    /// When the secrets of a client were last used; none for one that was never. What another node noted in the
    /// last seconds may be missing.
    async fn secret_uses(&self, client: &Client) -> Result<HashMap<ClientSecretId, Timestamp>, StoreError>;

    /// An API by `id`.
    async fn get_resource_server(
        &self,
        id: &ResourceServerId,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError>;

    /// An API by `identifier`.
    async fn find_resource_server(
        &self,
        identifier: &Audience,
    ) -> Result<Option<Versioned<ResourceServer>>, StoreError>;

    /// APIs in order of creation.
    async fn list_resource_servers(
        &self,
        filter: &ResourceServerFilter,
        paging: &Paging,
    ) -> Result<Page<ResourceServer>, StoreError>;

    /// A grant by `id`.
    async fn get_client_grant(
        &self,
        id: &ClientGrantId,
    ) -> Result<Option<Versioned<ClientGrant>>, StoreError>;

    /// Grants in order of their identifiers.
    async fn list_client_grants(
        &self,
        filter: &ClientGrantFilter,
        paging: &Paging,
    ) -> Result<Page<ClientGrant>, StoreError>;

    /// An organization by `id`.
    async fn get_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Versioned<Organization>>, StoreError>;

    /// An organization by `name`.
    async fn find_organization(&self, name: &str) -> Result<Option<Versioned<Organization>>, StoreError>;

    /// Organizations in the filter's order.
    async fn list_organizations(
        &self,
        filter: &OrganizationFilter,
        paging: &Paging,
    ) -> Result<Page<Organization>, StoreError>;

    /// A client of an organization.
    async fn get_organization_client(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
    ) -> Result<Option<OrganizationClient>, StoreError>;

    /// The clients of an organization, in the order in which they were added.
    async fn list_organization_clients(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<OrganizationClient>, StoreError>;

    /// A domain of an organization by `id`.
    async fn get_discovery_domain(
        &self,
        organization: &OrganizationId,
        id: &DiscoveryDomainId,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError>;

    /// A domain of an organization by its name.
    async fn find_discovery_domain(
        &self,
        organization: &OrganizationId,
        domain: &str,
    ) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError>;

    /// The domains of an organization, in order of creation.
    async fn list_discovery_domains(
        &self,
        organization: &OrganizationId,
        paging: &Paging,
    ) -> Result<Page<DiscoveryDomain>, StoreError>;

    /// A federated identity of a client.
    async fn get_federated_identity(
        &self,
        client: &ClientId,
        id: &FederatedIdentityId,
    ) -> Result<Option<Versioned<FederatedIdentity>>, StoreError>;

    /// The federated identities of a client, in order of creation.
    async fn list_federated_identities(
        &self,
        client: &ClientId,
    ) -> Result<Vec<FederatedIdentity>, StoreError>;

    /// A log stream by `id`.
    async fn get_log_stream(&self, id: &LogStreamId) -> Result<Option<Versioned<LogStream>>, StoreError>;

    /// All log streams, in order of creation; at most [`LogStream::MOST`].
    async fn list_log_streams(&self) -> Result<Vec<LogStream>, StoreError>;

    /// The key of the log's hash chain, made of these bytes if there is none yet.
    async fn log_key(&self, new: Secret) -> Result<ChainKey, StoreError>;

    /// Whether other servers may be on the same database now.
    fn is_shared(&self) -> bool;

    /// Returns when something may have been committed since the last time, or never. A hint, and no more: it saves who
    /// follows the wait until it asks by itself.
    async fn news(&self);

    /// Stops writing, waits for the last commit and leaves the database. From then on everything is
    /// [`Stopped`](StoreError::Stopped).
    async fn close(&self);
}
