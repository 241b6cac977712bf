//! The Management API's table of errors: what each refusal says, in Auth0's words where they are known.
//!
//! `{statusCode, error, message, errorCode}`, in this order; some have no `errorCode`, and a 401 has
//! `attributes` instead.

use axum::response::{IntoResponse, Response};
use grantd_management::extensions::ConfigurationFault;
use grantd_management::{Error, Inexistent};
use grantd_model::{Causes, ClientGrantFault, LogQueryFault, ResourceServerFault};
use grantd_snapshot::TooOld;
use grantd_store::Noun;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::client_errors;
use super::respond::respond;
use super::signing_key_errors;
use crate::oauth::replays::Spent;
use crate::rate_limits::TooMany;
use crate::watching::{Told, printable};

/// Why a request is refused: before its use case, or by it.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No such path, or not with this method.
    UnknownPath,
    /// The path is not UTF-8 when decoded.
    UndecodablePath,
    /// No Authorization header.
    MissingAuthentication,
    /// Not `Bearer`, or no token of three parts.
    BadAuthorizationHeader,
    /// A token of ours whose time is over.
    ExpiredToken,
    /// No token of ours for this API.
    InvalidToken,
    /// A token that is bound to a key, without a `DPoP` proof by that key for this request.
    InvalidProof(String),
    /// A rate limit is used up.
    TooMany(TooMany),
    /// A body of more than so many bytes.
    BodyTooLong(usize),
    /// A body that did not arrive.
    BodyTooSlow,
    /// A body that broke off.
    BodyBroken,
    /// The keys may be out of date.
    TooOld(TooOld),
    /// A proof whose use cannot be remembered now.
    Unspent(Spent),
    /// The use case failed.
    Failed(Error),
}

impl From<TooMany> for Refusal {
    fn from(whose: TooMany) -> Self {
        Self::TooMany(whose)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A line of the table: status, message, `errorCode`.
pub(super) type Line = (StatusCode, String, Option<&'static str>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status_code: u16,
    error: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<serde_json::Value>,
    /// Of a declared configuration: all that is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<&'a [ConfigurationFault]>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let attributes = matches!(self, Self::ExpiredToken | Self::InvalidToken | Self::InvalidProof(_));
        let (status, message, error_code) = self.line();
        let told = Told { error: error_code, reason: self.reason(status), ..Told::default() };
        let body = Body {
            status_code: status.as_u16(),
            error: reason(status),
            message: &message,
            error_code,
            attributes: attributes.then(|| json!({ "error": message })),
            faults: match &self {
                Self::Failed(Error::Configuration(faults)) => Some(faults),
                _ => None,
            },
        };
        let mut response = respond(status, serde_json::to_vec(&body).unwrap_or_default().into());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = match self {
                Self::MissingAuthentication => "Bearer",
                Self::InvalidProof(_) => "DPoP error=\"invalid_dpop_proof\"",
                _ => "Bearer error=\"invalid_token\"",
            };
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Self::Failed(Error::Rotation(fault)) = self {
            response.headers_mut().insert(RETRY_AFTER, fault.retry_after().into());
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        told.with(response)
    }
}

/// hapi's names where they differ from HTTP's.
fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        _ => status.canonical_reason().unwrap_or("Unknown"),
    }
}

impl Refusal {
    /// Why, where the answer does not say: of failures of the server, and of proofs that prove nothing. What else is
    /// refused has a code; its message may repeat what was sent.
    fn reason(&self, status: StatusCode) -> Option<String> {
        match self {
            Self::InvalidProof(reason) => Some(printable(reason)),
            Self::Failed(error) if status.is_server_error() => Some(Causes(error).to_string()),
            Self::Unspent(spent) => Some(Causes(spent).to_string()),
            Self::TooOld(old) => Some(Causes(old).to_string()),
            _ => None,
        }
    }

