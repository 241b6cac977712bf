//! The client: who authenticates at the token endpoint.
//!
//! Members that this server acts on are typed; the others of Auth0's contract are kept as they came in
//! `properties`, so that tools find what they wrote.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::defaults;
use crate::patch::{self, Members};
use crate::{Audience, ClientAuthenticationMethods, ClientId, ClientSecret, CredentialId, OrganizationId};

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
    /// Unset accepts both ways of sending the secret, unless there are `client_authentication_methods`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// How the client proves itself without a secret. While it is set, no secret counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_authentication_methods: Option<ClientAuthenticationMethods>,
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
    pub client_secret: ClientSecret,
    /// Secrets that are as good as the current one, as they were added. Auth0 has nothing like it.
    #[serde(skip)]
    pub further_secrets: Vec<ClientSecret>,
    /// What else the contract has: validated, stored, returned.
    #[serde(flatten)]
    pub properties: Members,
}

fn no_secret() -> ClientSecret {
    "".into()
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
    /// `client_authentication_methods` beside `token_endpoint_auth_method`.
    #[error("client_authentication_methods and token_endpoint_auth_method exclude each other")]
    AuthenticationAmbiguous,
    /// `client_authentication_methods` without RS256 as the algorithm of the client's ID tokens.
    #[error("client_authentication_methods needs RS256 as jwt_configuration.alg")]
    AuthenticationAlgorithm,
    /// More credentials in a method than may count at once.
    #[error("at most {most} credentials count at once", most = ClientAuthenticationMethods::MOST)]
    TooManyCredentials,
    /// A credential that is named twice in one list.
    #[error("the credential {0} is named twice")]
    CredentialTwice(CredentialId),
    /// A certificate as the method of a strict third-party client.
    #[error("strict third-party clients do not use mutual TLS")]
    StrictAndMutualTls,
    /// A new secret for a client that proves itself without one.
    #[error("the client proves itself without a secret")]
    NoSecret,
    /// There are [`ClientSecret::MOST`] already, and no further one has expired.
    #[error("a client has at most {most} secrets", most = ClientSecret::MOST)]
    TooManySecrets,
    /// A secret that would end in the past, or more than ten years from now.
    #[error("a secret ends in the future, and within ten years")]
    SecretExpiry,
    /// Two ends for one secret.
    #[error("expires_at and expires_in exclude each other")]
    SecretExpiryTwice,
    /// No other live secret would be left.
    #[error("the last live secret of a client stays")]
    LastSecret,
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
    pub fn from_request(
        id: ClientId,
        secret: impl Into<ClientSecret>,
        mut body: Members,
    ) -> Result<Self, serde_json::Error> {
        let mut members = defaults::client(&body);
        members.insert("client_id".into(), id.as_str().into());
        defaults::complete_client(&mut body);
        patch::merge(&mut members, body);
        let client: Self = serde_json::from_value(Value::Object(members))?;
        Ok(Self { client_id: id, client_secret: secret.into(), ..client })
    }

    /// The client as the body of an update request changes it. The objects in [`MERGED`] are merged, everything
    /// else is replaced (Auth0, recorded).
    ///
    /// A client that becomes a first party leaves its permissive mode behind, which is for third parties only. The
    /// secrets stay: see [`replace_secret`](Self::replace_secret).
    pub fn updated(&self, mut body: Members) -> Result<Self, serde_json::Error> {
        body.shift_remove("client_secret");
        let names_mode = body.contains_key("third_party_security_mode");
        for name in MERGED {
            patch::merge_member(&self.properties, &mut body, name);
        }
        defaults::complete_client(&mut body);
        let mut client: Self = patch::apply(self, body)?;
        client.client_secret = self.client_secret.clone();
        // Keys take the place of all secrets but Auth0's, which Auth0 shows again when they go.
        if client.client_authentication_methods.is_none() {
            client.further_secrets.clone_from(&self.further_secrets);
        }
        if client.is_first_party && !client.is_strict() && !names_mode {
            client.third_party_security_mode = None;
        }
        Ok(client)
    }

    /// Whether the client may use a grant type.
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().flatten().any(|held| held == grant_type)
    }

    /// Whether nothing in the client itself stands between it and a token of a system API, now and for ever. Mutual
    /// TLS stands between: whether it can be used is decided by the listener.
    pub fn gets_tokens_for_itself(&self) -> bool {
        let unbound = self.require_proof_of_possession != Some(true);
        let methods = self.client_authentication_methods.as_ref();
        let lasts = || self.secrets().any(|secret| secret.expires_at.is_none());
        let proves_itself = methods.map_or_else(lasts, |methods| !methods.is_mutual_tls());
        let may = self.is_confidential() && self.may_use(CLIENT_CREDENTIALS);
        self.is_first_party && may && unbound && proves_itself
    }

    /// Whether the client can keep a secret or a key.
    pub fn is_confidential(&self) -> bool {
        self.client_authentication_methods.is_some()
            || self.token_endpoint_auth_method != Some(TokenEndpointAuthMethod::None)
    }

    /// Whether the client is a third-party client in strict mode.
    pub fn is_strict(&self) -> bool {
        self.third_party_security_mode == Some(ThirdPartySecurityMode::Strict)
    }

    /// Whether a secret sent with this method is looked at.
    pub fn accepts(&self, method: TokenEndpointAuthMethod) -> bool {
        !self.global
            && self.client_authentication_methods.is_none()
            && self.token_endpoint_auth_method.is_none_or(|accepted| accepted == method)
    }

    /// The credentials that count for the client: for its authentication, then for its signed requests.
    pub fn credentials_in_use(&self) -> impl Iterator<Item = CredentialId> {
        let methods = self.client_authentication_methods.iter();
        let of_methods = methods.flat_map(ClientAuthenticationMethods::credentials).cloned();
        of_methods.chain(self.request_credentials())
    }

    /// The keys that the client signs requests with (Auth0: JWT-secured authorization requests).
    pub fn request_credentials(&self) -> impl Iterator<Item = CredentialId> {
        let object = self.properties.get("signed_request_object");
        let listed = object.and_then(|object| object.get("credentials")).and_then(Value::as_array);
        let ids = listed.into_iter().flatten().filter_map(|reference| reference.get("id")?.as_str());
        ids.map(CredentialId::from)
    }

    /// The rules that a client keeps in itself, in the order in which they are reported.
    pub fn check(&self) -> Result<(), ClientFault> {
        self.check_authentication()?;
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

    /// The rules of `client_authentication_methods` and of the credentials for signed requests.
    fn check_authentication(&self) -> Result<(), ClientFault> {
        no_twins(self.request_credentials())?;
        let Some(methods) = &self.client_authentication_methods else { return Ok(()) };
        if self.token_endpoint_auth_method.is_some() {
            return Err(ClientFault::AuthenticationAmbiguous);
        }
        let jwt = self.properties.get("jwt_configuration");
        if jwt.and_then(|jwt| jwt.get("alg")).is_none_or(|alg| alg != "RS256") {
            return Err(ClientFault::AuthenticationAlgorithm);
        }
        if self.is_strict() && methods.is_mutual_tls() {
            return Err(ClientFault::StrictAndMutualTls);
        }
        if methods.credentials().count() > ClientAuthenticationMethods::MOST {
            return Err(ClientFault::TooManyCredentials);
        }
        no_twins(methods.credentials().cloned())
    }

    fn may_hold(&self, grant_type: &str) -> bool {
        let public = !self.is_confidential() && grant_type == CLIENT_CREDENTIALS;
        let strict = self.is_strict() && !STRICT_GRANT_TYPES.contains(&grant_type);
        !public && !strict
    }
}

fn no_twins(ids: impl Iterator<Item = CredentialId>) -> Result<(), ClientFault> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id.clone()) {
            return Err(ClientFault::CredentialTwice(id));
        }
    }
    Ok(())
}
