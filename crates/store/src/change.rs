//! What can happen to the configuration.

use grantd_model::{
    Audience, Client, ClientGrant, ClientGrantId, ClientId, Credential, CredentialId, DiscoveryDomain,
    DiscoveryDomainId, FederatedIdentity, FederatedIdentityId, KeyId, LogStream, LogStreamId, Organization,
    OrganizationClient, OrganizationId, Owned, Ownership, ResourceServer, ResourceServerId, Revision,
    RevokedToken, SigningKey, SigningKeyState, Tenant, Timestamp, Versioned,
};

/// One change. An update says since when the record must not have changed: the revision that it was read with, or that of
/// the whole configuration it was read from. If it has changed since, it fails
/// with [`StoreError::Stale`](crate::StoreError::Stale) and is made again from the record as it is now.
#[derive(Clone, Debug)]
pub enum Change {
    /// Nothing may have been committed since this revision: what follows was worked out from all that there was then.
    Expect(Revision),
    /// Notes whom a record belongs to, and whether it may be deleted. Whether it is there is not looked at; the note
    /// goes with the record.
    SetOwnership {
        /// Which record.
        owned: Owned,
        /// Whose it is.
        ownership: Ownership,
    },
    /// Replaces what is set for the deployment.
    UpdateTenant(Versioned<Tenant>),
    /// Adds a key. Of each kind there is one current and one next key.
    CreateSigningKey(SigningKey),
    /// Writes down what has become of a key. It is stale unless the key is in this state still, and not revoked.
    UpdateSigningKey {
        /// The key; what is stored of the pair stays.
        key: SigningKey,
        /// The state that it was read in.
        former: SigningKeyState,
    },
    /// Removes a key.
    DeleteSigningKey(KeyId),
    /// Adds a client. The credentials that count for it follow in the same commit: they need their client.
    CreateClient(Client),
    /// Replaces a client. The credentials that count for it must be there, and its own.
    UpdateClient(Versioned<Client>),
    /// Removes a client with its grants, their associations, its credentials and its identities.
    DeleteClient(ClientId),
    /// Adds a credential to a client, which has at most [`Credential::PER_CLIENT`]. A `kid` names one key of the client.
    CreateCredential(Credential),
    /// Replaces the name and the dates of a credential.
    UpdateCredential(Versioned<Credential>),
    /// Removes a credential, unless it counts for its client.
    DeleteCredential(CredentialId),
    /// Adds an API.
    CreateResourceServer(ResourceServer),
    /// Replaces an API.
    UpdateResourceServer(Versioned<ResourceServer>),
    /// Removes an API with all grants for it and their associations.
    DeleteResourceServer(ResourceServerId),
    /// Gives an API another identifier, and its grants with it. Only the Management API ever moves, with the issuer.
    MoveResourceServer {
        /// Which API.
        id: ResourceServerId,
        /// Its new identifier.
        identifier: Audience,
    },
    /// Adds a grant.
    CreateClientGrant(ClientGrant),
    /// Replaces a grant.
    UpdateClientGrant(Versioned<ClientGrant>),
    /// Removes a grant with its associations.
    DeleteClientGrant(ClientGrantId),
    /// Adds an organization.
    CreateOrganization(Organization),
    /// Replaces an organization.
    UpdateOrganization(Versioned<Organization>),
    /// Removes an organization with its associations; clients lose it as their default.
    DeleteOrganization(OrganizationId),
    /// Adds a grant to an organization.
    AddClientGrantToOrganization {
        /// To which organization.
        organization: OrganizationId,
        /// Which grant.
        client_grant: ClientGrantId,
    },
    /// Takes a grant from an organization.
    RemoveClientGrantFromOrganization {
        /// From which organization.
        organization: OrganizationId,
        /// Which grant.
        client_grant: ClientGrantId,
    },
    /// Adds a client to an organization.
    AddClientToOrganization(OrganizationClient),
    /// Replaces what is said of a client in an organization.
    UpdateOrganizationClient(OrganizationClient),
    /// Takes a client from an organization, if it is in it.
    RemoveClientFromOrganization {
        /// From which organization.
        organization: OrganizationId,
        /// Which client.
        client: ClientId,
    },
    /// Adds a domain to its organization.
    CreateDiscoveryDomain(DiscoveryDomain),
    /// Replaces a domain.
    UpdateDiscoveryDomain(Versioned<DiscoveryDomain>),
    /// Takes a domain from its organization.
    DeleteDiscoveryDomain {
        /// From which organization.
        organization: OrganizationId,
        /// Which domain.
        id: DiscoveryDomainId,
    },
    /// Adds an identity to its client, which may have [`FederatedIdentity::PER_CLIENT`].
    CreateFederatedIdentity(FederatedIdentity),
    /// Replaces an identity.
    UpdateFederatedIdentity(Versioned<FederatedIdentity>),
    /// Takes an identity from its client.
    DeleteFederatedIdentity {
        /// From which client.
        client: ClientId,
        /// Which identity.
        id: FederatedIdentityId,
    },
    /// Adds a log stream; there may be [`LogStream::MOST`].
    CreateLogStream(LogStream),
    /// Replaces a log stream.
    UpdateLogStream(Versioned<LogStream>),
    /// Removes a log stream. How far it has delivered stays in the log, and means nothing any more.
    DeleteLogStream(LogStreamId),
    /// Puts a token on the denylist, unless it is there. Entries of tokens that expired long ago go, and where room
    /// is needed those of all that have expired by `now`.
    RevokeToken {
        /// Which token, and when it expires.
        revoked: RevokedToken,
        /// The time.
        now: Timestamp,
    },
}