    fn line(&self) -> Line {
        let plain = |status, message: &str| (status, message.to_owned(), None);
        match self {
            Self::UnknownPath => plain(StatusCode::NOT_FOUND, "Not Found"),
            Self::UndecodablePath => bad("Path validation error: the path is not UTF-8", "invalid_uri"),
            Self::MissingAuthentication => plain(StatusCode::UNAUTHORIZED, "Missing authentication"),
            Self::BadAuthorizationHeader => bad("Bad HTTP authentication header format", "Bearer"),
            Self::ExpiredToken => {
                plain(StatusCode::UNAUTHORIZED, "Expired token received for JSON Web Token validation")
            }
            Self::InvalidToken => plain(StatusCode::UNAUTHORIZED, "Invalid token"),
            Self::InvalidProof(_) => plain(StatusCode::UNAUTHORIZED, "Invalid DPoP proof"),
            Self::TooMany(whose) => (
                StatusCode::TOO_MANY_REQUESTS,
                match whose {
                    TooMany::OfAll => "Global limit has been reached",
                    TooMany::OfClient => "Client limit has been reached",
                }
                .to_owned(),
                Some("too_many_requests"),
            ),
            Self::BodyTooLong(limit) => plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("Payload content length greater than maximum allowed: {limit}"),
            ),
            Self::BodyTooSlow => plain(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
            Self::BodyBroken => bad("Payload stream closed prematurely", "invalid_body"),
            Self::TooOld(_) | Self::Unspent(_) => unavailable(),
            Self::Failed(error) => failed(error),
        }
    }
}

pub(super) fn bad(message: &str, code: &'static str) -> Line {
    (StatusCode::BAD_REQUEST, message.to_owned(), Some(code))
}

pub(super) fn invalid(message: &str) -> Line {
    bad(&format!("Payload validation error: {message}"), "invalid_body")
}

fn counted(places: usize) -> String {
    if places == 1 { "one place is".to_owned() } else { format!("{places} places are") }
}

/// What is deleted in spite of its protection.
fn protected(noun: Noun) -> &'static str {
    match noun {
        Noun::Client => "client",
        Noun::ResourceServer => "resource server",
        Noun::Organization => "organization",
        _ => "client grant",
    }
}

fn unavailable() -> Line {
    (StatusCode::SERVICE_UNAVAILABLE, "The service is temporarily unavailable".to_owned(), None)
}

fn internal() -> Line {
    (StatusCode::INTERNAL_SERVER_ERROR, "An internal server error occurred".to_owned(), None)
}

