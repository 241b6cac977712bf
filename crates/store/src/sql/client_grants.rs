//! Client grants.

use std::collections::HashMap;

use grantd_model::{
    Audience, ClientGrant, ClientGrantFilter, ClientGrantId, ClientId, DefaultFor, Page, Paging, Versioned,
};
use sqlx::{QueryBuilder, Row};

use super::paging::{Condition, List, Order, page};
use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{Noun, StoreError};

const COLUMNS: &str = "id, created, record, revision";
const NOUN: Noun = Noun::ClientGrant;
const ORDER: Order = Order { by: "id", after: "id > (", by_id: true };

pub(crate) async fn get(
    connection: &mut Connection,
    id: &ClientGrantId,
) -> Result<Option<Versioned<ClientGrant>>, StoreError> {
    let text = "SELECT id, created, record, revision FROM client_grants WHERE id = $1";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| from_row(&row)).transpose()
}

/// Grants that are read in one statement.
const TOGETHER: usize = 500;

/// Those of these grants that are there.
pub(crate) async fn some(
    connection: &mut Connection,
    ids: &[&str],
) -> Result<HashMap<String, ClientGrant>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(TOGETHER) {
        let mut query = QueryBuilder::<Db>::new("SELECT id, created, record, revision FROM client_grants");
        query.push(" WHERE id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        // Each number of them is a statement of its own, which is not worth keeping.
        for row in query.build().persistent(false).fetch_all(&mut *connection).await? {
            let grant = from_row(&row)?.record;
            found.insert(grant.id.to_string(), grant);
        }
    }
    Ok(found)
}

pub(crate) async fn list(
    connection: &mut Connection,
    filter: &ClientGrantFilter,
    paging: &Paging,
) -> Result<Page<ClientGrant>, StoreError> {
    let ids = filter.ids.as_ref().map(|ids| ids.iter().map(ClientGrantId::to_string).collect());
    let organization = filter.organization.as_ref().map(|organization| {
        Condition::Within(
            "id IN (SELECT client_grant_id FROM organization_client_grants WHERE organization_id = ",
            organization.to_string(),
            ")",
        )
    });
    let list = List::of("client_grants")
        .with(filter.audience.as_ref().map(|audience| Condition::Text("audience", audience.to_string())))
        .with(filter.client_id.as_ref().map(|id| Condition::Text("client_id", id.to_string())))
        .with(
            filter.allow_any_organization.map(|any| Condition::Number("allow_any_organization", any.into())),
        )
        .with(filter.subject_type.map(|kind| Condition::Text("subject_type", kind.as_str().into())))
        .with(filter.default_for.map(|group| Condition::Text("default_for", group.as_str().into())))
        .with(ids.map(|ids| Condition::AnyOf("id", ids)))
        .with(organization);
    let found = list.fetch(connection, COLUMNS, ORDER, paging).await?;
    page(found, |row| from_row(row).map(|grant| grant.record))
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<ClientGrant>, StoreError> {
    let text = "SELECT id, created, record, revision FROM client_grants";
    // Each row is read as it comes: together they would take twice the memory of the records.
    let rows = sqlx::query::<Db>(text).map(|row| from_row(&row).map(|grant| grant.record));
    rows.fetch_all(connection).await?.into_iter().collect()
}

/// Makes a grant if its API and its client are there, and says whether they are. One statement asks and makes: every grant
/// would take four otherwise.
pub(crate) async fn create(write: &mut Write<'_>, grant: &ClientGrant) -> Result<bool, StoreError> {
    let created = sqlx::query::<Db>(
        "INSERT INTO client_grants (id, client_id, default_for, audience, subject_type, \
         allow_any_organization, record, created, revision) \
         SELECT $1, CAST($2 AS TEXT), $3, CAST($4 AS TEXT), $5, \
         CAST($6 AS BIGINT), $7, CAST($8 AS BIGINT), CAST($8 AS BIGINT) \
         WHERE EXISTS (SELECT 1 FROM resource_servers WHERE identifier = $4) \
         AND ($2 IS NULL OR EXISTS (SELECT 1 FROM clients WHERE client_id = $2))",
    )
    .bind(grant.id.as_str())
    .bind(grant.client_id.as_ref().map(ClientId::as_str))
    .bind(grant.default_for.map(DefaultFor::as_str))
    .bind(grant.audience.as_str())
    .bind(grant.subject_type.as_str())
    .bind(grant.allow_any_organization.map(i64::from))
    .bind(to_text(NOUN, grant)?)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    if created.rows_affected() == 0 {
        return Ok(false);
    }
    touch(write, kind::CLIENT_GRANT, grant.id.as_str()).await?;
    Ok(true)
}

pub(crate) async fn update(write: &mut Write<'_>, grant: &Versioned<ClientGrant>) -> Result<(), StoreError> {
    let record = &grant.record;
    let updated = sqlx::query::<Db>(
        "UPDATE client_grants SET allow_any_organization = $1, record = $2, revision = $3 \
         WHERE id = $4 AND revision <= $5",
    )
    .bind(record.allow_any_organization.map(i64::from))
    .bind(to_text(NOUN, record)?)
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(stored_revision(grant.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &record.id)).await);
    }
    touch(write, kind::CLIENT_GRANT, record.id.as_str()).await
}

