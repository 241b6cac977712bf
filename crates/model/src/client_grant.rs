//! The client grant: which client may ask for which scopes of which API, for whom, in which organizations.
//!
//! The rules of `reference` section 1 that need no other record than the grant, its API and its client stand
//! here, pure. That a grant is the only one of its kind is not a rule of this file: the database decides it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::patch::{self, Members};
use crate::{Audience, Client, ClientGrantId, ClientId, ResourceServer, ScopeSet};

/// For whom the client acts (Auth0: Application access to APIs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// For itself, with the client credentials grant.
    #[default]
    Client,
    /// On a user's behalf.
    User,
}

impl SubjectType {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::User => "user",
        }
    }
}

/// Whether organizations may be named in a client credentials exchange (Auth0: Machine-to-machine access for organizations).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationUsage {
    /// No organization may be named.
    #[default]
    Deny,
    /// One may be named.
    Allow,
    /// One must be named, or be the client's default.
    Require,
}

/// The group of clients that a default grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultFor {
    /// Every client with `is_first_party: false` that has no grant of its own for the API.
    ThirdPartyClients,
}

impl DefaultFor {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        "third_party_clients"
    }
}

/// Whom a grant is for: `client_id` and `default_for` exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// One client.
    Client(ClientId),
    /// A group of clients.
    Default(DefaultFor),
}

/// A client grant, with the members and the member order of the wire. What was never set is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientGrant {
    /// `cgr_…`
    pub id: ClientGrantId,
    /// The client, unless the grant is a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The API.
    pub audience: Audience,
    /// The granted scopes, in the order given. Absent while `allow_all_scopes` stands in for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// Unset counts as deny.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_usage: Option<OrganizationUsage>,
    /// Unset counts as false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_any_organization: Option<bool>,
    /// For whom the client acts; always present.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// Rich authorization request types, for user grants (RFC 9396).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details_types: Option<Vec<String>>,
    /// All scopes that the API has, now and later. Unset counts as false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_all_scopes: Option<bool>,
    /// Made by the server itself; neither changed nor deleted through the API.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_system: bool,
    /// The group of clients, if the grant is a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_for: Option<DefaultFor>,
}

/// Why a grant cannot be as it was asked for. The wording is the Management API's, in its table of errors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientGrantFault {
    /// Neither `client_id` nor `default_for`, or both.
    #[error("exactly one of client_id and default_for names the grantee")]
    GranteeAmbiguous,
    /// `allow_all_scopes: true` beside scopes.
    #[error("allow_all_scopes excludes scope")]
    AllScopesAndScope,
    /// `allow_all_scopes`, even false, on a system API.
    #[error("allow_all_scopes is not for system APIs")]
    AllScopesOnSystemApi,
    /// A scope that the system API does not have.
    #[error("scope is not a subset of the system API's")]
    ScopeNotOfSystemApi,
    /// `authorization_details_types` on a grant that is not a user's.
    #[error("authorization_details_types is for user grants")]
    AuthorizationDetailsWithoutUser,
    /// A default grant on a system API.
    #[error("default grants are not for system APIs")]
    DefaultOnSystemApi,
    /// A third-party client on a system API.
    #[error("third-party clients are not for system APIs")]
    ThirdPartyOnSystemApi,
    /// `allow_any_organization: true` for a third-party client or as a default.
    #[error("allow_any_organization is not for third-party clients")]
    AnyOrganizationForThirdParty,
    /// A system grant cannot be changed.
    #[error("the grant is a system grant")]
    SystemGrant,
    /// An organization cannot be added to a grant that allows none.
    #[error("the grant's organization_usage allows no organizations")]
    OrganizationsNotAllowed,
    /// An organization cannot be added to a user grant.
    #[error("the grant is for users")]
    OrganizationsForUserGrant,
}

impl ClientGrant {
    /// A grant from the body of a create request that has passed its schema.
    ///
    /// With neither `scope` nor `allow_all_scopes` the grant has an empty scope.
    pub fn from_request(id: ClientGrantId, body: &Members) -> Result<Self, serde_json::Error> {
        let mut members = Members::new();
        members.insert("id".into(), id.as_str().into());
        members.extend(body.clone());
        let mut grant: Self = serde_json::from_value(members.into())?;
        if grant.scope.is_none() && !grant.allows_all_scopes() {
            grant.scope = Some(ScopeSet::default());
        }
        Ok(Self { id, ..grant })
    }

