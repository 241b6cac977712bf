//! How an operation of the configuration plane can fail. What HTTP says about it is the server's table.

use grantd_model::{
    ClientFault, ClientGrantFault, FederatedIdentityFault, LogQueryFault, LogStreamFault,
    ResourceServerFault, RotationFault, SigningKeyFault,
};
use grantd_schema::Violation;
use grantd_store::{Noun, StoreError};
use thiserror::Error;

use crate::CredentialFault;
use crate::extensions::ConfigurationFault;

/// What a request names and nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inexistent {
    /// A client.
    Client,
    /// A secret of a client.
    ClientSecret,
    /// A signing key.
    SigningKey,
    /// A client that the body names.
    ClientInBody,
    /// A credential of the client.
    Credential,
    /// An API.
    ResourceServer,
    /// An API that the body names by its identifier.
    Audience(String),
    /// A grant.
    ClientGrant,
    /// A federated identity of the client.
    FederatedIdentity,
    /// An entry of the log.
    Log,
    /// A log stream.
    LogStream,
    /// An organization, named by id or by name.
    Organization,
    /// Something that Auth0 has and grantd does not: what Auth0 says of it, and its `errorCode`.
    Elsewhere(&'static str, Option<&'static str>),
    /// A domain of the organization.
    DiscoveryDomain,
    /// A client that was added to the organization.
    OrganizationClient,
    /// An organization that is to be deleted.
    OrganizationToDelete,
    /// An organization that a grant is to be taken from.
    OrganizationOfGrant,
}

/// Why an operation was not carried out.
#[derive(Debug, Error)]
pub enum Error {
    /// The caller holds none of the scopes that would do.
    #[error("one of the scopes {expected:?} is needed")]
    InsufficientScope {
        /// Which would do.
        expected: &'static [&'static str],
    },
    /// The caller lacks one of the scopes that are all needed.
    #[error("all of the scopes {expected:?} are needed")]
    InsufficientScopes {
        /// Which are needed.
        expected: &'static [&'static str],
    },
    /// The path, the query or the body is not as the schema has it.
    #[error(transparent)]
    Invalid(#[from] Violation),
    /// The body is not JSON, or not JSON that can be trusted.
    #[error("the body cannot be read: {0}")]
    UnreadableBody(String),
    /// The body is of a type that is not understood.
    #[error("the media type {0:?} is not supported")]
    UnsupportedMediaType(String),
    /// A cursor that no list gave out.
    #[error("the cursor is not one of this list")]
    InvalidCursor,
    /// A search that is outside the documented subset.
    #[error("the query {0:?} is not supported")]
    UnsupportedSearch(String),
    /// A query of the log that cannot be read.
    #[error(transparent)]
    LogQuery(LogQueryFault),
    /// A page beyond those that a search of the log has.
    #[error("the page is too deep")]
    SearchTooDeep,
    /// What the request names is not there.
    #[error("{0:?} is not there")]
    NotFound(Inexistent),
    /// Another record has the same natural key.
    #[error("another {0:?} is there already")]
    Conflict(Noun),
    /// A rule of client grants.
    #[error(transparent)]
    ClientGrant(#[from] ClientGrantFault),
    /// A rule of clients.
    #[error(transparent)]
    Client(#[from] ClientFault),
    /// A rule of credentials.
    #[error(transparent)]
    Credential(#[from] CredentialFault),
    /// A rule of APIs.
    #[error(transparent)]
    ResourceServer(#[from] ResourceServerFault),
    /// A rule of federated identities.
    #[error(transparent)]
    FederatedIdentity(#[from] FederatedIdentityFault),
    /// A rule of log streams.
    #[error(transparent)]
    LogStream(#[from] LogStreamFault),
    /// There are as many records of this kind as there may be.
    #[error("there may be no more {0:?} records")]
    TooMany(Noun),
    /// A rule of signing keys.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyFault),
    /// The signing keys cannot rotate yet.
    #[error(transparent)]
    Rotation(#[from] RotationFault),
    /// `enabled_connections` names connections, and there are none.
    #[error("connections are not supported")]
    ConnectionsUnsupported,
    /// The API that a client is to be the face of is not there.
    #[error("the API of the client is not there")]
    ResourceServerOfClientMissing,
    /// A client's default organization is not there.
    #[error("the default organization is not there")]
    DefaultOrganizationMissing,
    /// The caller would hand out Management API scopes that it does not hold.
    #[error("the caller does not hold {0:?}")]
    UnheldScopes(Vec<String>),
    /// A declared configuration that cannot be applied.
    #[error("the configuration has {} faults", .0.len())]
    Configuration(Vec<ConfigurationFault>),
    /// The configuration is not any more what a plan was made for.
    #[error("the configuration has changed since it was planned")]
    ConfigurationChanged,
    /// What is to be deleted, or what would go with it, is protected.
    #[error("the {0:?} is protected from deletion")]
    Protected(Noun),
    /// What is to be written is nothing that this server has: the template of its path.
    #[error("there is no {0} here")]
    Elsewhere(&'static str),
    /// The record changed with every attempt to update it.
    #[error("the record keeps changing")]
    Contended,
    /// A text has a character that the database cannot keep.
    #[error("a text has a NUL")]
    Unstorable,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// A record does not have the form that its schema promises: a defect of this server.
    #[error("a validated request does not fit its type")]
    Defect(#[from] serde_json::Error),
    /// Cryptography failed: a defect, or no randomness.
    #[error("a key or secret could not be made: {0}")]
    Crypto(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if let Some(fault) = CredentialFault::behind(&error) {
            return fault.into();
        }
        match error {
            error if error.is_unstorable() => Self::Unstorable,
            StoreError::Duplicate(noun) => Self::Conflict(noun),
            StoreError::TooMany(noun) => Self::TooMany(noun),
            StoreError::Protected(noun) => Self::Protected(noun),
            StoreError::Missing(Noun::Client) => Self::NotFound(Inexistent::Client),
            StoreError::Missing(Noun::Credential) => Self::NotFound(Inexistent::Credential),
            StoreError::Missing(Noun::ResourceServer) => Self::NotFound(Inexistent::ResourceServer),
            StoreError::Missing(Noun::ClientGrant) => Self::NotFound(Inexistent::ClientGrant),
            StoreError::Missing(Noun::SigningKey) => Self::NotFound(Inexistent::SigningKey),
            StoreError::Missing(Noun::Organization) => Self::NotFound(Inexistent::Organization),
            StoreError::Missing(Noun::OrganizationClient) => Self::NotFound(Inexistent::OrganizationClient),
            StoreError::Missing(Noun::DiscoveryDomain) => Self::NotFound(Inexistent::DiscoveryDomain),
            StoreError::Missing(Noun::LogStream) => Self::NotFound(Inexistent::LogStream),
            StoreError::Missing(Noun::FederatedIdentity) => Self::NotFound(Inexistent::FederatedIdentity),
            other => Self::Store(other),
        }
    }
}

/// Deleting what is not there is no failure, where Auth0 answers 204 all the same.
pub(crate) fn gone(error: StoreError) -> Result<(), Error> {
    match error {
        StoreError::Missing(_) => Ok(()),
        other => Err(other.into()),
    }
}
