//! What a change of one record means for others: what must be there before it, and what goes or follows with it.
//!
//! Whatever goes, alone or along with another, is asked for its protection first.
//! The files of the nouns know their own table only; the database's foreign keys stand behind these rules.

use grantd_model::{
    Audience, Client, ClientGrant, ClientGrantId, ClientId, Credential, CredentialId, DiscoveryDomain,
    FederatedIdentity, OrganizationClient, OrganizationId, ResourceServerId, Versioned,
};

use super::{
    Write, associations, client_grants, clients, credentials, discovery_domains, federated_identities,
    organization_clients, organizations, ownerships, resource_servers, secret_uses, tenant,
};
use crate::{Association, Noun, StoreError};

/// A grant needs its API, and its client unless it is a default.
pub(crate) async fn create_client_grant(
    write: &mut Write<'_>,
    grant: &ClientGrant,
) -> Result<(), StoreError> {
    if client_grants::create(write, grant).await? {
        return Ok(());
    }
    let has_api = resource_servers::exists_as(write, &grant.audience).await?;
    Err(StoreError::Missing(if has_api { Noun::Client } else { Noun::ResourceServer }))
}

/// An association needs its organization and its grant.
pub(crate) async fn create_association(
    write: &mut Write<'_>,
    association: &Association,
) -> Result<(), StoreError> {
    if !organizations::exists(write, &association.organization).await? {
        return Err(StoreError::Missing(Noun::Organization));
    }
    if !client_grants::exists(write, &association.client_grant).await? {
        return Err(StoreError::Missing(Noun::ClientGrant));
    }
    associations::create(write, association).await
}

/// A domain needs its organization.
pub(crate) async fn create_discovery_domain(
    write: &mut Write<'_>,
    domain: &DiscoveryDomain,
) -> Result<(), StoreError> {
    if !organizations::exists(write, &domain.organization).await? {
        return Err(StoreError::Missing(Noun::Organization));
    }
    discovery_domains::create(write, domain).await
}

/// A client of an organization needs both.
pub(crate) async fn create_organization_client(
    write: &mut Write<'_>,
    added: &OrganizationClient,
) -> Result<(), StoreError> {
    if !organizations::exists(write, &added.organization).await? {
        return Err(StoreError::Missing(Noun::Organization));
    }
    if !clients::exists(write, &added.client).await? {
        return Err(StoreError::Missing(Noun::Client));
    }
    organization_clients::create(write, added).await
}

/// A grant goes with its associations.
pub(crate) async fn delete_client_grant(write: &mut Write<'_>, id: &ClientGrantId) -> Result<(), StoreError> {
    ownerships::release(write, id.into()).await?;
    associations::delete_of_grant(write, id).await?;
    client_grants::delete(write, id).await
}

/// An identity needs its client.
pub(crate) async fn create_federated_identity(
    write: &mut Write<'_>,
    identity: &FederatedIdentity,
) -> Result<(), StoreError> {
    if !clients::exists(write, &identity.client_id).await? {
        return Err(StoreError::Missing(Noun::Client));
    }
    federated_identities::create(write, identity).await
}

/// A client needs the credentials that count for it.
pub(crate) async fn update_client(
    write: &mut Write<'_>,
    client: &Versioned<Client>,
) -> Result<(), StoreError> {
    clients::update(write, client).await?;
    if credentials::has_those_in_use(write, &client.record).await? {
        Ok(())
    } else {
        Err(StoreError::Missing(Noun::Credential))
    }
}

/// A credential needs its client.
pub(crate) async fn create_credential(
    write: &mut Write<'_>,
    credential: &Credential,
) -> Result<(), StoreError> {
    if !clients::exists(write, &credential.client_id).await? {
        return Err(StoreError::Missing(Noun::Client));
    }
    credentials::create(write, credential).await
}

/// A credential that counts for its client does not go.
pub(crate) async fn delete_credential(write: &mut Write<'_>, id: &CredentialId) -> Result<(), StoreError> {
    let missing = StoreError::Missing(Noun::Credential);
    let credential = credentials::get(write.connection, id).await?.ok_or(missing)?.record;
    let client = clients::get(write.connection, write.key, &credential.client_id).await?;
    if client.is_some_and(|client| client.record.credentials_in_use().any(|used| used == *id)) {
        return Err(StoreError::InUse(Noun::Credential));
    }
    credentials::delete(write, &credential).await
}

/// A client goes with its credentials, its grants, its identities and what is known of its secrets, and from its
/// organizations.
pub(crate) async fn delete_client(write: &mut Write<'_>, id: &ClientId) -> Result<(), StoreError> {
    ownerships::release(write, id.into()).await?;
    credentials::delete_of_client(write, id).await?;
    for grant in client_grants::ids_of_client(write, id).await? {
        delete_client_grant(write, &grant).await?;
    }
    federated_identities::delete_of_client(write, id).await?;
    organization_clients::delete_of_client(write, id).await?;
    secret_uses::delete_of_client(write, id).await?;
    clients::delete(write, id).await
}

/// An API goes with the grants for it.
pub(crate) async fn delete_resource_server(
    write: &mut Write<'_>,
    id: &ResourceServerId,
) -> Result<(), StoreError> {
    ownerships::release(write, id.into()).await?;
    let identifier = resource_servers::identifier(write, id).await?;
    for grant in client_grants::ids_for_api(write, &identifier).await? {
        delete_client_grant(write, &grant).await?;
    }
    resource_servers::delete(write, id).await
}

/// An API that moves takes the grants for it along, and stays the default where it was.
pub(crate) async fn move_resource_server(
    write: &mut Write<'_>,
    id: &ResourceServerId,
    identifier: &Audience,
) -> Result<(), StoreError> {
    let former = resource_servers::identifier(write, id).await?;
    resource_servers::move_to(write, id, identifier).await?;
    client_grants::follow_api(write, identifier).await?;
    let mut tenant = tenant::get(write.connection).await?;
    if tenant.record.settings.default_audience() != Some(former.as_str()) {
        return Ok(());
    }
    tenant.record.settings.default_audience = Some(identifier.to_string());
    tenant::update(write, &tenant).await
}

/// An organization goes with its associations and domains and without its clients, and those lose it as their default.
pub(crate) async fn delete_organization(
    write: &mut Write<'_>,
    id: &OrganizationId,
) -> Result<(), StoreError> {
    ownerships::release(write, id.into()).await?;
    associations::delete_of_organization(write, id).await?;
    organization_clients::delete_of_organization(write, id).await?;
    discovery_domains::delete_of_organization(write, id).await?;
    clients::forget_organization(write, id.as_str()).await?;
    organizations::delete(write, id).await
}