    /// The grant as the body of an update request changes it.
    ///
    /// `allow_all_scopes: true` drops the scopes; taking it back without naming scopes leaves none.
    pub fn updated(&self, mut body: Members) -> Result<Self, serde_json::Error> {
        let takes_back = matches!(body.get("allow_all_scopes"), Some(value) if value != true);
        if body.get("allow_all_scopes").is_some_and(|value| value == true) && !names_scopes(&body) {
            body.insert("scope".into(), serde_json::Value::Null);
        }
        let mut grant = patch::apply(self, body)?;
        if takes_back && self.allows_all_scopes() && grant.scope.is_none() {
            grant.scope = Some(ScopeSet::default());
        }
        Ok(grant)
    }

    /// Whom the grant is for; none when the record names nobody or both, which [`check`](Self::check) refuses.
    pub fn grantee(&self) -> Option<Grantee> {
        match (&self.client_id, self.default_for) {
            (Some(client_id), None) => Some(Grantee::Client(client_id.clone())),
            (None, Some(group)) => Some(Grantee::Default(group)),
            _ => None,
        }
    }

    /// Whether all scopes of the API are granted.
    pub fn allows_all_scopes(&self) -> bool {
        self.allow_all_scopes == Some(true)
    }

    /// Whether every organization may be named, associated or not.
    pub fn allows_any_organization(&self) -> bool {
        self.allow_any_organization == Some(true)
    }

    /// The rules that a grant keeps with its API and its client (none for a default grant), in the order in
    /// which they are reported.
    pub fn check(&self, api: &ResourceServer, client: Option<&Client>) -> Result<(), ClientGrantFault> {
        self.check_grantee(api, client)?;
        self.check_scopes(api)?;
        if self.authorization_details_types.is_some() && self.subject_type != SubjectType::User {
            return Err(ClientGrantFault::AuthorizationDetailsWithoutUser);
        }
        Ok(())
    }

    fn check_grantee(&self, api: &ResourceServer, client: Option<&Client>) -> Result<(), ClientGrantFault> {
        let third_party = match self.grantee().ok_or(ClientGrantFault::GranteeAmbiguous)? {
            Grantee::Default(_) if api.is_system => return Err(ClientGrantFault::DefaultOnSystemApi),
            Grantee::Default(_) => true,
            Grantee::Client(_) => client.is_some_and(|client| !client.is_first_party),
        };
        if third_party && api.is_system {
            return Err(ClientGrantFault::ThirdPartyOnSystemApi);
        }
        if third_party && self.allows_any_organization() {
            return Err(ClientGrantFault::AnyOrganizationForThirdParty);
        }
        Ok(())
    }

    /// Custom APIs do not check scopes: a grant may name scopes that come later. System APIs do (Auth0, observed).
    fn check_scopes(&self, api: &ResourceServer) -> Result<(), ClientGrantFault> {
        if api.is_system && self.allow_all_scopes.is_some() {
            return Err(ClientGrantFault::AllScopesOnSystemApi);
        }
        let scope = self.scope.iter().flatten();
        if self.allows_all_scopes() && scope.clone().next().is_some() {
            return Err(ClientGrantFault::AllScopesAndScope);
        }
        if api.is_system && scope.clone().any(|scope| !api.defines(scope.as_str())) {
            return Err(ClientGrantFault::ScopeNotOfSystemApi);
        }
        Ok(())
    }

    /// Whether an organization may be associated with the grant.
    pub fn check_association(&self) -> Result<(), ClientGrantFault> {
        if self.subject_type == SubjectType::User {
            return Err(ClientGrantFault::OrganizationsForUserGrant);
        }
        match self.organization_usage.unwrap_or_default() {
            OrganizationUsage::Deny => Err(ClientGrantFault::OrganizationsNotAllowed),
            OrganizationUsage::Allow | OrganizationUsage::Require => Ok(()),
        }
    }
}

fn names_scopes(body: &Members) -> bool {
    body.get("scope").and_then(|scope| scope.as_array()).is_some_and(|scopes| !scopes.is_empty())
}
