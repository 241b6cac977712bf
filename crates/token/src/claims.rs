//! The claims of an access token in Auth0's four dialects.
//!
//! One borrowed struct for all of them: its order of members is the wire's, and what a dialect does not have is
//! absent (Auth0: Access token profiles, Using access tokens).

use grantd_decision::{Authorization, Confirmation};
use grantd_model::{ClientId, OrganizationId, Scope, Timestamp, TokenDialect};
use serde::{Serialize, Serializer};

/// The claims, in the order in which Auth0 writes them.
#[derive(Serialize)]
pub(crate) struct Claims<'a> {
    iss: &'a str,
    #[serde(serialize_with = "as_subject")]
    sub: &'a ClientId,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<&'a OrganizationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gty: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<&'a [&'a Scope]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Cnf<'a>>,
}

/// The key that the token is bound to (RFC 7800 §3.1).
#[derive(Serialize)]
enum Cnf<'a> {
    /// RFC 9449 §6.1.
    #[serde(rename = "jkt")]
    DpopKey(&'a str),
    /// RFC 8705 §3.1.
    #[serde(rename = "x5t#S256")]
    Certificate(&'a str),
}

impl<'a> From<Confirmation<'a>> for Cnf<'a> {
    fn from(confirmation: Confirmation<'a>) -> Self {
        match confirmation {
            Confirmation::DpopKey(thumbprint) => Self::DpopKey(thumbprint),
            Confirmation::Certificate(thumbprint) => Self::Certificate(thumbprint),
        }
    }
}

/// What a token says beyond its authorization.
#[derive(Clone, Copy)]
pub(crate) struct Issuance<'a> {
    /// `iss`.
    pub(crate) issuer: &'a str,
    /// `jti`, which only the RFC 9068 dialects show.
    pub(crate) jti: &'a str,
    /// `scope`, unless empty.
    pub(crate) scope: Option<&'a str>,
    /// `iat`.
    pub(crate) now: Timestamp,
}

impl<'a> Claims<'a> {
    /// The claims of a token for this authorization, in the dialect of its API.
    pub(crate) fn new<'f: 'a>(authorization: &'a Authorization<'f>, issuance: Issuance<'a>) -> Self {
        let api = authorization.api;
        let client_id = &authorization.client.client_id;
        let dialect = api.token_dialect.unwrap_or_default();
        let rfc9068 = matches!(dialect, TokenDialect::Rfc9068Profile | TokenDialect::Rfc9068ProfileAuthz);
        let authz = matches!(dialect, TokenDialect::AccessTokenAuthz | TokenDialect::Rfc9068ProfileAuthz);
        let named = authorization.organization.filter(|_| authorization.names_organization);
        let iat = issuance.now.seconds();
        Self {
            iss: issuance.issuer,
            sub: client_id,
            aud: api.identifier.as_str(),
            iat,
            exp: iat.saturating_add(u64::from(api.token_lifetime)),
            scope: issuance.scope,
            org_id: authorization.organization.map(|organization| &organization.id),
            org_name: named.map(|organization| organization.name.as_str()),
            // With a hyphen, unlike the grant type (Auth0: Access token profiles).
            gty: (!rfc9068).then_some("client-credentials"),
            azp: (!rfc9068).then_some(client_id),
            jti: rfc9068.then_some(issuance.jti),
            client_id: rfc9068.then_some(client_id),
            permissions: authz.then_some(authorization.scope.as_slice()),
            cnf: authorization.confirmation.map(Cnf::from),
        }
    }
}

/// `sub` of a client that acts for itself, in every dialect.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn as_subject<S: Serializer>(client_id: &&ClientId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{client_id}@clients"))
}
