//! The resource server: an API that tokens are for.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::patch::{self, Members};
use crate::{Audience, ClientId, ResourceServerId, Scope, ScopeSet, Secret};

/// How tokens for an API are signed (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// HMAC with SHA-256, under the API's own secret.
    HS256,
    /// RSA PKCS #1 v1.5 with SHA-256.
    #[default]
    RS256,
    /// RSA PKCS #1 v1.5 with SHA-512.
    RS512,
    /// RSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256. Auth0 does not have it.
    ES256,
    /// `EdDSA` on Ed25519 (RFC 8037 §3.1). Auth0 does not have it.
    EdDSA,
}

impl SigningAlgorithm {
    /// The name in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }
}

/// Which claims a token has (Auth0: Access token profiles).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenDialect {
    /// Auth0's own.
    #[default]
    AccessToken,
    /// Auth0's own, with `permissions`.
    AccessTokenAuthz,
    /// RFC 9068.
    Rfc9068Profile,
    /// RFC 9068, with `permissions`.
    Rfc9068ProfileAuthz,
}

/// Which clients get tokens for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientPolicy {
    /// None, whatever is granted.
    DenyAll,
    /// Those with a client grant.
    #[default]
    RequireClientGrant,
}

/// Which clients get tokens on a user's behalf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserPolicy {
    /// All.
    #[default]
    AllowAll,
    /// None.
    DenyAll,
    /// Those with a client grant.
    RequireClientGrant,
}

/// One side of [`SubjectTypeAuthorization`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy<P: Default> {
    /// The policy.
    #[serde(default)]
    pub policy: P,
}

/// An API's access policies (Auth0: API access policies for applications).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectTypeAuthorization {
    /// For clients that act for themselves.
    #[serde(default)]
    pub client: Policy<ClientPolicy>,
    /// For clients that act for users.
    #[serde(default)]
    pub user: Policy<UserPolicy>,
}

/// A scope that an API has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeDefinition {
    /// The scope, 1 to 280 characters.
    pub value: Scope,
    /// What it allows, for people; up to 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An API, with the members and the member order of the wire. What was never set is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceServer {
    /// 24 hexadecimal digits.
    pub id: ResourceServerId,
    /// The name shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The audience of its tokens; never changes.
    pub identifier: Audience,
    /// Stored: concerns refresh tokens.
    #[serde(default)]
    pub allow_offline_access: bool,
    /// Stored: concerns user consent.
    #[serde(default)]
    pub skip_consent_for_verifiable_first_party_clients: bool,
    /// Stored: concerns user sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_online_access: Option<bool>,
    /// Stored: concerns user sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_online_access_with_ephemeral_sessions: Option<bool>,
    /// Who gets tokens at all.
    #[serde(default)]
    pub subject_type_authorization: SubjectTypeAuthorization,
    /// Seconds that a token lives, 0 to 2,592,000.
    #[serde(default = "day")]
    pub token_lifetime: u32,
    /// Seconds; concerns implicit and hybrid flows only.
    #[serde(default = "two_hours")]
    pub token_lifetime_for_web: u32,
    /// How its tokens are signed.
    #[serde(default)]
    pub signing_alg: SigningAlgorithm,
    /// The scopes it has; absent until set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<ScopeDefinition>>,
    /// Made by the server itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_system: bool,
    /// Stored: role-based access control concerns users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforce_policies: Option<bool>,
    /// Which claims its tokens have; absent until set, and then as Auth0's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_dialect: Option<TokenDialect>,
    /// Under which key its tokens are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_encryption: Option<TokenEncryption>,
    /// Stored: concerns users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_policy: Option<String>,
    /// Stored: concerns users (RFC 9396).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<Vec<Value>>,
    /// Whether its tokens are bound to a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_of_possession: Option<ProofOfPossession>,
    /// Stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_policy: Option<Value>,
    /// The client that is the face of this API. Not stored: found when the API is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The secret of HS256; none for other algorithms. Never part of the record's wire form.
    #[serde(skip)]
    pub signing_secret: Option<Secret>,
}

