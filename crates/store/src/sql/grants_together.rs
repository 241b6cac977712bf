//! Making many grants with one statement: who makes very many of something makes grants, and a turn of the database for
//! each is most of what one takes.

use grantd_model::{ClientGrant, ClientId, DefaultFor};
use sqlx::QueryBuilder;

use super::revision::kind;
use super::{Connection, Db, to_text, unique};
use crate::{Noun, StoreError};

/// Grants that share a statement at most.
const MOST: usize = 64;

/// A grant, and the revision that it is made at.
type Dated<'g> = (i64, &'g ClientGrant);

/// Makes grants, each at its revision. It fails where one is there already, or where the API or the client of one is not;
/// which one it is, and what is missing, is for who makes them one by one to say.
pub(crate) async fn create(connection: &mut Connection, grants: &[Dated<'_>]) -> Result<(), StoreError> {
    for grants in grants.chunks(MOST) {
        insert(connection, grants).await?;
        touch(connection, grants).await?;
    }
    Ok(())
}

/// The rows of a statement: the grants, and as many that are none as make a power of two. There are few different statements
/// then, and the connection keeps them prepared.
fn rows<'r, 'g>(grants: &'r [Dated<'g>]) -> impl Iterator<Item = Option<&'r Dated<'g>>> {
    let rows = grants.len().next_power_of_two();
    grants.iter().map(Some).chain(std::iter::repeat(None)).take(rows)
}

async fn insert(connection: &mut Connection, grants: &[Dated<'_>]) -> Result<(), StoreError> {
    let mut records = Vec::with_capacity(grants.len());
    for (_, grant) in grants {
        records.push(to_text(Noun::ClientGrant, grant)?);
    }
    let mut records = records.into_iter();
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO client_grants (id, client_id, default_for, audience, subject_type, \
         allow_any_organization, record, created, revision) \
         SELECT column1, column2, column3, column4, column5, column6, column7, column8, column8 FROM (",
    );
    query.push_values(rows(grants), |mut row, dated| {
        let grant = dated.map(|(_, grant)| *grant);
        row.push_bind(grant.map(|grant| grant.id.as_str()));
        row.push_bind(grant.and_then(|grant| grant.client_id.as_ref()).map(ClientId::as_str));
        row.push_bind(grant.and_then(|grant| grant.default_for).map(DefaultFor::as_str));
        row.push_bind(grant.map(|grant| grant.audience.as_str()));
        row.push_bind(grant.map(|grant| grant.subject_type.as_str()));
        row.push_bind(grant.and_then(|grant| grant.allow_any_organization).map(i64::from));
        row.push_bind(records.next());
        row.push_bind(dated.map(|(revision, _)| *revision));
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
async fn touch(connection: &mut Connection, grants: &[Dated<'_>]) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO changes (kind, key, revision) SELECT column1, column2, column3 FROM (",
    );
    query.push_values(rows(grants), |mut row, dated| {
        row.push_bind(kind::CLIENT_GRANT);
        row.push_bind(dated.map(|(_, grant)| grant.id.as_str()));
        row.push_bind(dated.map(|(revision, _)| *revision));
    });
    query.push(
        ") AS made WHERE column2 IS NOT NULL \
         ON CONFLICT (kind, key) DO UPDATE SET revision = excluded.revision",
    );
    query.build().execute(connection).await?;
    Ok(())
}
