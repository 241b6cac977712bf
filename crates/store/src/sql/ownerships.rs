//! Whom records belong to. Nobody follows these rows: no token depends on them.

use std::collections::HashMap;

use grantd_model::{Owned, OwnedKind, Ownership};

use super::{Connection, Db, Write};
use crate::{Noun, StoreError};

pub(crate) async fn all(connection: &mut Connection) -> Result<HashMap<Owned, Ownership>, StoreError> {
    let text = "SELECT kind, id, owner, delete_protection FROM ownerships";
    let rows =
        sqlx::query_as::<Db, (String, String, Option<String>, i64)>(text).fetch_all(connection).await?;
    let read = |(kind, id, owner, delete_protection): (String, String, Option<String>, i64)| {
        let owned = Owned { kind: OwnedKind::parse(&kind)?, id };
        Some((owned, Ownership { owner, delete_protection: delete_protection != 0 }))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Notes whom a record belongs to. What says nothing leaves no row.
pub(crate) async fn put(
    write: &mut Write<'_>,
    owned: &Owned,
    ownership: &Ownership,
) -> Result<(), StoreError> {
    if *ownership == Ownership::default() {
        return remove(write, owned).await;
    }
    sqlx::query::<Db>(
        "INSERT INTO ownerships (kind, id, owner, delete_protection) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, \
         delete_protection = excluded.delete_protection",
    )
    .bind(owned.kind.as_str())
    .bind(&owned.id)
    .bind(&ownership.owner)
    .bind(i64::from(ownership.delete_protection))
    .execute(&mut *write.connection)
    .await?;
    Ok(())
}

/// Lets a record go, unless it is protected.
pub(crate) async fn release(write: &mut Write<'_>, owned: Owned) -> Result<(), StoreError> {
    let text = "SELECT delete_protection FROM ownerships WHERE kind = $1 AND id = $2";
    let row = sqlx::query_scalar::<Db, i64>(text).bind(owned.kind.as_str()).bind(&owned.id);
    match row.fetch_optional(&mut *write.connection).await? {
        None => Ok(()),
        Some(0) => remove(write, &owned).await,
        Some(_) => Err(StoreError::Protected(noun(owned.kind))),
    }
}

async fn remove(write: &mut Write<'_>, owned: &Owned) -> Result<(), StoreError> {
    let text = "DELETE FROM ownerships WHERE kind = $1 AND id = $2";
    sqlx::query::<Db>(text).bind(owned.kind.as_str()).bind(&owned.id).execute(&mut *write.connection).await?;
    Ok(())
}

fn noun(kind: OwnedKind) -> Noun {
    match kind {
        OwnedKind::Organization => Noun::Organization,
        OwnedKind::ResourceServer => Noun::ResourceServer,
        OwnedKind::Client => Noun::Client,
        OwnedKind::ClientGrant => Noun::ClientGrant,
    }
}
