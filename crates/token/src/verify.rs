//! Verifying our own access tokens, as the Management API gets them.
//!
//! The signature is checked by jsonwebtoken with a key of ours that `kid` names; nothing else in the header
//! chooses anything. Claims are read into strict types of our own and compared here: the library would accept
//! numbers that are not, and ask the system for the time.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{ClientId, KeyId, Scope, ScopeSet, SigningKey, SigningKeyKind, Timestamp, TokenId};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::KeyError;
use crate::header::TokenType;
use crate::identity::token_id;
use crate::public_half::{OwnCertificate, PublicHalf};

/// Bytes of the longest token that is looked at. One with all scopes of the Management API twice is shorter.
pub(crate) const MAX_TOKEN_LENGTH: usize = 16 * 1024;

/// The public half of a signing key.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    kid: KeyId,
    key: DecodingKey,
    validation: Validation,
}

impl VerifyingKey {
    pub(crate) fn new(key: &SigningKey, public_half: &PublicHalf) -> Self {
        let validation = signature_only(key.kind);
        Self { kid: key.kid.clone(), key: public_half.decoding_key(), validation }
    }

    /// The `kid` of the tokens that it verifies.
    pub fn kid(&self) -> &KeyId {
        &self.kid
    }
}

/// From the record's certificate; the private key is not touched.
impl TryFrom<&SigningKey> for VerifyingKey {
    type Error = KeyError;

    fn try_from(key: &SigningKey) -> Result<Self, Self::Error> {
        Ok(Self::new(key, &OwnCertificate::of(key)?.public_half))
    }
}

/// The keys whose tokens count now: current, previous and next, collected from an iterator. Revoked ones have no
/// place here.
#[derive(Clone, Debug)]
pub struct KeyRing {
    keys: Vec<VerifyingKey>,
}

impl FromIterator<VerifyingKey> for KeyRing {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}

impl KeyRing {
    fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.iter().find(|key| key.kid.as_str() == kid)
    }

    /// The claims of a token that the key with this `kid` has signed.
    pub(crate) fn signed_claims<C: DeserializeOwned>(&self, kid: &str, token: &str) -> Option<C> {
        let key = self.get(kid)?;
        jsonwebtoken::decode(token, &key.key, &key.validation).ok().map(|verified| verified.claims)
    }
}

/// Only the algorithms of its kind verify with a key; HS256 never does, or the published key would be a secret.
/// Claims are none of the library's business.
fn signature_only(kind: SigningKeyKind) -> Validation {
    let algorithms = match kind {
        SigningKeyKind::Rsa2048 => vec![Algorithm::RS256, Algorithm::RS512, Algorithm::PS256],
        SigningKeyKind::P256 => vec![Algorithm::ES256],
        SigningKeyKind::Ed25519 => vec![Algorithm::EdDSA],
    };
    let mut validation = Validation { algorithms, ..Validation::default() };
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// What a verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenClaims {
    /// Who made it: this deployment.
    pub iss: String,
    /// For which audiences; the wanted one is among them.
    pub aud: Vec<String>,
    /// On whose behalf: `<client_id>@clients` for a client itself.
    pub sub: String,
    /// Which client got it: `client_id` or `azp`.
    pub client_id: ClientId,
    /// What it allows.
    pub scope: Arc<ScopeSet>,
    /// From when on it no longer counts.
    pub exp: Timestamp,
    /// When it was made.
    pub iat: Timestamp,
    /// The key that it is bound to: who shows the token has to prove to possess it.
    pub binding: Option<Binding>,
    /// What the denylist knows it by.
    pub id: TokenId,
}

/// The key that a token is bound to (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Binding {
    /// The thumbprint of a key that signs `DPoP` proofs (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    DpopKey(String),
    /// The thumbprint of a client certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// Why a token does not count. What exactly is wrong with it is not said: only forgers would learn from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Not three parts separated by dots.
    #[error("the token is not a JWT")]
    Malformed,
    /// Genuine, and over.
    #[error("the token has expired")]
    Expired,
    /// Signature, key, algorithm, type, issuer, audience or the form of a claim; or longer than 16 KiB.
    #[error("the token is invalid")]
    Invalid,
}

/// Verifies an access token of ours for this audience. It expires in the very second that `exp` names: there
/// is no leeway.
pub fn verify(
    token: &str,
    keys: &KeyRing,
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<AccessTokenClaims, VerifyError> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(VerifyError::Invalid);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(VerifyError::Malformed);
    };
    let key = signing_key(header, keys).ok_or(VerifyError::Invalid)?;
    let verified = jsonwebtoken::decode::<WireClaims>(token, &key.key, &key.validation);
    let claims = verified.map_err(|_| VerifyError::Invalid)?.claims.accept(token, issuer, audience)?;
    // Last, so that only a genuine token for us is ever called expired.
    if claims.exp <= now { Err(VerifyError::Expired) } else { Ok(claims) }
}

/// The key that the header names. `jwk`, `jku`, `x5u` and `x5c` are not even read.
fn signing_key<'k>(encoded: &str, keys: &'k KeyRing) -> Option<&'k VerifyingKey> {
    let json = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let header: WireHeader = serde_json::from_slice(&json).ok()?;
    TokenType::named(&header.typ)?;
    // Whatever is critical, we do not understand it (RFC 7515 §4.1.11).
    if header.crit { None } else { keys.get(&header.kid) }
}

#[derive(Deserialize)]
struct WireHeader {
    typ: String,
    kid: String,
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
}

pub(crate) fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The claims as they are on the wire. A member of another type, or one that comes twice, fails.
#[derive(Deserialize)]
struct WireClaims {
    iss: String,
    aud: OneOrMany,
    sub: String,
    exp: u64,
    iat: u64,
    azp: Option<ClientId>,
    client_id: Option<ClientId>,
    scope: Option<String>,
    cnf: Option<Binding>,
    jti: Option<String>,
}

/// `aud` (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl WireClaims {
    fn accept(self, token: &str, issuer: &str, audience: &str) -> Result<AccessTokenClaims, VerifyError> {
        let aud = match self.aud {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        };
        let client_id = match (self.azp, self.client_id) {
            (Some(azp), Some(client_id)) if azp != client_id => None,
            (azp, client_id) => azp.or(client_id),
        };
        if self.iss != issuer || !aud.iter().any(|named| named == audience) {
            return Err(VerifyError::Invalid);
        }
        let client_id = client_id.ok_or(VerifyError::Invalid)?;
        Ok(AccessTokenClaims {
            id: token_id(token, audience, &client_id, self.jti.as_deref()),
            iss: self.iss,
            aud,
            sub: self.sub,
            client_id,
            scope: Arc::new(scopes(self.scope.as_deref().unwrap_or_default())),
            exp: Timestamp::from_seconds(self.exp),
            iat: Timestamp::from_seconds(self.iat),
            binding: self.cnf,
        })
    }
}

fn scopes(joined: &str) -> ScopeSet {
    joined.split(' ').filter(|scope| !scope.is_empty()).map(Scope::from).collect()
}
