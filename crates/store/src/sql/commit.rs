//! How a change becomes statements.

use grantd_model::{ClientGrantId, OrganizationId};

use super::{
    Write, associations, cascades, client_grants, clients, credentials, discovery_domains,
    federated_identities, log_streams, organization_clients, organizations, ownerships, resource_servers,
    revision, revoked_tokens, signing_keys, tenant,
};
use crate::{Association, Change, StoreError};

/// Makes one change inside the transaction.
pub(crate) async fn apply(write: &mut Write<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Expect(revision) => revision::expect(write, *revision),
        Change::SetOwnership { owned, ownership } => ownerships::put(write, owned, ownership).await,
        Change::UpdateTenant(settings) => tenant::update(write, settings).await,
        Change::CreateSigningKey(key) => signing_keys::create(write, key).await,
        Change::UpdateSigningKey { key, former } => signing_keys::update(write, key, *former).await,
        Change::DeleteSigningKey(kid) => signing_keys::delete(write, kid).await,
        Change::CreateClient(client) => clients::create(write, client).await,
        Change::UpdateClient(client) => cascades::update_client(write, client).await,
        Change::DeleteClient(id) => cascades::delete_client(write, id).await,
        Change::CreateCredential(credential) => cascades::create_credential(write, credential).await,
        Change::UpdateCredential(credential) => credentials::update(write, credential).await,
        Change::DeleteCredential(id) => cascades::delete_credential(write, id).await,
        Change::CreateResourceServer(api) => resource_servers::create(write, api).await,
        Change::UpdateResourceServer(api) => resource_servers::update(write, api).await,
        Change::DeleteResourceServer(id) => cascades::delete_resource_server(write, id).await,
        Change::MoveResourceServer { id, identifier } => {
            cascades::move_resource_server(write, id, identifier).await
        }
        Change::CreateClientGrant(grant) => cascades::create_client_grant(write, grant).await,
        Change::UpdateClientGrant(grant) => client_grants::update(write, grant).await,
        Change::DeleteClientGrant(id) => cascades::delete_client_grant(write, id).await,
        Change::CreateOrganization(organization) => organizations::create(write, organization).await,
        Change::UpdateOrganization(organization) => organizations::update(write, organization).await,
        Change::DeleteOrganization(id) => cascades::delete_organization(write, id).await,
        Change::AddClientGrantToOrganization { organization, client_grant } => {
            cascades::create_association(write, &association(organization, client_grant)).await
        }
        Change::RemoveClientGrantFromOrganization { organization, client_grant } => {
            associations::delete(write, &association(organization, client_grant)).await
        }
        Change::AddClientToOrganization(added) => cascades::create_organization_client(write, added).await,
        Change::UpdateOrganizationClient(updated) => organization_clients::update(write, updated).await,
        Change::RemoveClientFromOrganization { organization, client } => {
            organization_clients::delete(write, organization, client).await
        }
        Change::CreateDiscoveryDomain(domain) => cascades::create_discovery_domain(write, domain).await,
        Change::UpdateDiscoveryDomain(domain) => discovery_domains::update(write, domain).await,
        Change::DeleteDiscoveryDomain { organization, id } => {
            discovery_domains::delete(write, organization, id).await
        }
        Change::CreateFederatedIdentity(identity) => {
            cascades::create_federated_identity(write, identity).await
        }
        Change::UpdateFederatedIdentity(identity) => federated_identities::update(write, identity).await,
        Change::DeleteFederatedIdentity { client, id } => {
            federated_identities::delete(write, client, id).await
        }
        Change::CreateLogStream(stream) => log_streams::create(write, stream).await,
        Change::UpdateLogStream(stream) => log_streams::update(write, stream).await,
        Change::DeleteLogStream(id) => log_streams::delete(write, id).await,
        Change::RevokeToken { revoked, now } => revoked_tokens::create(write, revoked, *now).await,
    }
}

fn association(organization: &OrganizationId, client_grant: &ClientGrantId) -> Association {
    Association { organization: organization.clone(), client_grant: client_grant.clone() }
}