/// Under which key an API's tokens are encrypted (Auth0: JSON Web Encryption).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEncryption {
    /// The API's key.
    pub encryption_key: EncryptionKey,
    /// `compact-nested-jwe`.
    pub format: String,
}

/// An API's public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionKey {
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `RSA-OAEP-256`, `RSA-OAEP-384` or `RSA-OAEP-512`.
    pub alg: String,
    /// The `kid` of the encrypted token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// A public key or a certificate, PEM. Stored, not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
    /// The key's RFC 7638 thumbprint. Shown instead of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint_sha256: Option<String>,
}

/// With what a client proves that it possesses a key (Auth0: Sender constraining).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PossessionMechanism {
    /// A client certificate (RFC 8705).
    Mtls,
    /// A signed proof for each request (RFC 9449).
    Dpop,
}

/// Whether and how an API's tokens are bound to a key of the client (Auth0: Sender constraining).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfPossession {
    /// How they are bound.
    pub mechanism: PossessionMechanism,
    /// Whether unbound tokens are refused.
    pub required: bool,
    /// For `public_clients` or `all_clients`; unset counts as all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_for: Option<String>,
}

impl ProofOfPossession {
    /// Whether clients that authenticate get bound tokens only. Certificates are always for all clients.
    pub fn is_required_of_confidential_clients(&self) -> bool {
        let for_public_only = self.mechanism == PossessionMechanism::Dpop
            && self.required_for.as_deref() == Some("public_clients");
        self.required && !for_public_only
    }
}

const fn day() -> u32 {
    86_400
}

const fn two_hours() -> u32 {
    7_200
}

/// Why an API cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResourceServerFault {
    /// A member that a system API does not let be changed.
    #[error("{0:?} of a system API cannot be changed")]
    SystemApi(Vec<String>),
    /// A system API cannot be deleted.
    #[error("a system API cannot be deleted")]
    SystemApiDeleted,
    /// Web tokens would outlive the others.
    #[error("token_lifetime_for_web exceeds token_lifetime")]
    WebLifetime,
    /// The encryption key cannot be read.
    #[error("the encryption key is not usable: {0}")]
    EncryptionKey(String),
}

/// What may be changed of a system API: how long its tokens live, and how they look.
const CHANGEABLE_OF_SYSTEM_API: [&str; 6] = [
    "token_lifetime",
    "token_lifetime_for_web",
    "token_dialect",
    "signing_alg",
    "skip_consent_for_verifiable_first_party_clients",
    "allow_offline_access",
];

impl ResourceServer {
    /// An API from the body of a create request that has passed its schema.
    pub fn from_request(id: &ResourceServerId, body: Members) -> Result<Self, serde_json::Error> {
        let mut members = Members::new();
        members.insert("id".into(), id.as_str().into());
        let names_web_lifetime = body.contains_key("token_lifetime_for_web");
        patch::merge(&mut members, body);
        Ok(Self::from_members(members, None)?.with_web_lifetime(names_web_lifetime))
    }

    /// The API as the body of an update request changes it. The two sides of `subject_type_authorization`
    /// change one at a time, everything else is replaced.
    pub fn updated(&self, mut body: Members) -> Result<Self, serde_json::Error> {
        let mut members = patch::to_members(self)?;
        patch::merge_member(&members, &mut body, "subject_type_authorization");
        let names_web_lifetime = body.contains_key("token_lifetime_for_web");
        patch::merge(&mut members, body);
        let api = Self::from_members(members, self.signing_secret.clone())?;
        Ok(api.with_web_lifetime(names_web_lifetime))
    }

