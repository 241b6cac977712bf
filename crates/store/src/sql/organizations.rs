//! Organizations.

use grantd_model::{
    Direction, Organization, OrganizationFilter, OrganizationId, OrganizationOrder, Page, Paging, Versioned,
};
use sqlx::Row;

use super::paging::{Condition, List, Order, page};
use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{Noun, StoreError};

const COLUMNS: &str = "id, created, record, revision";
const NOUN: Noun = Noun::Organization;

pub(crate) async fn get(
    connection: &mut Connection,
    id: &OrganizationId,
) -> Result<Option<Versioned<Organization>>, StoreError> {
    let text = "SELECT id, created, record, revision FROM organizations WHERE id = $1";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| from_row(&row)).transpose()
}

pub(crate) async fn find(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<Versioned<Organization>>, StoreError> {
    let text = "SELECT id, created, record, revision FROM organizations WHERE name = $1";
    let row = sqlx::query::<Db>(text).bind(name).fetch_optional(connection).await?;
    row.map(|row| from_row(&row)).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    filter: &OrganizationFilter,
    paging: &Paging,
) -> Result<Page<Organization>, StoreError> {
    let grant = filter.client_grant.as_ref().map(|grant| {
        Condition::Within(
            "id IN (SELECT organization_id FROM organization_client_grants WHERE client_grant_id = ",
            grant.to_string(),
            ")",
        )
    });
    let list = List::of("organizations").with(grant);
    let found = list.fetch(connection, COLUMNS, order(filter, paging), paging).await?;
    page(found, |row| from_row(row).map(|organization| organization.record))
}

/// A cursor knows only creation, so a checkpoint list has no other order.
fn order(filter: &OrganizationFilter, paging: &Paging) -> Order {
    let sort = match paging {
        Paging::Checkpoint { .. } => None,
        Paging::Offset { .. } => filter.sort,
    };
    let by = match sort {
        None | Some((OrganizationOrder::CreatedAt, Direction::Ascending)) => "created, id",
        Some((OrganizationOrder::CreatedAt, Direction::Descending)) => "created DESC, id DESC",
        Some((OrganizationOrder::Name, Direction::Ascending)) => "name",
        Some((OrganizationOrder::Name, Direction::Descending)) => "name DESC",
        Some((OrganizationOrder::DisplayName, Direction::Ascending)) => "display_name, id",
        Some((OrganizationOrder::DisplayName, Direction::Descending)) => "display_name DESC, id DESC",
    };
    Order { by, after: "(created, id) > (", by_id: false }
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<Organization>, StoreError> {
    let text = "SELECT id, created, record, revision FROM organizations";
    let rows = sqlx::query::<Db>(text).fetch_all(connection).await?;
    rows.iter().map(|row| from_row(row).map(|organization| organization.record)).collect()
}

pub(crate) async fn create(write: &mut Write<'_>, organization: &Organization) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO organizations (id, name, display_name, record, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(organization.id.as_str())
    .bind(&organization.name)
    .bind(organization.display_name.as_deref().unwrap_or_default())
    .bind(to_text(NOUN, organization)?)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::ORGANIZATION, organization.id.as_str()).await
}

pub(crate) async fn update(
    write: &mut Write<'_>,
    organization: &Versioned<Organization>,
) -> Result<(), StoreError> {
    let record = &organization.record;
    let updated = sqlx::query::<Db>(
        "UPDATE organizations SET name = $1, display_name = $2, record = $3, revision = $4 \
         WHERE id = $5 AND revision <= $6",
    )
    .bind(&record.name)
    .bind(record.display_name.as_deref().unwrap_or_default())
    .bind(to_text(NOUN, record)?)
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(stored_revision(organization.revision))
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &record.id)).await);
    }
    touch(write, kind::ORGANIZATION, record.id.as_str()).await
}

pub(crate) async fn delete(write: &mut Write<'_>, id: &OrganizationId) -> Result<(), StoreError> {
    let text = "DELETE FROM organizations WHERE id = $1";
    let deleted = sqlx::query::<Db>(text).bind(id.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::ORGANIZATION, id.as_str()).await
}

pub(crate) async fn exists(write: &mut Write<'_>, id: &OrganizationId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM organizations WHERE id = $1").bind(id.as_str());
    Ok(found.fetch_optional(&mut *write.connection).await?.is_some())
}

fn from_row(row: &<Db as sqlx::Database>::Row) -> Result<Versioned<Organization>, StoreError> {
    Ok(versioned(from_text(NOUN, row.try_get::<&str, _>(2)?)?, row.try_get(3)?))
}