fn failed(error: &Error) -> Line {
    match error {
        Error::InsufficientScope { expected } => (
            StatusCode::FORBIDDEN,
            format!("Insufficient scope, expected any of: {}", expected.join(", ")),
            Some("insufficient_scope"),
        ),
        Error::InsufficientScopes { expected } => (
            StatusCode::FORBIDDEN,
            format!("Insufficient scope; expected {}.", expected.join(" and ")),
            Some("insufficient_scope"),
        ),
        Error::Invalid(violation) => bad(&violation.message, violation.part.error_code()),
        Error::Configuration(faults) => bad(
            &format!("The configuration cannot be applied: {} at fault", counted(faults.len())),
            "invalid_configuration",
        ),
        Error::ConfigurationChanged => (
            StatusCode::CONFLICT,
            "The configuration has changed since it was planned".to_owned(),
            Some("configuration_changed"),
        ),
        Error::Protected(noun) => (
            StatusCode::FORBIDDEN,
            format!("The {} is protected from deletion", protected(*noun)),
            Some("operation_not_supported"),
        ),
        Error::UnreadableBody(reason) => {
            bad(&format!("Invalid request payload JSON format: {reason}"), "invalid_body")
        }
        Error::UnsupportedMediaType(_) => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type".to_owned(), None)
        }
        Error::InvalidCursor => {
            bad("Query validation error: 'Invalid checkpoint' on property from.", "invalid_query_string")
        }
        Error::UnsupportedSearch(_) => bad(
            "Query validation error: 'q' supports client_grant.organization_id:{organization} and \
             client_grant.allow_any_organization:true",
            "invalid_query_string",
        ),
        Error::LogQuery(LogQueryFault::TooLong) => {
            (StatusCode::URI_TOO_LONG, "The query is too long".to_owned(), Some("invalid_query_string"))
        }
        Error::LogQuery(fault) => {
            bad(&format!("Query validation error: '{fault}' on property q."), "invalid_query_string")
        }
        Error::SearchTooDeep => bad(
            "Query validation error: 'only the first 1000 entries are found by page; use from and take beyond'",
            "invalid_query_string",
        ),
        Error::NotFound(what) => inexistent(what),
        Error::Conflict(noun) => conflict(*noun),
        Error::ClientGrant(fault) => client_grant(fault),
        Error::Client(fault) => client_errors::client(fault),
        Error::Credential(fault) => client_errors::credential(fault),
        Error::ResourceServer(fault) => resource_server(fault),
        Error::FederatedIdentity(fault) => invalid(&fault.to_string()),
        Error::LogStream(fault) => invalid(&fault.to_string()),
        Error::TooMany(noun) => too_many(*noun),
        Error::SigningKey(fault) => signing_key_errors::refused(*fault),
        Error::Rotation(fault) => signing_key_errors::not_yet(*fault),
        Error::ConnectionsUnsupported => {
            invalid("connections are not supported; enabled_connections must be empty")
        }
        Error::ResourceServerOfClientMissing => {
            invalid("no resource server has the identifier in resource_server_identifier")
        }
        Error::DefaultOrganizationMissing => {
            invalid("no organization has the id in default_organization.organization_id")
        }
        Error::UnheldScopes(scopes) => (
            StatusCode::FORBIDDEN,
            format!(
                "You cannot grant Management API scopes that you do not hold yourself: {}",
                named(scopes)
            ),
            Some("insufficient_scope"),
        ),
        Error::Elsewhere(path) => (
            StatusCode::FORBIDDEN,
            format!("This server has no users and nothing of their login: /api/v2{path} can only be read"),
            Some("operation_not_supported"),
        ),
        Error::Contended => (
            StatusCode::CONFLICT,
            "The record was changed by others at the same time; try again".to_owned(),
            Some("concurrent_update"),
        ),
        Error::Unstorable => bad("No text may have the character U+0000", "invalid_body"),
        Error::Store(_) => unavailable(),
        Error::Defect(_) | Error::Crypto(_) => internal(),
    }
}

/// The first ten; a caller who lacks them all need not be told of two hundred.
fn named(scopes: &[String]) -> String {
    let more = if scopes.len() > 10 { ", …" } else { "" };
    scopes.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ") + more
}

fn inexistent(what: &Inexistent) -> Line {
    let (message, code) = match what {
        Inexistent::Client => ("The client does not exist", Some("inexistent_client")),
        Inexistent::ClientSecret => ("The client secret does not exist", Some("inexistent_client_secret")),
        Inexistent::SigningKey => ("Signing key not found.", None),
        Inexistent::ClientInBody => ("Client not found", Some("inexistent_client")),
        Inexistent::Credential => ("The credential does not exist", Some("inexistent_credential")),
        Inexistent::ResourceServer => {
            ("The resource server does not exist", Some("inexistent_resource_server"))
        }
        Inexistent::Audience(audience) => {
            let message = format!("No resource with identifier {audience}");
            return (StatusCode::NOT_FOUND, message, Some("inexistent_resource_server"));
        }
        Inexistent::ClientGrant => ("The grant does not exist", Some("inexistent_grant")),
        Inexistent::FederatedIdentity => {
            ("The federated identity does not exist", Some("inexistent_federated_identity"))
        }
        Inexistent::Log => ("Log not found.", Some("inexistent_log")),
        Inexistent::LogStream => ("The log stream does not exist.", Some("inexistent_log_stream")),
        Inexistent::Organization => ("No organization found by that id or name", None),
        Inexistent::Elsewhere(message, code) => (*message, *code),
        Inexistent::DiscoveryDomain => ("Organization discovery domain not found.", None),
        Inexistent::OrganizationClient => ("The client is not associated with this organization", None),
        Inexistent::OrganizationToDelete => ("The organization does not exist", None),
        Inexistent::OrganizationOfGrant => ("No organization found by that id", None),
    };
    (StatusCode::NOT_FOUND, message.to_owned(), code)
}

