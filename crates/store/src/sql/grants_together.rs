//! Making many grants with one statement: who makes very many of something makes grants, and a turn of the database for
//! each is most of what one takes.

use grantd_model::{ClientGrant, ClientId, DefaultFor};
use sqlx::QueryBuilder;

use super::revision::kind;
use super::{Connection, Db, to_text, unique};
use crate::{Noun, StoreError};

/// Grants that share a statement at most.
const MOST: usize = 64;

/// Makes grants, each at its revision. It fails where one is there already, or where the API or the client of one is not;
/// which one it is, and what is missing, is for who makes them one by one to say.
pub(crate) async fn create(
    connection: &mut Connection,
    mut grants: &[(i64, &ClientGrant)],
) -> Result<(), StoreError> {
    // Powers of two: there are few different statements then, and the connection keeps them prepared.
    while let Some(power) = grants.len().checked_ilog2() {
        let (now, later) = grants.split_at(MOST.min(1 << power));
        insert(connection, now).await?;
        touch(connection, now).await?;
        grants = later;
    }
    Ok(())
}

async fn insert(connection: &mut Connection, grants: &[(i64, &ClientGrant)]) -> Result<(), StoreError> {
    let mut records = Vec::with_capacity(grants.len());
    for (_, grant) in grants {
        records.push(to_text(Noun::ClientGrant, grant)?);
    }
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO client_grants (id, client_id, default_for, audience, subject_type, \
         allow_any_organization, record, created, revision) \
         SELECT column1, column2, column3, column4, column5, column6, column7, column8, column8 FROM (",
    );
    query.push_values(grants.iter().zip(records), |mut row, ((revision, grant), record)| {
        row.push_bind(grant.id.as_str());
        row.push_bind(grant.client_id.as_ref().map(ClientId::as_str));
        row.push_bind(grant.default_for.map(DefaultFor::as_str));
        row.push_bind(grant.audience.as_str());
        row.push_bind(grant.subject_type.as_str());
        row.push_bind(grant.allow_any_organization.map(i64::from));
        row.push_bind(record);
        row.push_bind(*revision);
    });
    query.push(
        ") AS made WHERE EXISTS (SELECT 1 FROM resource_servers WHERE identifier = column4) \
         AND (column2 IS NULL OR EXISTS (SELECT 1 FROM clients WHERE client_id = column2))",
    );
    let made = query.build().execute(connection).await.map_err(unique(Noun::ClientGrant))?;
    let all = u64::try_from(grants.len()).unwrap_or(u64::MAX);
    if made.rows_affected() == all { Ok(()) } else { Err(StoreError::Missing(Noun::ClientGrant)) }
}

/// Followers read them: see [`revision::touch`](super::revision::touch).
async fn touch(connection: &mut Connection, grants: &[(i64, &ClientGrant)]) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<Db>::new("INSERT INTO changes (kind, key, revision) ");
    query.push_values(grants, |mut row, (revision, grant)| {
        row.push_bind(kind::CLIENT_GRANT);
        row.push_bind(grant.id.as_str());
        row.push_bind(*revision);
    });
    query.push(" ON CONFLICT (kind, key) DO UPDATE SET revision = excluded.revision");
    query.build().execute(connection).await?;
    Ok(())
}
