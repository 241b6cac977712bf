//! Grants in organizations.

use grantd_model::{ClientGrantId, OrganizationId};

use super::revision::{kind, touch};
use super::{Connection, Db, Write, unique};
use crate::{Association, Noun, StoreError};

const NOUN: Noun = Noun::Association;

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<Association>, StoreError> {
    let text = "SELECT organization_id, client_grant_id FROM organization_client_grants";
    let rows = sqlx::query_as::<Db, (String, String)>(text).fetch_all(connection).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

pub(crate) async fn is_there(
    connection: &mut Connection,
    association: &Association,
) -> Result<bool, StoreError> {
    let text =
        "SELECT created FROM organization_client_grants WHERE organization_id = $1 AND client_grant_id = $2";
    let found = sqlx::query::<Db>(text);
    let found = found.bind(association.organization.as_str()).bind(association.client_grant.as_str());
    Ok(found.fetch_optional(connection).await?.is_some())
}

pub(crate) async fn create(write: &mut Write<'_>, association: &Association) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO organization_client_grants (organization_id, client_grant_id, created) VALUES ($1, $2, $3)",
    )
    .bind(association.organization.as_str())
    .bind(association.client_grant.as_str())
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::ASSOCIATION, &key(association)).await
}

pub(crate) async fn delete(write: &mut Write<'_>, association: &Association) -> Result<(), StoreError> {
    let deleted = sqlx::query::<Db>(
        "DELETE FROM organization_client_grants WHERE organization_id = $1 AND client_grant_id = $2",
    )
    .bind(association.organization.as_str())
    .bind(association.client_grant.as_str())
    .execute(&mut *write.connection)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::ASSOCIATION, &key(association)).await
}

pub(crate) async fn delete_of_grant(write: &mut Write<'_>, grant: &ClientGrantId) -> Result<(), StoreError> {
    let text = "SELECT organization_id, client_grant_id FROM organization_client_grants \
                WHERE client_grant_id = $1 ORDER BY organization_id";
    delete_found(write, text, grant.as_str()).await
}

pub(crate) async fn delete_of_organization(
    write: &mut Write<'_>,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    let text = "SELECT organization_id, client_grant_id FROM organization_client_grants \
                WHERE organization_id = $1 ORDER BY client_grant_id";
    delete_found(write, text, organization.as_str()).await
}

async fn delete_found(write: &mut Write<'_>, text: &'static str, bound: &str) -> Result<(), StoreError> {
    let rows = sqlx::query_as::<Db, (String, String)>(text).bind(bound);
    for row in rows.fetch_all(&mut *write.connection).await? {
        delete(write, &from_row(row)).await?;
    }
    Ok(())
}

fn from_row((organization, client_grant): (String, String)) -> Association {
    Association { organization: organization.into(), client_grant: client_grant.into() }
}

/// The key of an association among the changes; identifiers have no space.
pub(crate) fn key(association: &Association) -> String {
    format!("{} {}", association.organization, association.client_grant)
}

/// The association of a key.
pub(crate) fn from_key(key: &str) -> Option<Association> {
    let (organization, client_grant) = key.split_once(' ')?;
    Some(Association { organization: organization.into(), client_grant: client_grant.into() })
}
