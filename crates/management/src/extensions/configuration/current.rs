//! The configuration as it is, with what a document's names lead to.

use std::collections::{BTreeSet, HashMap};

use grantd_model::{
    Audience, Client, ClientGrant, ClientGrantId, ClientId, Credential, Grantee, Organization,
    OrganizationId, Owned, Ownership, ResourceServer, SubjectType,
};
use grantd_store::{Configuration, Store};

use crate::Error;

/// Everything that is configured, at one revision.
pub(super) struct Current {
    pub(super) configuration: Configuration,
    ownerships: HashMap<Owned, Ownership>,
}

/// What makes a grant the only one of its kind.
pub(super) type GrantKey = (Grantee, Audience, SubjectType);

/// The way from names and identifiers to records.
pub(super) struct Index<'c> {
    pub(super) organizations: HashMap<&'c str, &'c Organization>,
    pub(super) organizations_by_name: HashMap<&'c str, &'c Organization>,
    /// By their identifiers, as documents name them.
    pub(super) resource_servers: HashMap<&'c str, &'c ResourceServer>,
    pub(super) resource_servers_by_id: HashMap<&'c str, &'c ResourceServer>,
    pub(super) clients: HashMap<&'c str, &'c Client>,
    pub(super) clients_by_name: HashMap<&'c str, Vec<&'c Client>>,
    pub(super) credentials: HashMap<&'c str, Vec<&'c Credential>>,
    pub(super) client_grants: HashMap<GrantKey, &'c ClientGrant>,
    pub(super) client_grants_by_id: HashMap<&'c str, &'c ClientGrant>,
    pub(super) grants_of_client: HashMap<&'c str, Vec<&'c ClientGrant>>,
    pub(super) grants_for_api: HashMap<&'c str, Vec<&'c ClientGrant>>,
    pub(super) associations: HashMap<&'c ClientGrantId, BTreeSet<OrganizationId>>,
    pub(super) ownerships: &'c HashMap<Owned, Ownership>,
}

impl Current {
    /// Reads it. Ownerships are read beside it: a commit that expects the revision fails if they are of another one.
    pub(super) async fn load(store: &dyn Store) -> Result<Self, Error> {
        Ok(Self { configuration: store.load().await?, ownerships: store.ownerships().await? })
    }

    pub(super) fn index(&self) -> Index<'_> {
        let all = &self.configuration;
        let mut index = Index {
            organizations: all.organizations.iter().map(|held| (held.id.as_str(), held)).collect(),
            organizations_by_name: all.organizations.iter().map(|held| (&*held.name, held)).collect(),
            resource_servers: all.resource_servers.iter().map(|api| (api.identifier.as_str(), api)).collect(),
            resource_servers_by_id: all.resource_servers.iter().map(|api| (api.id.as_str(), api)).collect(),
            clients: all.clients.iter().map(|client| (client.client_id.as_str(), client)).collect(),
            clients_by_name: HashMap::new(),
            credentials: HashMap::new(),
            client_grants: HashMap::with_capacity(all.client_grants.len()),
            client_grants_by_id: all.client_grants.iter().map(|grant| (grant.id.as_str(), grant)).collect(),
            grants_of_client: HashMap::new(),
            grants_for_api: HashMap::new(),
            associations: HashMap::new(),
            ownerships: &self.ownerships,
        };
        for client in &all.clients {
            index.clients_by_name.entry(&*client.name).or_default().push(client);
        }
        for credential in &all.credentials {
            index.credentials.entry(credential.client_id.as_str()).or_default().push(credential);
        }
        for grant in &all.client_grants {
            index.add_grant(grant);
        }
        for association in &all.associations {
            let held = index.associations.entry(&association.client_grant).or_default();
            held.insert(association.organization.clone());
        }
        index
    }
}

impl<'c> Index<'c> {
    fn add_grant(&mut self, grant: &'c ClientGrant) {
        if let Some(grantee) = grant.grantee() {
            self.client_grants.insert((grantee, grant.audience.clone(), grant.subject_type), grant);
        }
        if let Some(client) = &grant.client_id {
            self.grants_of_client.entry(client.as_str()).or_default().push(grant);
        }
        self.grants_for_api.entry(grant.audience.as_str()).or_default().push(grant);
    }

    /// Whether a client is the administration client of the first start.
    pub(super) fn is_administrator(&self, id: &ClientId) -> bool {
        let grants = self.grants_of_client.get(id.as_str());
        grants.is_some_and(|grants| grants.iter().any(|grant| grant.is_system))
    }

    /// Whom a record belongs to.
    pub(super) fn ownership(&self, owned: &Owned) -> Ownership {
        self.ownerships.get(owned).cloned().unwrap_or_default()
    }
}