fn conflict(noun: Noun) -> Line {
    let (message, code) = match noun {
        Noun::ClientGrant => ("client_grant already exists", "client_grant_already_exists"),
        Noun::ResourceServer => {
            ("A resource server with the same identifier already exists", "resource_server_conflict")
        }
        Noun::Organization => ("An organization with this name already exists.", "organization_conflict"),
        Noun::Association => (
            "The client grant has already been added to this organization.",
            "organization_client_grant_conflict",
        ),
        Noun::DiscoveryDomain => (
            "An organization discovery domain with this domain is already registered to this organization.",
            "organization_discovery_domain_conflict",
        ),
        Noun::OrganizationClient => {
            ("The client is already associated with this organization.", "organization_client_conflict")
        }
        Noun::Client
        | Noun::ClientSecret
        | Noun::Credential
        | Noun::FederatedIdentity
        | Noun::LogStream
        | Noun::SigningKey
        | Noun::LogKey
        | Noun::Log
        | Noun::RevokedToken
        | Noun::Tenant
        | Noun::Configuration => ("The record already exists", "conflict"),
    };
    (StatusCode::CONFLICT, message.to_owned(), Some(code))
}

fn too_many(noun: Noun) -> Line {
    let message = match noun {
        Noun::FederatedIdentity => "A client has at most 20 federated identities",
        Noun::LogStream => "You have reached the maximum number of log streams for your account.",
        _ => "There may be no more records of this kind",
    };
    (StatusCode::CONFLICT, message.to_owned(), Some("too_many_records"))
}

fn client_grant(fault: &ClientGrantFault) -> Line {
    match fault {
        ClientGrantFault::GranteeAmbiguous => {
            invalid("exactly one of `client_id` and `default_for` must be provided")
        }
        ClientGrantFault::AllScopesAndScope => {
            invalid("`scope` must be empty when `allow_all_scopes` is true")
        }
        ClientGrantFault::AllScopesOnSystemApi => {
            bad("`allow_all_scopes` cannot be provided when `audience` is a system API", "invalid_body")
        }
        ClientGrantFault::ScopeNotOfSystemApi => invalid("scope must be a subset of resource server scopes"),
        ClientGrantFault::AuthorizationDetailsWithoutUser => {
            invalid("`authorization_details_types` requires `subject_type` to be user")
        }
        ClientGrantFault::DefaultOnSystemApi => {
            invalid("`default_for` cannot be provided when `audience` is a system API")
        }
        ClientGrantFault::ThirdPartyOnSystemApi => {
            invalid("third-party clients cannot be granted access to a system API")
        }
        ClientGrantFault::AnyOrganizationForThirdParty => {
            invalid("`allow_any_organization` cannot be true for third-party clients")
        }
        ClientGrantFault::SystemGrant => (
            StatusCode::FORBIDDEN,
            "System client grants cannot be modified or deleted".to_owned(),
            Some("operation_not_supported"),
        ),
        ClientGrantFault::OrganizationsNotAllowed => {
            invalid("the client grant's `organization_usage` does not allow organizations")
        }
        ClientGrantFault::OrganizationsForUserGrant => {
            invalid("client grants with `subject_type` user cannot be added to organizations")
        }
    }
}

fn resource_server(fault: &ResourceServerFault) -> Line {
    match fault {
        ResourceServerFault::SystemApi(names) => {
            invalid(&format!("'Additional properties not allowed: {}'.", names.join(",")))
        }
        ResourceServerFault::SystemApiDeleted => (
            StatusCode::FORBIDDEN,
            "System resource servers cannot be deleted".to_owned(),
            Some("operation_not_supported"),
        ),
        ResourceServerFault::WebLifetime => invalid("token_lifetime_for_web cannot exceed token_lifetime"),
        ResourceServerFault::EncryptionKey(reason) => {
            invalid(&format!("token_encryption.encryption_key.pem cannot be used: {reason}"))
        }
    }
}
