//! What is set for the deployment.

use grantd_model::{Tenant, Versioned};

use super::revision::{kind, touch};
use super::{Connection, Db, Write, from_text, stored_revision, to_text, versioned};
use crate::{Noun, StoreError};

const NOUN: Noun = Noun::Tenant;

/// The settings; before anything was set, the defaults at revision 0.
pub(crate) async fn get(connection: &mut Connection) -> Result<Versioned<Tenant>, StoreError> {
    let text = "SELECT settings, extensions, revision FROM tenant WHERE one = 1";
    let row = sqlx::query_as::<Db, (String, String, i64)>(text).fetch_optional(connection).await?;
    let Some((settings, extensions, revision)) = row else { return Ok(versioned(Tenant::default(), 0)) };
    let tenant = Tenant { settings: from_text(NOUN, &settings)?, extensions: from_text(NOUN, &extensions)? };
    Ok(versioned(tenant, revision))
}

pub(crate) async fn update(write: &mut Write<'_>, tenant: &Versioned<Tenant>) -> Result<(), StoreError> {
    let updated = sqlx::query::<Db>(
        "INSERT INTO tenant (one, settings, extensions, revision) VALUES (1, $1, $2, $3) \
         ON CONFLICT (one) DO UPDATE SET settings = excluded.settings, extensions = excluded.extensions, \
         revision = excluded.revision WHERE tenant.revision <= $4",
    )
    .bind(to_text(NOUN, &tenant.record.settings)?)
    .bind(to_text(NOUN, &tenant.record.extensions)?)
    .bind(write.revision)
    .bind(stored_revision(tenant.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(StoreError::Stale(NOUN));
    }
    touch(write, kind::TENANT, "").await
}