    /// A lifetime for web tokens that the request did not name follows a shorter lifetime.
    fn with_web_lifetime(self, named: bool) -> Self {
        let follows = self.token_lifetime_for_web.min(self.token_lifetime);
        Self { token_lifetime_for_web: if named { self.token_lifetime_for_web } else { follows }, ..self }
    }

    /// The secret travels apart, since the record's wire form never has it.
    fn from_members(mut members: Members, held: Option<Secret>) -> Result<Self, serde_json::Error> {
        let given = members.shift_remove("signing_secret");
        let given = given.as_ref().and_then(Value::as_str).map(Secret::from);
        let mut api: Self = serde_json::from_value(Value::Object(members))?;
        api.signing_secret = given.or(held).filter(|_| api.signing_alg == SigningAlgorithm::HS256);
        Ok(api)
    }

    /// Whether the API has the scope now.
    pub fn defines(&self, scope: &str) -> bool {
        self.scopes.iter().flatten().any(|defined| defined.value.as_str() == scope)
    }

    /// All scopes that the API has now, in its order.
    pub fn scope_set(&self) -> ScopeSet {
        self.scopes.iter().flatten().map(|defined| defined.value.clone()).collect()
    }

    /// What an update of a system API may not name, if anything.
    pub fn check_system(&self, body: &Members) -> Result<(), ResourceServerFault> {
        let refused: Vec<String> = body
            .keys()
            .filter(|name| self.is_system && !CHANGEABLE_OF_SYSTEM_API.contains(&name.as_str()))
            .cloned()
            .collect();
        if refused.is_empty() { Ok(()) } else { Err(ResourceServerFault::SystemApi(refused)) }
    }

    /// Whether tokens of a system API can still be read by this server, which takes only RSA signatures and
    /// tokens that live. Anything else would lock everybody out, and nobody could take it back.
    pub fn check_readable(&self) -> Result<(), ResourceServerFault> {
        let unreadable = [
            ("signing_alg", self.signing_alg == SigningAlgorithm::HS256),
            ("token_lifetime", self.token_lifetime == 0),
        ];
        let refused = unreadable.iter().find(|(_, is_unreadable)| self.is_system && *is_unreadable);
        refused.map_or(Ok(()), |(name, _)| Err(ResourceServerFault::SystemApi(vec![(*name).to_owned()])))
    }

    /// The rules that an API keeps in itself.
    pub fn check(&self) -> Result<(), ResourceServerFault> {
        if self.token_lifetime_for_web > self.token_lifetime {
            return Err(ResourceServerFault::WebLifetime);
        }
        Ok(())
    }
}

/// The values of Auth0's Management API scopes, in Auth0's order.
const MANAGEMENT_API_SCOPES: &str = include_str!("management_api_scopes.txt");

/// The Management API as an API like any other, for the deployment with this audience.
pub fn management_api(id: ResourceServerId, audience: Audience) -> ResourceServer {
    let scopes = MANAGEMENT_API_SCOPES
        .lines()
        .map(|value| ScopeDefinition { value: value.into(), description: Some(describe(value)) });
    ResourceServer {
        id,
        name: Some("Auth0 Management API".into()),
        identifier: audience,
        allow_offline_access: false,
        skip_consent_for_verifiable_first_party_clients: false,
        allow_online_access: None,
        allow_online_access_with_ephemeral_sessions: None,
        subject_type_authorization: SubjectTypeAuthorization::default(),
        token_lifetime: day(),
        token_lifetime_for_web: two_hours(),
        signing_alg: SigningAlgorithm::RS256,
        scopes: Some(scopes.collect()),
        is_system: true,
        enforce_policies: None,
        token_dialect: None,
        token_encryption: None,
        consent_policy: None,
        authorization_details: None,
        proof_of_possession: None,
        authorization_policy: None,
        client_id: None,
        signing_secret: None,
    }
}

/// `read:client_grants` as "Read Client Grants".
fn describe(scope: &str) -> String {
    let words = scope.split([':', '_']).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}
