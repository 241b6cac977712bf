//! The configuration as a whole, and what is different in it.

use grantd_model::{
    Client, ClientGrant, ClientGrantId, ClientId, Credential, FederatedIdentity, LogStream, Organization,
    OrganizationId, ResourceServer, ResourceServerId, Revision, RevokedToken, SigningKey, Tenant,
};

/// A grant that was added to an organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Association {
    /// The organization.
    pub organization: OrganizationId,
    /// The grant.
    pub client_grant: ClientGrantId,
}

/// Everything that a token may depend on, at one revision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// Which revision.
    pub revision: Revision,
    /// What is set for the deployment.
    pub tenant: Tenant,
    /// All signing keys, oldest first.
    pub signing_keys: Vec<SigningKey>,
    /// All clients.
    pub clients: Vec<Client>,
    /// All credentials of clients; of each client newest first.
    pub credentials: Vec<Credential>,
    /// All APIs.
    pub resource_servers: Vec<ResourceServer>,
    /// All grants.
    pub client_grants: Vec<ClientGrant>,
    /// All organizations.
    pub organizations: Vec<Organization>,
    /// All associations.
    pub associations: Vec<Association>,
    /// All federated identities, each client's in order of creation.
    pub federated_identities: Vec<FederatedIdentity>,
    /// The denylist; entries of tokens that have expired may still be among them.
    pub revoked_tokens: Vec<RevokedToken>,
    /// All log streams, in order of creation.
    pub log_streams: Vec<LogStream>,
}

/// What is different since some revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The revision that they lead to.
    pub revision: Revision,
    /// The records that differ, each once, as they are at that revision.
    pub changed: Vec<Changed>,
}

/// A record that differs; none where it is gone.
#[derive(Clone, Debug, PartialEq)]
pub enum Changed {
    /// What is set for the deployment.
    Tenant(Tenant),
    /// The signing keys, all of them.
    SigningKeys(Vec<SigningKey>),
    /// A client.
    Client(ClientId, Option<Client>),
    /// The credentials of a client, all of them, newest first.
    Credentials(ClientId, Vec<Credential>),
    /// An API.
    ResourceServer(ResourceServerId, Option<ResourceServer>),
    /// A grant.
    ClientGrant(ClientGrantId, Option<ClientGrant>),
    /// An organization.
    Organization(OrganizationId, Option<Organization>),
    /// An association, and whether it is there.
    Association(Association, bool),
    /// The federated identities of a client, all of them, in order of creation.
    FederatedIdentities(ClientId, Vec<FederatedIdentity>),
    /// The log streams, all of them, in order of creation.
    LogStreams(Vec<LogStream>),
    /// A token that came onto the denylist. None ever leaves it before it expires, and that is not told.
    RevokedToken(RevokedToken),
}

impl Changes {
    /// Records that are read one by one; where more have changed, everything is loaded.
    pub const MOST: usize = 1_000;
}
