//! Clients of organizations. Followers do not read them: no token depends on them.

use grantd_model::{ClientId, OrganizationClient, OrganizationId, Page, Paging};
use sqlx::Row;

use super::paging::{Condition, List, Order, page};
use super::{Connection, Db, Write, unique};
use crate::{Noun, StoreError};

const NOUN: Noun = Noun::OrganizationClient;
const COLUMNS: &str = "client_id, created, organization_id, use_for_member_access";
const ORDER: Order = Order { by: "created, client_id", after: "(created, client_id) > (", by_id: false };

pub(crate) async fn get(
    connection: &mut Connection,
    organization: &OrganizationId,
    client: &ClientId,
) -> Result<Option<OrganizationClient>, StoreError> {
    let text = "SELECT client_id, created, organization_id, use_for_member_access FROM organization_clients \
                WHERE organization_id = $1 AND client_id = $2";
    let row = sqlx::query::<Db>(text).bind(organization.as_str()).bind(client.as_str());
    row.fetch_optional(connection).await?.map(|row| from_row(&row)).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    organization: &OrganizationId,
    paging: &Paging,
) -> Result<Page<OrganizationClient>, StoreError> {
    let of = Condition::Text("organization_id", organization.to_string());
    let list = List::of("organization_clients").with(Some(of));
    page(list.fetch(connection, COLUMNS, ORDER, paging).await?, from_row)
}

pub(crate) async fn create(write: &mut Write<'_>, added: &OrganizationClient) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO organization_clients (organization_id, client_id, use_for_member_access, created) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(added.organization.as_str())
    .bind(added.client.as_str())
    .bind(i64::from(added.use_for_member_access))
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    Ok(())
}

/// The one thing that it says is replaced, so whoever comes last has said it.
pub(crate) async fn update(write: &mut Write<'_>, updated: &OrganizationClient) -> Result<(), StoreError> {
    let done = sqlx::query::<Db>(
        "UPDATE organization_clients SET use_for_member_access = $1 \
         WHERE organization_id = $2 AND client_id = $3",
    )
    .bind(i64::from(updated.use_for_member_access))
    .bind(updated.organization.as_str())
    .bind(updated.client.as_str())
    .execute(&mut *write.connection)
    .await?;
    if done.rows_affected() == 0 { Err(StoreError::Missing(NOUN)) } else { Ok(()) }
}

/// One that is not in it is no failure: several go in one commit, and all that were there are gone then.
pub(crate) async fn delete(
    write: &mut Write<'_>,
    organization: &OrganizationId,
    client: &ClientId,
) -> Result<(), StoreError> {
    let text = "DELETE FROM organization_clients WHERE organization_id = $1 AND client_id = $2";
    let gone = sqlx::query::<Db>(text).bind(organization.as_str()).bind(client.as_str());
    gone.execute(&mut *write.connection).await?;
    Ok(())
}

pub(crate) async fn delete_of_client(write: &mut Write<'_>, client: &ClientId) -> Result<(), StoreError> {
    let text = "DELETE FROM organization_clients WHERE client_id = $1";
    sqlx::query::<Db>(text).bind(client.as_str()).execute(&mut *write.connection).await?;
    Ok(())
}

pub(crate) async fn delete_of_organization(
    write: &mut Write<'_>,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    let text = "DELETE FROM organization_clients WHERE organization_id = $1";
    sqlx::query::<Db>(text).bind(organization.as_str()).execute(&mut *write.connection).await?;
    Ok(())
}

fn from_row(row: &<Db as sqlx::Database>::Row) -> Result<OrganizationClient, StoreError> {
    Ok(OrganizationClient {
        organization: row.try_get::<&str, _>(2)?.into(),
        client: row.try_get::<&str, _>(0)?.into(),
        use_for_member_access: row.try_get::<i64, _>(3)? != 0,
    })
}
