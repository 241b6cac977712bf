//! How a store can fail.

use std::time::Duration;

use thiserror::Error;

use crate::KeyEncryptionKeyId;

/// What a store keeps, as errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// A client.
    Client,
    /// A credential of a client.
    Credential,
    /// The secrets of a client.
    ClientSecret,
    /// An API.
    ResourceServer,
    /// A client grant.
    ClientGrant,
    /// An organization.
    Organization,
    /// A grant in an organization.
    Association,
    /// A client of an organization.
    OrganizationClient,
    /// A domain of an organization.
    DiscoveryDomain,
    /// A federated identity.
    FederatedIdentity,
    /// A log stream.
    LogStream,
    /// A signing key.
    SigningKey,
    /// The key of the log's hash chain.
    LogKey,
    /// The entries of the log.
    Log,
    /// An access token on the denylist.
    RevokedToken,
    /// The settings of the deployment.
    Tenant,
    /// Everything that is configured.
    Configuration,
}

/// Why the store did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another record has the same natural key. The database decided it, so it holds under concurrency.
    #[error("another {0:?} is there already")]
    Duplicate(Noun),
    /// There are as many already as there may be.
    #[error("there may be no more {0:?} records")]
    TooMany(Noun),
    /// One client has as many already as one may have.
    #[error("there may be no more {0:?} records of one client")]
    TooManyOfClient(Noun),
    /// A record that the change needs is not there.
    #[error("the {0:?} is not there")]
    Missing(Noun),
    /// Another record needs the record that is to go.
    #[error("the {0:?} is in use")]
    InUse(Noun),
    /// The record, or one that would go with it, must not be deleted.
    #[error("the {0:?} is protected from deletion")]
    Protected(Noun),
    /// The record has changed since it was read.
    #[error("the {0:?} has changed since it was read")]
    Stale(Noun),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The database's schema could not be brought up to date.
    #[error("the database schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A newer version has used the database. It is left alone.
    #[error(
        "the database was last used by a newer version: its schema is {schema}, and this version knows \
         schemas up to {known}"
    )]
    Newer {
        /// The schema's version.
        schema: i64,
        /// The latest version that is known here.
        known: i64,
    },
    /// The database is of an older version, and nobody has asked to bring it up to date.
    #[error("the database is of an older version: its schema is {schema}, and this version needs {needed}")]
    Older {
        /// The schema's version.
        schema: i64,
        /// The version that is needed.
        needed: i64,
    },
    /// A deployment is being moved into the database, or was and is not all there.
    #[error(
        "a deployment is being moved into the database and is not all there: `grantd migrate` finishes it"
    )]
    Unfinished,
    /// A stored record cannot be read.
    #[error("a stored {noun:?} cannot be read")]
    Corrupt {
        /// What it should be.
        noun: Noun,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A sealed secret does not open: the key-encryption key is another, or the row was tampered with.
    #[error("a sealed {0:?} secret does not open under this key-encryption key")]
    Sealed(Noun),
    /// New secrets are to be sealed under a key-encryption key that this node does not have.
    #[error("the key-encryption key that new secrets are sealed under is not here{}", named(*.0))]
    KeyMissing(Option<KeyEncryptionKeyId>),
    /// The transaction that the change was part of could not be made durable; nothing of it is kept.
    #[error("the change could not be made durable")]
    NotDurable,
    /// The connection broke while the change was made durable: it is, or nothing of it is kept.
    #[error("whether the change is durable is not known")]
    Uncertain,
    /// So much has changed that it takes less to load everything.
    #[error("too much has changed to be read record by record")]
    TooManyChanges,
    /// The database has not answered in time.
    #[error("the database did not answer within {0:?}")]
    TooSlow(Duration),
    /// The store has stopped.
    #[error("the store has stopped")]
    Stopped,
}

impl StoreError {
    /// Whether the database cannot keep, or look for, what it was given: a text with a NUL, for one.
    pub fn is_unstorable(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        // character_not_in_repertoire, untranslatable_character.
        matches!(error.code().as_deref(), Some("22021" | "22P05"))
    }
}

fn named(key: Option<KeyEncryptionKeyId>) -> String {
    key.map_or_else(String::new, |key| format!(": {key}"))
}
