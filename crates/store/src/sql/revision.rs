//! The revision, and which records changed at which.

use grantd_model::Revision;

use super::{Connection, Db, Write, revision_of};
use crate::{Noun, StoreError};

/// The names of kinds of records in the table of changes.
pub(crate) mod kind {
    pub(crate) const TENANT: &str = "tenant";
    pub(crate) const SIGNING_KEYS: &str = "signing_keys";
    pub(crate) const CLIENT: &str = "client";
    /// Credentials go by client: a key is one client, and what is read are all that it has.
    pub(crate) const CREDENTIALS: &str = "credentials";
    pub(crate) const RESOURCE_SERVER: &str = "resource_server";
    pub(crate) const CLIENT_GRANT: &str = "client_grant";
    pub(crate) const ORGANIZATION: &str = "organization";
    pub(crate) const ASSOCIATION: &str = "association";
    pub(crate) const REVOKED_TOKEN: &str = "revoked_token";
    pub(crate) const LOG_STREAMS: &str = "log_streams";
    pub(crate) const FEDERATED_IDENTITIES: &str = "federated_identities";
}

/// The revision of the latest commit.
pub(crate) async fn current(connection: &mut Connection) -> Result<Revision, StoreError> {
    let revision = sqlx::query_scalar::<Db, i64>("SELECT revision FROM revision WHERE one = 1");
    Ok(revision_of(revision.fetch_one(connection).await?))
}

/// Takes a revision for each of so many commits of this transaction: whoever commits later has later ones. The revision
/// before them; without commits none is looked at.
pub(crate) async fn advance(connection: &mut Connection, commits: i64) -> Result<i64, StoreError> {
    if commits == 0 {
        return Ok(0);
    }
    let text = "UPDATE revision SET revision = revision + $1 WHERE one = 1 RETURNING revision";
    let last = sqlx::query_scalar::<Db, i64>(text).bind(commits).fetch_one(connection).await?;
    Ok(last - commits)
}

/// Fails unless nothing has been committed after a revision but this transaction.
pub(crate) fn expect(write: &Write<'_>, revision: Revision) -> Result<(), StoreError> {
    if write.revision == super::stored_revision(revision).saturating_add(1) {
        Ok(())
    } else {
        Err(StoreError::Stale(Noun::Configuration))
    }
}

/// Notes that a record changed, so that followers read it again.
pub(crate) async fn touch(write: &mut Write<'_>, kind: &str, key: &str) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO changes (kind, key, revision) VALUES ($1, $2, $3) \
         ON CONFLICT (kind, key) DO UPDATE SET revision = excluded.revision",
    )
    .bind(kind)
    .bind(key)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await?;
    Ok(())
}

/// The kinds and keys of what changed after a revision, in the order of the changes.
pub(crate) async fn touched_since(
    connection: &mut Connection,
    revision: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let text = "SELECT kind, key FROM changes WHERE revision > $1 ORDER BY revision, kind, key";
    Ok(sqlx::query_as::<Db, (String, String)>(text).bind(revision).fetch_all(connection).await?)
}