pub(crate) async fn delete(write: &mut Write<'_>, id: &ClientGrantId) -> Result<(), StoreError> {
    let text = "DELETE FROM client_grants WHERE id = $1";
    let deleted = sqlx::query::<Db>(text).bind(id.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::CLIENT_GRANT, id.as_str()).await
}

/// The grants of a client.
pub(crate) async fn ids_of_client(
    write: &mut Write<'_>,
    client: &ClientId,
) -> Result<Vec<ClientGrantId>, StoreError> {
    let text = "SELECT id FROM client_grants WHERE client_id = $1 ORDER BY id";
    let ids = sqlx::query_scalar::<Db, String>(text).bind(client.as_str());
    Ok(ids.fetch_all(&mut *write.connection).await?.into_iter().map(ClientGrantId::from).collect())
}

/// Grants whose API has got this identifier name it in their records too.
pub(crate) async fn follow_api(write: &mut Write<'_>, identifier: &Audience) -> Result<(), StoreError> {
    for id in ids_for_api(write, identifier).await? {
        let missing = StoreError::Missing(NOUN);
        let mut grant = get(write.connection, &id).await?.ok_or(missing)?.record;
        grant.audience = identifier.clone();
        sqlx::query::<Db>("UPDATE client_grants SET record = $1, revision = $2 WHERE id = $3")
            .bind(to_text(NOUN, &grant)?)
            .bind(write.revision)
            .bind(id.as_str())
            .execute(&mut *write.connection)
            .await?;
        touch(write, kind::CLIENT_GRANT, id.as_str()).await?;
    }
    Ok(())
}

pub(crate) async fn exists(write: &mut Write<'_>, id: &ClientGrantId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM client_grants WHERE id = $1").bind(id.as_str());
    Ok(found.fetch_optional(&mut *write.connection).await?.is_some())
}

/// The grants for an API.
pub(crate) async fn ids_for_api(
    write: &mut Write<'_>,
    api: &Audience,
) -> Result<Vec<ClientGrantId>, StoreError> {
    let text = "SELECT id FROM client_grants WHERE audience = $1 ORDER BY id";
    let ids = sqlx::query_scalar::<Db, String>(text).bind(api.as_str());
    Ok(ids.fetch_all(&mut *write.connection).await?.into_iter().map(ClientGrantId::from).collect())
}

fn from_row(row: &<Db as sqlx::Database>::Row) -> Result<Versioned<ClientGrant>, StoreError> {
    Ok(versioned(from_text(NOUN, row.try_get::<&str, _>(2)?)?, row.try_get(3)?))
}
