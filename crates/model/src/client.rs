//! The client: who authenticates at the token endpoint.
//!
//! Members that this server acts on are typed; the others of Auth0's contract are kept as they came in
//! `properties`, so that tools find what they wrote.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::defaults;
use crate::patch::{self, Members};
use crate::{Audience, ClientId, OrganizationId, Secret};

/// The grant type of machine-to-machine access, as `grant_type` and `grant_types` name it (RFC 6749 §4.4).
pub const CLIENT_CREDENTIALS: &str = "client_credentials";

/// How a client proves itself with a secret (`OpenID` Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// It cannot: a public client.
    None,
    /// Secret in the body.
    ClientSecretPost,
    /// Secret in the Authorization header.
    ClientSecretBasic,
}

/// How a third-party client is treated (Auth0: Third-party applications).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThirdPartySecurityMode {
    /// With the restrictions of Auth0's strict mode.
    Strict,
    /// As a first-party client, where API policies are concerned.
    Permissive,
}

/// The organization that a client credentials exchange is for when a grant requires one and none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultOrganization {
    /// Which organization.
    pub organization_id: OrganizationId,
    /// For which flows; `client_credentials` is the only one there is.
    pub flows: Vec<String>,
}

/// A client (Auth0: application).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// The public identifier.
    pub client_id: ClientId,
    /// The name shown to people; it carries neither `<` nor `>`.
    pub name: String,
    /// Whether this is the client that stands for all (Auth0: global client). It gets no tokens.
    #[serde(default)]
    pub global: bool,
    /// Whether the client belongs to the operator of the APIs.
    pub is_first_party: bool,
    /// Which grant types the client may use. The global client has none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// Unset accepts both ways of sending the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// See [`DefaultOrganization`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_organization: Option<DefaultOrganization>,
    /// The API that this client is the face of; set once, on creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_server_identifier: Option<Audience>,
    /// Only for third-party clients; set once, on creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party_security_mode: Option<ThirdPartySecurityMode>,
    /// Whether the client insists on sender-constrained tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_proof_of_possession: Option<bool>,
    /// The current secret. Never part of the record's wire form: who may see it decides the use case.
    #[serde(skip, default = "no_secret")]
    pub client_secret: Secret,
    /// What else the contract has: validated, stored, returned.
    #[serde(flatten)]
    pub properties: Members,
}

fn no_secret() -> Secret {
    Secret::from("")
}

/// Why a client cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientFault {
    /// Grant types that go with neither the authentication method nor the security mode.
    #[error("grant types {0:?} are not for this client")]
    GrantTypes(Vec<String>),
    /// `third_party_security_mode` on a first-party client.
    #[error("third_party_security_mode is for third-party clients")]
    SecurityModeOnFirstParty,
    /// `third_party_security_mode` differs from what the client was created with, or the client would change party.
    #[error("third_party_security_mode cannot be changed")]
    SecurityModeChanged,
    /// A strict third-party client without authentication.
    #[error("strict third-party clients are confidential")]
    StrictAndPublic,
    /// Third-party clients have no organization settings for user login.
    #[error("organization_usage and organization_require_behavior are for first-party clients")]
    OrganizationUsageOnThirdParty,
    /// Key and certificate credentials are not supported yet.
    #[error("client_authentication_methods is not supported yet")]
    AuthenticationMethodsUnsupported,
    /// Keys for signed requests are not supported yet.
    #[error("signed_request_object.credentials is not supported yet")]
    RequestKeysUnsupported,
    /// The administration client cannot be deleted, nor lose what it needs to get tokens.
    #[error("the administration client has to stay one")]
    Administrator,
    /// The global client stands for all; it cannot be deleted.
    #[error("the global client cannot be deleted")]
    Global,
}

/// The objects that an update changes member by member.
const MERGED: [&str; 5] =
    ["client_metadata", "session_transfer", "jwt_configuration", "mobile", "native_social_login"];

const STRICT_GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", CLIENT_CREDENTIALS];

impl Client {
    /// A client from the body of a create request that has passed its schema, with Auth0's defaults in place.
    pub fn from_request(id: ClientId, secret: Secret, mut body: Members) -> Result<Self, serde_json::Error> {
        let mut members = defaults::client(&body);
        members.insert("client_id".into(), id.as_str().into());
        defaults::complete_client(&mut body);
        patch::merge(&mut members, body);
        let client: Self = serde_json::from_value(Value::Object(members))?;
        Ok(Self { client_id: id, client_secret: secret, ..client })
    }

