//! Clients.

use grantd_model::{Audience, Client, ClientFilter, ClientId, Page, Paging, Versioned};
use sqlx::Row;

use super::client_secrets::Columns;
use super::paging::{Condition, List, Order, page};
use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, secret_uses, stale_or_missing, stored_revision, to_text, unique,
    versioned,
};
use crate::{KeyEncryptionKeys, Noun, StoreError};

const COLUMNS: &str =
    "client_id, created, record, sealed_secret, secret_terms, sealed_further_secrets, revision";
const NOUN: Noun = Noun::Client;
const ORDER: Order =
    Order { by: "global, created, client_id", after: "(global, created, client_id) > (0, ", by_id: false };

/// A client as it is stored, its secrets sealed.
pub(crate) struct Stored {
    record: String,
    secrets: Columns,
    revision: i64,
}

impl Stored {
    fn read(row: &<Db as sqlx::Database>::Row) -> Result<Self, StoreError> {
        Ok(Self {
            record: row.try_get("record")?,
            secrets: Columns::read(row)?,
            revision: row.try_get("revision")?,
        })
    }

    /// The client, with its secrets.
    pub(crate) fn open(&self, key: &KeyEncryptionKeys) -> Result<Versioned<Client>, StoreError> {
        let mut client: Client = from_text(NOUN, &self.record)?;
        self.secrets.open(&mut client, key)?;
        Ok(versioned(client, self.revision))
    }
}

/// Its record, which nearly all of it is.
impl AsRef<str> for Stored {
    fn as_ref(&self) -> &str {
        &self.record
    }
}

pub(crate) async fn stored(connection: &mut Connection, id: &ClientId) -> Result<Option<Stored>, StoreError> {
    let text = "SELECT client_id, created, record, sealed_secret, secret_terms, sealed_further_secrets, revision \
                FROM clients WHERE client_id = $1";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| Stored::read(&row)).transpose()
}

pub(crate) async fn get(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    id: &ClientId,
) -> Result<Option<Versioned<Client>>, StoreError> {
    stored(connection, id).await?.map(|client| client.open(key)).transpose()
}

pub(crate) async fn find_of_api(
    connection: &mut Connection,
    api: &Audience,
) -> Result<Option<ClientId>, StoreError> {
    let text = "SELECT client_id FROM clients WHERE resource_server_identifier = $1 \
                ORDER BY created, client_id LIMIT 1";
    let id = sqlx::query_scalar::<Db, String>(text).bind(api.as_str()).fetch_optional(connection).await?;
    Ok(id.map(ClientId::from))
}

pub(crate) async fn list(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    filter: &ClientFilter,
    paging: &Paging,
) -> Result<Page<Client>, StoreError> {
    let any = filter.grant_for_any_organization.then_some(Condition::Fixed(
        "EXISTS (SELECT 1 FROM client_grants WHERE client_grants.client_id = clients.client_id \
         AND client_grants.allow_any_organization = 1)",
    ));
    let organization = filter.grant_in_organization.as_ref().map(|organization| {
        Condition::Within(
            "client_id IN (SELECT client_grants.client_id FROM organization_client_grants JOIN client_grants \
             ON client_grants.id = organization_client_grants.client_grant_id \
             WHERE organization_client_grants.organization_id = ",
            organization.to_string(),
            ")",
        )
    });
    let list = List::of("clients")
        .with(filter.is_global.map(|value| Condition::Number("global", value.into())))
        .with(filter.is_first_party.map(|value| Condition::Number("is_first_party", value.into())))
        .with(filter.app_types.clone().map(|types| Condition::AnyOf("app_type", types)))
        .with(organization)
        .with(any);
    let found = list.fetch(connection, COLUMNS, ORDER, paging).await?;
    page(found, |row| from_row(row, key).map(|client| client.record))
}

pub(crate) async fn all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Vec<Client>, StoreError> {
    let text = "SELECT client_id, created, record, sealed_secret, secret_terms, sealed_further_secrets, revision \
                FROM clients";
    // Each row is read as it comes: together they would take twice the memory of the records.
    let rows = sqlx::query::<Db>(text).map(|row| from_row(&row, key).map(|client| client.record));
    rows.fetch_all(connection).await?.into_iter().collect()
}

