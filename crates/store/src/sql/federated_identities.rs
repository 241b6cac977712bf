//! Federated identities. Followers read all of a client's at once: there are few.

use grantd_model::{ClientId, FederatedIdentity, FederatedIdentityId, Timestamp, Versioned};

use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{Noun, StoreError};

const NOUN: Noun = Noun::FederatedIdentity;

/// `id, client_id, record, created_at, updated_at, revision`
type Row = (String, String, String, i64, i64, i64);

pub(crate) async fn get(
    connection: &mut Connection,
    client: &ClientId,
    id: &FederatedIdentityId,
) -> Result<Option<Versioned<FederatedIdentity>>, StoreError> {
    let text = "SELECT id, client_id, record, created_at, updated_at, revision FROM federated_identities \
                WHERE id = $1 AND client_id = $2";
    let row = sqlx::query_as::<Db, Row>(text).bind(id.as_str()).bind(client.as_str());
    row.fetch_optional(connection).await?.map(from_row).transpose()
}

pub(crate) async fn of_client(
    connection: &mut Connection,
    client: &ClientId,
) -> Result<Vec<FederatedIdentity>, StoreError> {
    let text = "SELECT id, client_id, record, created_at, updated_at, revision FROM federated_identities \
                WHERE client_id = $1 ORDER BY created, id";
    let rows = sqlx::query_as::<Db, Row>(text).bind(client.as_str()).fetch_all(connection).await?;
    rows.into_iter().map(|row| from_row(row).map(|identity| identity.record)).collect()
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<FederatedIdentity>, StoreError> {
    let text = "SELECT id, client_id, record, created_at, updated_at, revision FROM federated_identities \
                ORDER BY client_id, created, id";
    let rows = sqlx::query_as::<Db, Row>(text).fetch_all(connection).await?;
    rows.into_iter().map(|row| from_row(row).map(|identity| identity.record)).collect()
}

/// Transactions that write come one after the other, each with its revision, so counting here is safe.
pub(crate) async fn create(write: &mut Write<'_>, identity: &FederatedIdentity) -> Result<(), StoreError> {
    let client = identity.client_id.as_str();
    let held = "SELECT COUNT(*) FROM federated_identities WHERE client_id = $1";
    let held = sqlx::query_scalar::<Db, i64>(held).bind(client).fetch_one(&mut *write.connection).await?;
    if usize::try_from(held).is_ok_and(|held| held >= FederatedIdentity::PER_CLIENT) {
        return Err(StoreError::TooMany(NOUN));
    }
    sqlx::query::<Db>(
        "INSERT INTO federated_identities (id, client_id, record, created_at, updated_at, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(identity.id.as_str())
    .bind(client)
    .bind(to_text(NOUN, &identity.trust)?)
    .bind(stored_time(identity.created_at))
    .bind(stored_time(identity.updated_at))
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::FEDERATED_IDENTITIES, client).await
}

pub(crate) async fn update(
    write: &mut Write<'_>,
    identity: &Versioned<FederatedIdentity>,
) -> Result<(), StoreError> {
    let record = &identity.record;
    let updated = sqlx::query::<Db>(
        "UPDATE federated_identities SET record = $1, updated_at = $2, revision = $3 \
         WHERE id = $4 AND client_id = $5 AND revision <= $6",
    )
    .bind(to_text(NOUN, &record.trust)?)
    .bind(stored_time(record.updated_at))
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(record.client_id.as_str())
    .bind(stored_revision(identity.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        let there = async { Ok(get(write.connection, &record.client_id, &record.id).await?.is_some()) };
        return Err(stale_or_missing(NOUN, there).await);
    }
    touch(write, kind::FEDERATED_IDENTITIES, record.client_id.as_str()).await
}

pub(crate) async fn delete(
    write: &mut Write<'_>,
    client: &ClientId,
    id: &FederatedIdentityId,
) -> Result<(), StoreError> {
    let text = "DELETE FROM federated_identities WHERE id = $1 AND client_id = $2";
    let deleted = sqlx::query::<Db>(text).bind(id.as_str()).bind(client.as_str());
    if deleted.execute(&mut *write.connection).await?.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::FEDERATED_IDENTITIES, client.as_str()).await
}

pub(crate) async fn delete_of_client(write: &mut Write<'_>, client: &ClientId) -> Result<(), StoreError> {
    let text = "DELETE FROM federated_identities WHERE client_id = $1";
    let deleted = sqlx::query::<Db>(text).bind(client.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Ok(());
    }
    touch(write, kind::FEDERATED_IDENTITIES, client.as_str()).await
}

fn stored_time(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}

fn from_row(row: Row) -> Result<Versioned<FederatedIdentity>, StoreError> {
    let (id, client_id, record, created_at, updated_at, revision) = row;
    let time = |stored| Timestamp::from_millis(u64::try_from(stored).unwrap_or_default());
    let identity = FederatedIdentity {
        id: id.into(),
        client_id: client_id.into(),
        trust: from_text(NOUN, &record)?,
        created_at: time(created_at),
        updated_at: time(updated_at),
    };
    Ok(versioned(identity, revision))
}
