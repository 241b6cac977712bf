//! One revision of the configuration, with structural sharing: the next costs what differs, not what there is.

use std::sync::Arc;

use grantd_decision::Facts;
use grantd_model::patch::Members;
use grantd_model::{
    Audience, Client, ClientGrant, ClientGrantId, ClientId, ClientSecretId, Credential, FederatedIdentity,
    LogStream, Organization, OrganizationId, ResourceServer, ResourceServerId, Revision, SigningAlgorithm,
    SigningKey, SubjectType, Tenant, Timestamp, TokenId, TokenQuota,
};
use grantd_store::{Association, Changed, Changes, Configuration};
use imbl::{HashMap, HashSet};

use crate::denylist::Denylist;
use crate::secrets::{DigestKey, KnownSecrets};

/// A client as the token path knows it: without what is only stored, and without its secrets.
#[derive(Clone, Debug)]
pub struct KnownClient {
    /// The client. Its `properties` are empty, its secret is blank, and there are no further ones.
    pub client: Client,
    secrets: KnownSecrets,
    token_quota: Option<TokenQuota>,
}

/// The whole configuration at one revision.
#[derive(Clone)]
pub struct Snapshot {
    revision: Revision,
    tenant: Arc<Tenant>,
    signing_keys: Arc<[SigningKey]>,
    clients: HashMap<ClientId, Arc<KnownClient>>,
    /// Of the clients that have any.
    credentials: HashMap<ClientId, Arc<[Credential]>>,
    apis: HashMap<Audience, Arc<ResourceServer>>,
    api_identifiers: HashMap<ResourceServerId, Audience>,
    /// The APIs whose tokens the RSA keys sign with another algorithm than RS256.
    beyond_rs256: HashSet<ResourceServerId>,
    grants: HashMap<Place, Arc<ClientGrant>>,
    grant_places: HashMap<ClientGrantId, Place>,
    organizations: HashMap<OrganizationId, Arc<Organization>>,
    organization_names: HashMap<String, OrganizationId>,
    associations: HashSet<Association>,
    federated_identities: HashMap<ClientId, Arc<[FederatedIdentity]>>,
    log_streams: Arc<[LogStream]>,
    denylist: Denylist,
    digest_key: DigestKey,
}

/// How many records a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Clients.
    pub clients: usize,
    /// APIs.
    pub resource_servers: usize,
    /// Grants for clients themselves; those for users are not in it.
    pub client_grants: usize,
    /// Organizations.
    pub organizations: usize,
    /// Tokens that were revoked and have not expired.
    pub revoked_tokens: usize,
}

/// Where a grant is looked for: by its client, or among the defaults of third-party clients.
type Place = (Option<ClientId>, Audience);

impl Snapshot {
    pub(crate) fn new(configuration: Configuration, digest_key: DigestKey) -> Self {
        let mut snapshot = Self {
            revision: configuration.revision,
            tenant: Arc::new(configuration.tenant),
            signing_keys: configuration.signing_keys.into(),
            clients: HashMap::new(),
            credentials: HashMap::new(),
            apis: HashMap::new(),
            api_identifiers: HashMap::new(),
            beyond_rs256: HashSet::new(),
            grants: HashMap::new(),
            grant_places: HashMap::new(),
            organizations: HashMap::new(),
            organization_names: HashMap::new(),
            associations: configuration.associations.into_iter().collect(),
            federated_identities: HashMap::new(),
            log_streams: configuration.log_streams.into(),
            denylist: configuration.revoked_tokens.into_iter().collect(),
            digest_key,
        };
        configuration.clients.into_iter().for_each(|client| snapshot.put_client(client));
        for held in configuration.credentials.chunk_by(|one, next| one.client_id == next.client_id) {
            if let Some(first) = held.first() {
                snapshot.put_credentials(first.client_id.clone(), held.to_vec());
            }
        }
        configuration.resource_servers.into_iter().for_each(|api| snapshot.put_api(api));
        configuration.client_grants.into_iter().for_each(|grant| snapshot.put_grant(grant));
        configuration.organizations.into_iter().for_each(|organization| {
            snapshot.put_organization(organization);
        });
        snapshot.put_identities(&configuration.federated_identities);
        snapshot
    }