pub(crate) async fn create(write: &mut Write<'_>, client: &Client) -> Result<(), StoreError> {
    let secrets = Columns::of(client, write.key)?;
    sqlx::query::<Db>(
        "INSERT INTO clients (client_id, global, is_first_party, app_type, resource_server_identifier, \
         default_organization_id, sealed_secret, secret_terms, sealed_further_secrets, record, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
    )
    .bind(client.client_id.as_str())
    .bind(i64::from(client.global))
    .bind(i64::from(client.is_first_party))
    .bind(app_type(client))
    .bind(client.resource_server_identifier.as_ref().map(Audience::as_str))
    .bind(default_organization(client))
    .bind(secrets.sealed)
    .bind(secrets.terms)
    .bind(secrets.further)
    .bind(to_text(NOUN, client)?)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))
    .map_err(missing_organization)?;
    touch(write, kind::CLIENT, client.client_id.as_str()).await
}

pub(crate) async fn update(write: &mut Write<'_>, client: &Versioned<Client>) -> Result<(), StoreError> {
    let record = &client.record;
    let secrets = Columns::of(record, write.key)?;
    let updated = sqlx::query::<Db>(
        "UPDATE clients SET is_first_party = $1, app_type = $2, default_organization_id = $3, \
         sealed_secret = $4, secret_terms = $5, sealed_further_secrets = $6, record = $7, revision = $8 \
         WHERE client_id = $9 AND revision <= $10",
    )
    .bind(i64::from(record.is_first_party))
    .bind(app_type(record))
    .bind(default_organization(record))
    .bind(secrets.sealed)
    .bind(secrets.terms)
    .bind(secrets.further)
    .bind(to_text(NOUN, record)?)
    .bind(write.revision)
    .bind(record.client_id.as_str())
    .bind(stored_revision(client.revision))
    .execute(&mut *write.connection)
    .await
    .map_err(StoreError::from)
    .map_err(missing_organization)?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &record.client_id)).await);
    }
    secret_uses::keep(write, record).await?;
    touch(write, kind::CLIENT, record.client_id.as_str()).await
}

pub(crate) async fn delete(write: &mut Write<'_>, id: &ClientId) -> Result<(), StoreError> {
    let text = "DELETE FROM clients WHERE client_id = $1";
    let deleted = sqlx::query::<Db>(text).bind(id.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::CLIENT, id.as_str()).await
}

/// Clients whose default organization goes lose it.
pub(crate) async fn forget_organization(write: &mut Write<'_>, organization: &str) -> Result<(), StoreError> {
    let text = "SELECT client_id FROM clients WHERE default_organization_id = $1";
    let ids = sqlx::query_scalar::<Db, String>(text).bind(organization);
    for id in ids.fetch_all(&mut *write.connection).await? {
        if let Some(mut client) = get(write.connection, write.key, &ClientId::from(id)).await? {
            client.record.default_organization = None;
            update(write, &client).await?;
        }
    }
    Ok(())
}

pub(crate) async fn exists(write: &mut Write<'_>, id: &ClientId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT client_id FROM clients WHERE client_id = $1").bind(id.as_str());
    Ok(found.fetch_optional(&mut *write.connection).await?.is_some())
}

fn from_row(
    row: &<Db as sqlx::Database>::Row,
    key: &KeyEncryptionKeys,
) -> Result<Versioned<Client>, StoreError> {
    Stored::read(row)?.open(key)
}

fn app_type(client: &Client) -> Option<&str> {
    client.properties.get("app_type").and_then(|value| value.as_str())
}

fn default_organization(client: &Client) -> Option<&str> {
    client.default_organization.as_ref().map(|default| default.organization_id.as_str())
}

/// The only foreign key that a client has.
fn missing_organization(error: StoreError) -> StoreError {
    match &error {
        StoreError::Database(sqlx::Error::Database(database)) if database.is_foreign_key_violation() => {
            StoreError::Missing(Noun::Organization)
        }
        _ => error,
    }
}
