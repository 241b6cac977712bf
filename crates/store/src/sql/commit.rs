//! How a change becomes statements.

use grantd_model::{ClientGrant, ClientGrantId, OrganizationId};

use super::{
    Connection, Write, associations, cascades, client_grants, clients, credentials, discovery_domains,
    federated_identities, grants_together, log_streams, organization_clients, organizations, ownerships,
    resource_servers, revision, revoked_tokens, signing_keys, tenant,
};
use crate::key_ring::Sealer;
use crate::{Association, Change, StoreError};

/// A change, and the revision that it takes effect at.
pub(crate) type Dated<'c> = (i64, &'c Change);

/// The changes in their order, in runs that are made at once: grants that are made one after another, or one change.
pub(crate) fn runs<'r, 'c>(changes: &'r [Dated<'c>]) -> impl Iterator<Item = &'r [Dated<'c>]> {
    changes.chunk_by(|(_, one), (_, next)| grant(one).is_some() && grant(next).is_some())
}

/// Makes a run of changes inside the transaction.
pub(crate) async fn apply_run(
    connection: &mut Connection,
    key: &Sealer<'_>,
    run: &[Dated<'_>],
) -> Result<(), StoreError> {
    if let [(revision, change)] = run {
        return apply(&mut Write { connection, revision: *revision, key }, change).await;
    }
    let grants: Vec<_> =
        run.iter().filter_map(|(revision, change)| Some((*revision, grant(change)?))).collect();
    grants_together::create(connection, &grants).await
}

/// The grant that a change makes.
fn grant(change: &Change) -> Option<&ClientGrant> {
    match change {
        Change::CreateClientGrant(grant) => Some(grant),
        _ => None,
    }
}

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