    /// The next revision: this one with what differs.
    pub(crate) fn with(&self, changes: Changes, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.revision = changes.revision;
        changes.changed.into_iter().for_each(|changed| next.put(changed));
        next.denylist.forget(now);
        next
    }

    /// Which revision this is.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// How much there is of everything.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            clients: self.clients.len(),
            resource_servers: self.apis.len(),
            client_grants: self.grants.len(),
            organizations: self.organizations.len(),
            revoked_tokens: self.denylist.len(),
        }
    }

    /// All signing keys, oldest first. The same slice as long as no key changes.
    pub fn signing_keys(&self) -> &Arc<[SigningKey]> {
        &self.signing_keys
    }

    /// All log streams, in order of creation. The same slice as long as no stream changes.
    pub fn log_streams(&self) -> &Arc<[LogStream]> {
        &self.log_streams
    }

    /// The client with this id, if the secret is one of its live secrets, and which of them it is. An unknown
    /// client takes the same work as a wrong secret, and so does a client with more secrets.
    pub fn client_with_secret(
        &self,
        id: &str,
        secret: &[u8],
        now: Timestamp,
    ) -> Option<(&Client, ClientSecretId)> {
        let known = self.clients.get(id);
        let matching = self.digest_key.matching(known.map(|known| &known.secrets), secret, now);
        known.map(|known| &known.client).zip(matching)
    }

    /// The client with this id.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id).map(|known| &known.client)
    }

    /// The token quota of a client: its own, or the tenant's for clients (Auth0: one's own replaces the default whole).
    pub fn token_quota_of_client(&self, client: &ClientId) -> Option<TokenQuota> {
        let own = self.clients.get(client).and_then(|known| known.token_quota);
        own.or_else(|| self.tenant.settings.default_token_quota("clients"))
    }

    /// The token quota of an organization: its own, or the tenant's for organizations.
    pub fn token_quota_of_organization(&self, organization: &Organization) -> Option<TokenQuota> {
        let own = TokenQuota::read(organization.properties.get("token_quota"));
        own.or_else(|| self.tenant.settings.default_token_quota("organizations"))
    }

    /// The outside identities that count as a client, in order of creation.
    pub fn federated_identities_of(&self, client: &str) -> &[FederatedIdentity] {
        self.federated_identities.get(client).map_or(&[], |identities| identities)
    }

    /// All credentials of a client, newest first. Which of them count says the client's
    /// `client_authentication_methods`; some may have expired.
    pub fn credentials_of(&self, client: &ClientId) -> &[Credential] {
        self.credentials.get(client).map(Arc::as_ref).unwrap_or_default()
    }

    /// Whether a token was revoked before it expires.
    pub fn is_revoked(&self, token: &TokenId, now: Timestamp) -> bool {
        self.denylist.contains(token, now)
    }

    /// Whether the RSA keys sign with RS256 and nothing else.
    pub fn signs_with_rs256_only(&self) -> bool {
        self.beyond_rs256.is_empty()
    }

    fn put(&mut self, changed: Changed) {
        match changed {
            Changed::Tenant(tenant) => self.tenant = Arc::new(tenant),
            Changed::SigningKeys(keys) => self.signing_keys = keys.into(),
            Changed::Client(_, Some(client)) => self.put_client(client),
            Changed::Client(id, None) => drop(self.clients.remove(&id)),
            Changed::Credentials(client, held) => self.put_credentials(client, held),
            Changed::ResourceServer(id, api) => {
                if let Some(identifier) = self.api_identifiers.remove(&id) {
                    self.remove_api(&id, &identifier);
                }
                self.beyond_rs256.remove(&id);
                if let Some(api) = api {
                    self.put_api(api);
                }
            }
            Changed::ClientGrant(id, grant) => {
                if let Some(place) = self.grant_places.remove(&id) {
                    self.remove_grant(&id, &place);
                }
                if let Some(grant) = grant {
                    self.put_grant(grant);
                }
            }
            Changed::Organization(id, organization) => {
                if let Some(former) = self.organizations.remove(&id) {
                    self.remove_name(&id, &former.name);
                }
                if let Some(organization) = organization {
                    self.put_organization(organization);
                }
            }
            Changed::RevokedToken(revoked) => self.denylist.insert(revoked),
            Changed::Association(association, true) => drop(self.associations.insert(association)),
            Changed::Association(association, false) => drop(self.associations.remove(&association)),
            Changed::LogStreams(streams) => self.log_streams = streams.into(),
            Changed::FederatedIdentities(client, identities) => {
                self.federated_identities.remove(&client);
                self.put_identities(&identities);
            }
        }
    }

    /// All of some clients' identities, each client's in one piece.
    fn put_identities(&mut self, identities: &[FederatedIdentity]) {
        for of_client in identities.chunk_by(|one, next| one.client_id == next.client_id) {
            if let Some(first) = of_client.first() {
                self.federated_identities.insert(first.client_id.clone(), of_client.into());
            }
        }
    }

    fn put_client(&mut self, mut client: Client) {
        let properties = std::mem::replace(&mut client.properties, Members::new());
        let token_quota = TokenQuota::read(properties.get("token_quota"));
        let current = std::mem::replace(&mut client.client_secret, "".into());
        let further = std::mem::take(&mut client.further_secrets);
        let secrets = self.digest_key.known(&current, &further);
        self.clients.insert(client.client_id.clone(), Arc::new(KnownClient { client, secrets, token_quota }));
    }

    fn put_credentials(&mut self, client: ClientId, held: Vec<Credential>) {
        if held.is_empty() {
            self.credentials.remove(&client);
        } else {
            self.credentials.insert(client, held.into());
        }
    }

    fn put_api(&mut self, api: ResourceServer) {
        if matches!(api.signing_alg, SigningAlgorithm::RS512 | SigningAlgorithm::PS256) {
            self.beyond_rs256.insert(api.id.clone());
        }
        self.api_identifiers.insert(api.id.clone(), api.identifier.clone());
        self.apis.insert(api.identifier.clone(), Arc::new(api));
    }

    /// The identifier may be another API's already: of one that was made in the same commit, or before this one
    /// changed again.
    fn remove_api(&mut self, id: &ResourceServerId, identifier: &Audience) {
        if self.apis.get(identifier).is_some_and(|held| held.id == *id) {
            self.apis.remove(identifier);
        }
    }

    /// Grants for users are not asked for on this path, so they are not kept.
    fn put_grant(&mut self, grant: ClientGrant) {
        if grant.subject_type == SubjectType::Client {
            let place = (grant.client_id.clone(), grant.audience.clone());
            self.grant_places.insert(grant.id.clone(), place.clone());
            self.grants.insert(place, Arc::new(grant));
        }
    }

    /// Changes come in the order of revisions, each record as it is now: when a grant was deleted and made
    /// again, the place may hold its successor already, which stays.
    fn remove_grant(&mut self, id: &ClientGrantId, place: &Place) {
        if self.grants.get(place).is_some_and(|held| held.id == *id) {
            self.grants.remove(place);
        }
    }

    fn put_organization(&mut self, organization: Organization) {
        self.organization_names.insert(organization.name.clone(), organization.id.clone());
        self.organizations.insert(organization.id.clone(), Arc::new(organization));
    }

    fn remove_name(&mut self, id: &OrganizationId, name: &str) {
        if self.organization_names.get(name).is_some_and(|held| held == id) {
            self.organization_names.remove(name);
        }
    }
}

impl Facts for Snapshot {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn resource_server(&self, audience: &str) -> Option<&ResourceServer> {
        self.apis.get(audience).map(Arc::as_ref)
    }

    fn client_grant(&self, client: &ClientId, audience: &Audience) -> Option<&ClientGrant> {
        self.grants.get(&(Some(client.clone()), audience.clone())).map(Arc::as_ref)
    }

    fn third_party_grant(&self, audience: &Audience) -> Option<&ClientGrant> {
        self.grants.get(&(None, audience.clone())).map(Arc::as_ref)
    }

    fn organization(&self, id: &str) -> Option<&Organization> {
        self.organizations.get(id).map(Arc::as_ref)
    }

    fn organization_named(&self, name: &str) -> Option<&Organization> {
        self.organization_names.get(name).and_then(|id| self.organizations.get(id)).map(Arc::as_ref)
    }

    fn is_associated(&self, organization: &OrganizationId, grant: &ClientGrantId) -> bool {
        let association = Association { organization: organization.clone(), client_grant: grant.clone() };
        self.associations.contains(&association)
    }
}
