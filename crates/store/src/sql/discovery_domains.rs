//! Domains of organizations. Followers do not read them: no token depends on them.

use grantd_model::{DiscoveryDomain, DiscoveryDomainId, OrganizationId, Page, Paging, Versioned};
use sqlx::Row;

use super::paging::{Condition, List, Order, page};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{Noun, StoreError};

const NOUN: Noun = Noun::DiscoveryDomain;
const COLUMNS: &str = "id, created, organization_id, record, revision";
const ORDER: Order = Order { by: "created, id", after: "(created, id) > (", by_id: false };

pub(crate) async fn get(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: &DiscoveryDomainId,
) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
    let text = "SELECT id, created, organization_id, record, revision FROM discovery_domains \
                WHERE id = $1 AND organization_id = $2";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).bind(organization.as_str());
    row.fetch_optional(connection).await?.map(|row| from_row(&row)).transpose()
}

pub(crate) async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    domain: &str,
) -> Result<Option<Versioned<DiscoveryDomain>>, StoreError> {
    let text = "SELECT id, created, organization_id, record, revision FROM discovery_domains \
                WHERE organization_id = $1 AND domain = $2";
    let row = sqlx::query::<Db>(text).bind(organization.as_str()).bind(domain);
    row.fetch_optional(connection).await?.map(|row| from_row(&row)).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    organization: &OrganizationId,
    paging: &Paging,
) -> Result<Page<DiscoveryDomain>, StoreError> {
    let of = Condition::Text("organization_id", organization.to_string());
    let list = List::of("discovery_domains").with(Some(of));
    let found = list.fetch(connection, COLUMNS, ORDER, paging).await?;
    page(found, |row| from_row(row).map(|domain| domain.record))
}

pub(crate) async fn create(write: &mut Write<'_>, domain: &DiscoveryDomain) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO discovery_domains (id, organization_id, domain, record, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(domain.id.as_str())
    .bind(domain.organization.as_str())
    .bind(&domain.domain)
    .bind(to_text(NOUN, domain)?)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    Ok(())
}

pub(crate) async fn update(
    write: &mut Write<'_>,
    domain: &Versioned<DiscoveryDomain>,
) -> Result<(), StoreError> {
    let record = &domain.record;
    let updated = sqlx::query::<Db>(
        "UPDATE discovery_domains SET record = $1, revision = $2 WHERE id = $3 AND revision = $4",
    )
    .bind(to_text(NOUN, record)?)
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(stored_revision(domain.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        let there = async { Ok(get(write.connection, &record.organization, &record.id).await?.is_some()) };
        return Err(stale_or_missing(NOUN, there).await);
    }
    Ok(())
}

pub(crate) async fn delete(
    write: &mut Write<'_>,
    organization: &OrganizationId,
    id: &DiscoveryDomainId,
) -> Result<(), StoreError> {
    let text = "DELETE FROM discovery_domains WHERE id = $1 AND organization_id = $2";
    let gone = sqlx::query::<Db>(text).bind(id.as_str()).bind(organization.as_str());
    match gone.execute(&mut *write.connection).await?.rows_affected() {
        0 => Err(StoreError::Missing(NOUN)),
        _ => Ok(()),
    }
}

pub(crate) async fn delete_of_organization(
    write: &mut Write<'_>,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    let text = "DELETE FROM discovery_domains WHERE organization_id = $1";
    sqlx::query::<Db>(text).bind(organization.as_str()).execute(&mut *write.connection).await?;
    Ok(())
}

fn from_row(row: &<Db as sqlx::Database>::Row) -> Result<Versioned<DiscoveryDomain>, StoreError> {
    let organization = row.try_get::<&str, _>(2)?.into();
    let record: DiscoveryDomain = from_text(NOUN, row.try_get::<&str, _>(3)?)?;
    Ok(versioned(DiscoveryDomain { organization, ..record }, row.try_get(4)?))
}
