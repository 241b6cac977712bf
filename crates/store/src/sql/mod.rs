//! The statements, one file a noun.
//!
//! This folder is compiled once for each database: the backend's module includes it and says what [`Db`] is.
//! The text of every statement is the same on all of them: TEXT, BIGINT and BLOB columns, `$n` placeholders,
//! RETURNING, ON CONFLICT, explicit ORDER BY.

pub(crate) mod associations;
pub(crate) mod cascades;
pub(crate) mod client_grants;
pub(crate) mod client_secrets;
pub(crate) mod clients;
pub(crate) mod commit;
pub(crate) mod credentials;
pub(crate) mod discovery_domains;
pub(crate) mod federated_identities;
pub(crate) mod grants_together;
pub(crate) mod load;
pub(crate) mod log_keys;
pub(crate) mod log_streams;
pub(crate) mod one_time_uses;
pub(crate) mod organization_clients;
pub(crate) mod organizations;
pub(crate) mod ownerships;
pub(crate) mod paging;
pub(crate) mod quotas;
pub(crate) mod rate_counts;
pub(crate) mod records;
pub(crate) mod resource_servers;
pub(crate) mod revision;
pub(crate) mod revoked_tokens;
pub(crate) mod sealing;
pub(crate) mod secret_uses;
pub(crate) mod signing_keys;
mod store;
pub(crate) mod tenant;
mod write_uses;
pub(crate) mod writer;

pub(crate) use super::{CLOCK, Connection, Db};

use grantd_model::{Revision, Versioned};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key_ring::Sealer;
use crate::{Noun, StoreError};

/// A transaction that writes: the connection, the revision that it makes, and the key for secrets.
pub(crate) struct Write<'c> {
    /// The connection, inside the transaction.
    pub(crate) connection: &'c mut Connection,
    /// The revision that the changes take effect at.
    pub(crate) revision: i64,
    /// What secrets are sealed under, and opened.
    pub(crate) key: &'c Sealer<'c>,
}

/// A record as its stored text.
pub(crate) fn to_text<T: Serialize>(noun: Noun, record: &T) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|source| StoreError::Corrupt { noun, source: source.into() })
}

/// A record from its stored text.
pub(crate) fn from_text<T: DeserializeOwned>(noun: Noun, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Corrupt { noun, source: source.into() })
}

/// A revision as it is stored.
pub(crate) fn revision_of(stored: i64) -> Revision {
    Revision(u64::try_from(stored).unwrap_or_default())
}

/// A revision as it is stored.
pub(crate) fn stored_revision(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// A record with the revision of its last change.
pub(crate) fn versioned<T>(record: T, revision: i64) -> Versioned<T> {
    Versioned { record, revision: revision_of(revision) }
}

/// A violated unique index is the database's word that the record is there already.
pub(crate) fn unique(noun: Noun) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(database) if database.is_unique_violation() => StoreError::Duplicate(noun),
        _ => StoreError::Database(error),
    }
}

/// An update or a delete that met no row: the record is gone, or is another version.
pub(crate) async fn stale_or_missing(
    noun: Noun,
    exists: impl Future<Output = Result<bool, StoreError>>,
) -> StoreError {
    match exists.await {
        Ok(true) => StoreError::Stale(noun),
        Ok(false) => StoreError::Missing(noun),
        Err(error) => error,
    }
}
