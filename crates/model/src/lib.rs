//! The nouns of grantd and their rules, pure.
//!
//! Everything that the Management API stores and the token endpoint decides about is a type here, with the
//! names of the wire. The crate knows no HTTP, no SQL, no clock and no randomness: time ([`Timestamp`]) and
//! randomness ([`Entropy`]) are parameters, so that every rule can be read and tested alone.

mod assertion_algorithm;
mod audience;
mod authentication_methods;
mod causes;
mod client;
mod client_grant;
mod client_secret;
mod credential;
mod defaults;
mod discovery_domain;
mod entropy;
mod federated_identity;
mod filter;
mod id;
mod key_rotation;
mod log_batch;
mod log_destination;
mod log_event;
mod log_query;
mod log_stream;
mod organization;
mod organization_client;
mod outside_url;
mod ownership;
mod page;
pub mod patch;
mod rate_limit;
mod rate_tally;
mod resource_server;
mod revoked_token;
mod scope;
mod secret;
mod signing_key;
mod tenant;
mod timestamp;
mod token_quota;

pub use assertion_algorithm::AssertionAlgorithm;
pub use audience::Audience;
pub use authentication_methods::{ClientAuthenticationMethods, CredentialReference, EnabledCredentials};
pub use causes::Causes;
pub use client::{
    CLIENT_CREDENTIALS, Client, ClientFault, DefaultOrganization, ThirdPartySecurityMode,
    TokenEndpointAuthMethod,
};
pub use client_grant::{ClientGrant, ClientGrantFault, DefaultFor, Grantee, OrganizationUsage, SubjectType};
pub use client_secret::{ClientSecret, ClientSecretId};
pub use credential::{Credential, CredentialKind, CredentialType};
pub use discovery_domain::DiscoveryDomain;
pub use entropy::{Entropy, alphanumeric, base58, hexadecimal};
pub use federated_identity::{
    Allowed, ClaimRules, FederatedIdentity, FederatedIdentityFault, Mismatch, Trust,
};
pub use filter::{
    ClientFilter, ClientGrantFilter, Direction, OrganizationFilter, OrganizationOrder, ResourceServerFilter,
};
pub use id::{
    ClientGrantId, ClientId, CredentialId, DiscoveryDomainId, FederatedIdentityId, KeyId, LogStreamId,
    OrganizationId, ResourceServerId, TokenId,
};
pub use key_rotation::{FEWEST_ROTATION_DAYS, KeyRotation, RotationFault};
pub use log_batch::{LogBatch, WrittenEvent};
pub use log_destination::{LogDestination, masked_endpoint};
pub use log_event::{LogDetails, LogEntry, LogEvent, LogEventKind, LogId, LogPosition};
pub use log_query::{LONGEST_LOG_QUERY, LogBounds, LogFields, LogQuery, LogQueryFault};
pub use log_stream::{
    ContentFormat, CustomHeader, LogStream, LogStreamFault, LogStreamFilter, LogStreamSettings,
    LogStreamSink, LogStreamStatus, LogStreamType, SigningSecrets,
};
pub use organization::Organization;
pub use organization_client::OrganizationClient;
pub use outside_url::{OutsideUrl, UrlFault};
pub use ownership::{Owned, OwnedKind, Ownership};
pub use page::{Cursor, Page, Paging};
pub use rate_limit::{EndpointLimits, RateBucket, RateLimit, RateLimits, RateNotice, RateStanding, Refill};
pub use rate_tally::{RateTally, RatesHeard};
pub use resource_server::{
    ClientPolicy, EncryptionKey, Policy, PossessionMechanism, ProofOfPossession, ResourceServer,
    ResourceServerFault, ScopeDefinition, SigningAlgorithm, SubjectTypeAuthorization, TokenDialect,
    TokenEncryption, UserPolicy, management_api,
};
pub use revoked_token::RevokedToken;
pub use scope::{Scope, ScopeSet};
pub use secret::Secret;
pub use signing_key::{JWKS_MAX_AGE, SigningKey, SigningKeyFault, SigningKeyKind, SigningKeyState};
pub use tenant::{Extensions, ResourceParameterProfile, ScopeHandling, Tenant, TenantSettings};
pub use timestamp::{Clock, Timestamp};
pub use token_quota::{
    QuotaBucket, QuotaEntity, QuotaStanding, QuotaWindow, TokenQuota, due_warnings, quota_block, quota_header,
};

/// A position in the order of all configuration changes: 0 before the first, then one more with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// A record as it was read: with the revision of its last change, so that an update can say what it updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// What was read.
    pub record: T,
    /// The revision at which the record last changed.
    pub revision: Revision,
}