    /// The client as the body of an update request changes it. The objects in [`MERGED`] are merged, everything
    /// else is replaced (Auth0, recorded).
    ///
    /// A client that becomes a first party leaves its permissive mode behind, which is for third parties only.
    pub fn updated(&self, mut body: Members) -> Result<Self, serde_json::Error> {
        let secret = body.shift_remove("client_secret");
        let secret = secret.as_ref().and_then(Value::as_str).map(Secret::from);
        let names_mode = body.contains_key("third_party_security_mode");
        for name in MERGED {
            patch::merge_member(&self.properties, &mut body, name);
        }
        defaults::complete_client(&mut body);
        let mut client: Self = patch::apply(self, body)?;
        client.client_secret = secret.unwrap_or_else(|| self.client_secret.clone());
        if client.is_first_party && !client.is_strict() && !names_mode {
            client.third_party_security_mode = None;
        }
        Ok(client)
    }

    /// Whether the client may use a grant type.
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().flatten().any(|held| held == grant_type)
    }

    /// Whether nothing in the client itself stands between it and a token of a system API.
    pub fn gets_tokens_for_itself(&self) -> bool {
        let unbound = self.require_proof_of_possession != Some(true);
        self.is_first_party && self.is_confidential() && self.may_use(CLIENT_CREDENTIALS) && unbound
    }

    /// Whether the client can keep a secret.
    pub fn is_confidential(&self) -> bool {
        self.token_endpoint_auth_method != Some(TokenEndpointAuthMethod::None)
    }

    /// Whether the client is a third-party client in strict mode.
    pub fn is_strict(&self) -> bool {
        self.third_party_security_mode == Some(ThirdPartySecurityMode::Strict)
    }

    /// Whether a secret sent with this method is looked at.
    pub fn accepts(&self, method: TokenEndpointAuthMethod) -> bool {
        !self.global && self.token_endpoint_auth_method.is_none_or(|accepted| accepted == method)
    }

    /// The rules that a client keeps in itself, in the order in which they are reported.
    pub fn check(&self) -> Result<(), ClientFault> {
        if self.properties.contains_key("client_authentication_methods") {
            return Err(ClientFault::AuthenticationMethodsUnsupported);
        }
        if self.signs_requests() {
            return Err(ClientFault::RequestKeysUnsupported);
        }
        if self.is_first_party && self.third_party_security_mode.is_some() {
            return Err(ClientFault::SecurityModeOnFirstParty);
        }
        if self.is_strict() && !self.is_confidential() {
            return Err(ClientFault::StrictAndPublic);
        }
        let refused: Vec<String> =
            self.grant_types.iter().flatten().filter(|name| !self.may_hold(name)).cloned().collect();
        if refused.is_empty() { Ok(()) } else { Err(ClientFault::GrantTypes(refused)) }
    }

    /// The rules between a client and what it becomes.
    pub fn check_update(&self, updated: &Self) -> Result<(), ClientFault> {
        let leaves_mode = updated.is_first_party && updated.third_party_security_mode.is_none();
        let changes_mode =
            self.third_party_security_mode != updated.third_party_security_mode && !leaves_mode;
        if changes_mode || (self.is_strict() && updated.is_first_party) {
            return Err(ClientFault::SecurityModeChanged);
        }
        let login = ["organization_usage", "organization_require_behavior"];
        let becomes_third_party = self.is_first_party && !updated.is_first_party;
        if becomes_third_party && login.iter().any(|name| updated.properties.contains_key(*name)) {
            return Err(ClientFault::OrganizationUsageOnThirdParty);
        }
        updated.check()
    }

    /// Whether keys came along for signed requests: they are credentials too, and must not be shown again.
    fn signs_requests(&self) -> bool {
        let object = self.properties.get("signed_request_object");
        object.and_then(|object| object.get("credentials")).is_some()
    }

    fn may_hold(&self, grant_type: &str) -> bool {
        let public = !self.is_confidential() && grant_type == CLIENT_CREDENTIALS;
        let strict = self.is_strict() && !STRICT_GRANT_TYPES.contains(&grant_type);
        !public && !strict
    }
}
