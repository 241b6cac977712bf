//! Reading the configuration whole, and what is different in it. Both run inside one read transaction, so
//! that what they return is of one revision.

use grantd_model::{ClientGrantId, ClientId, OrganizationId, ResourceServerId, Revision};

use super::revision::kind;
use super::{
    Connection, associations, client_grants, clients, credentials, federated_identities, log_streams,
    organizations, resource_servers, revision, revoked_tokens, signing_keys, stored_revision, tenant,
};
use crate::{Changed, Changes, Configuration, KeyEncryptionKeys, StoreError};

pub(crate) async fn everything(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Configuration, StoreError> {
    Ok(Configuration {
        revision: revision::current(connection).await?,
        tenant: tenant::get(connection).await?.record,
        signing_keys: signing_keys::all(connection, key).await?,
        clients: clients::all(connection, key).await?,
        credentials: credentials::all(connection).await?,
        resource_servers: resource_servers::all(connection, key).await?,
        client_grants: client_grants::all(connection).await?,
        organizations: organizations::all(connection).await?,
        associations: associations::all(connection).await?,
        federated_identities: federated_identities::all(connection).await?,
        revoked_tokens: revoked_tokens::all(connection).await?,
        log_streams: log_streams::all(connection, key).await?,
    })
}

pub(crate) async fn changes_since(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    since: Revision,
) -> Result<Changes, StoreError> {
    let revision = revision::current(connection).await?;
    let mut changed = Vec::new();
    let touched = revision::touched_since(connection, stored_revision(since)).await?;
    if touched.len() > Changes::MOST {
        return Err(StoreError::TooManyChanges);
    }
    // Who makes very many of something makes grants.
    let grants: Vec<&str> =
        touched.iter().filter(|(kind, _)| kind == kind::CLIENT_GRANT).map(|(_, id)| id.as_str()).collect();
    let mut grants = client_grants::some(connection, &grants).await?;
    for (kind, record) in &touched {
        if kind == kind::CLIENT_GRANT {
            changed.push(Changed::ClientGrant(ClientGrantId::from(record.as_str()), grants.remove(record)));
        } else {
            changed.extend(current(connection, key, kind, record).await?);
        }
    }
    Ok(Changes { revision, changed })
}

async fn current(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    kind: &str,
    record: &str,
) -> Result<Option<Changed>, StoreError> {
    Ok(Some(match kind {
        kind::TENANT => Changed::Tenant(tenant::get(connection).await?.record),
        kind::SIGNING_KEYS => Changed::SigningKeys(signing_keys::all(connection, key).await?),
        kind::CLIENT => {
            let id = ClientId::from(record);
            let client = clients::get(connection, key, &id).await?;
            Changed::Client(id, client.map(|client| client.record))
        }
        kind::CREDENTIALS => {
            let client = ClientId::from(record);
            let held = credentials::of_client(connection, &client).await?;
            Changed::Credentials(client, held)
        }
        kind::RESOURCE_SERVER => {
            let id = ResourceServerId::from(record);
            let api = resource_servers::get(connection, key, &id).await?;
            Changed::ResourceServer(id, api.map(|api| api.record))
        }
        kind::ORGANIZATION => {
            let id = OrganizationId::from(record);
            let organization = organizations::get(connection, &id).await?;
            Changed::Organization(id, organization.map(|organization| organization.record))
        }
        kind::ASSOCIATION => {
            let Some(association) = associations::from_key(record) else { return Ok(None) };
            let is_there = associations::is_there(connection, &association).await?;
            Changed::Association(association, is_there)
        }
        kind::FEDERATED_IDENTITIES => {
            let client = ClientId::from(record);
            let identities = federated_identities::of_client(connection, &client).await?;
            Changed::FederatedIdentities(client, identities)
        }
        kind::LOG_STREAMS => Changed::LogStreams(log_streams::all(connection, key).await?),
        kind::REVOKED_TOKEN => {
            return Ok(revoked_tokens::get(connection, record).await?.map(Changed::RevokedToken));
        }
        _ => return Ok(None),
    }))
}
