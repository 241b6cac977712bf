//! APIs.

use grantd_model::{
    Audience, Page, Paging, ResourceServer, ResourceServerFilter, ResourceServerId, Versioned,
};
use sqlx::Row;

use super::paging::{Condition, List, Order, page};
use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{KeyEncryptionKeys, Noun, StoreError};

const COLUMNS: &str = "id, created, record, sealed_signing_secret, revision";
const NOUN: Noun = Noun::ResourceServer;
const ORDER: Order = Order { by: "created, id", after: "(created, id) > (", by_id: false };

/// An API as it is stored, its secret sealed.
pub(crate) struct Stored {
    record: String,
    signing_secret: Option<Vec<u8>>,
    revision: i64,
}

impl Stored {
    fn read(row: &<Db as sqlx::Database>::Row) -> Result<Self, StoreError> {
        Ok(Self { record: row.try_get(2)?, signing_secret: row.try_get(3)?, revision: row.try_get(4)? })
    }

    /// The API, with its secret.
    pub(crate) fn open(&self, key: &KeyEncryptionKeys) -> Result<Versioned<ResourceServer>, StoreError> {
        let mut api: ResourceServer = from_text(NOUN, &self.record)?;
        let sealed = self.signing_secret.as_deref();
        api.signing_secret = sealed.map(|sealed| key.open(NOUN, api.id.as_str(), sealed)).transpose()?;
        Ok(versioned(api, self.revision))
    }
}

/// Its record, which nearly all of it is.
impl AsRef<str> for Stored {
    fn as_ref(&self) -> &str {
        &self.record
    }
}

pub(crate) async fn get(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    id: &ResourceServerId,
) -> Result<Option<Versioned<ResourceServer>>, StoreError> {
    let text =
        "SELECT id, created, record, sealed_signing_secret, revision FROM resource_servers WHERE id = $1";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| from_row(&row, key)).transpose()
}

/// The API with this identifier.
pub(crate) async fn stored(
    connection: &mut Connection,
    identifier: &Audience,
) -> Result<Option<Stored>, StoreError> {
    let text = "SELECT id, created, record, sealed_signing_secret, revision FROM resource_servers \
                WHERE identifier = $1";
    let row = sqlx::query::<Db>(text).bind(identifier.as_str()).fetch_optional(connection).await?;
    row.map(|row| Stored::read(&row)).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    filter: &ResourceServerFilter,
    paging: &Paging,
) -> Result<Page<ResourceServer>, StoreError> {
    let identifiers = filter.identifiers.as_ref().map(|list| list.iter().map(Audience::to_string).collect());
    let list = List::of("resource_servers")
        .with(identifiers.map(|identifiers| Condition::AnyOf("identifier", identifiers)));
    let found = list.fetch(connection, COLUMNS, ORDER, paging).await?;
    page(found, |row| from_row(row, key).map(|api| api.record))
}

pub(crate) async fn all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Vec<ResourceServer>, StoreError> {
    let text = "SELECT id, created, record, sealed_signing_secret, revision FROM resource_servers";
    let rows = sqlx::query::<Db>(text).fetch_all(connection).await?;
    rows.iter().map(|row| from_row(row, key).map(|api| api.record)).collect()
}

pub(crate) async fn create(write: &mut Write<'_>, api: &ResourceServer) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO resource_servers (id, identifier, sealed_signing_secret, record, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(api.id.as_str())
    .bind(api.identifier.as_str())
    .bind(sealed(write, api)?)
    .bind(to_text(NOUN, api)?)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::RESOURCE_SERVER, api.id.as_str()).await
}

pub(crate) async fn update(write: &mut Write<'_>, api: &Versioned<ResourceServer>) -> Result<(), StoreError> {
    let record = &api.record;
    let updated = sqlx::query::<Db>(
        "UPDATE resource_servers SET sealed_signing_secret = $1, record = $2, revision = $3 \
         WHERE id = $4 AND revision <= $5",
    )
    .bind(sealed(write, record)?)
    .bind(to_text(NOUN, record)?)
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(stored_revision(api.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &record.id)).await);
    }
    touch(write, kind::RESOURCE_SERVER, record.id.as_str()).await
}

/// Moves an API with its grants. The database takes the grants' columns along, since neither side can go first;
/// their records follow.
pub(crate) async fn move_to(
    write: &mut Write<'_>,
    id: &ResourceServerId,
    identifier: &Audience,
) -> Result<(), StoreError> {
    let missing = StoreError::Missing(NOUN);
    let mut api = get(write.connection, write.key, id).await?.ok_or(missing)?.record;
    api.identifier = identifier.clone();
    let text = "UPDATE resource_servers SET identifier = $1, record = $2, revision = $3 WHERE id = $4";
    sqlx::query::<Db>(text)
        .bind(identifier.as_str())
        .bind(to_text(NOUN, &api)?)
        .bind(write.revision)
        .bind(id.as_str())
        .execute(&mut *write.connection)
        .await
        .map_err(unique(NOUN))?;
    touch(write, kind::RESOURCE_SERVER, id.as_str()).await
}

/// The identifier of an API.
pub(crate) async fn identifier(write: &mut Write<'_>, id: &ResourceServerId) -> Result<Audience, StoreError> {
    let text = "SELECT identifier FROM resource_servers WHERE id = $1";
    let identifier = sqlx::query_scalar::<Db, String>(text).bind(id.as_str());
    let identifier = identifier.fetch_optional(&mut *write.connection).await?;
    identifier.map(Audience::from).ok_or(StoreError::Missing(NOUN))
}

pub(crate) async fn delete(write: &mut Write<'_>, id: &ResourceServerId) -> Result<(), StoreError> {
    let text = "DELETE FROM resource_servers WHERE id = $1";
    sqlx::query::<Db>(text).bind(id.as_str()).execute(&mut *write.connection).await?;
    touch(write, kind::RESOURCE_SERVER, id.as_str()).await
}

async fn exists(write: &mut Write<'_>, id: &ResourceServerId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM resource_servers WHERE id = $1");
    Ok(found.bind(id.as_str()).fetch_optional(&mut *write.connection).await?.is_some())
}

pub(crate) async fn exists_as(write: &mut Write<'_>, identifier: &Audience) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM resource_servers WHERE identifier = $1");
    Ok(found.bind(identifier.as_str()).fetch_optional(&mut *write.connection).await?.is_some())
}

fn from_row(
    row: &<Db as sqlx::Database>::Row,
    key: &KeyEncryptionKeys,
) -> Result<Versioned<ResourceServer>, StoreError> {
    Stored::read(row)?.open(key)
}

fn sealed(write: &Write<'_>, api: &ResourceServer) -> Result<Option<Vec<u8>>, StoreError> {
    let secret = api.signing_secret.as_ref();
    secret.map(|secret| write.key.seal(NOUN, api.id.as_str(), secret.expose())).transpose()
}
