//! Reading any access token of ours, whichever API it is for: for introspection and revocation.
//!
//! [`verify`](crate::verify) is for who expects a token for one audience. Here the token names its audience, and where
//! that API signs with a secret, the audience says whose secret counts: it verifies tokens for that API and no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{ClientId, OrganizationId, Secret, Timestamp, TokenId};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::KeyRing;
use crate::header::TokenType;
use crate::identity::token_id;
use crate::verify::{Binding, MAX_TOKEN_LENGTH, is_present};

/// What a genuine token says, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedToken {
    /// What the denylist knows it by.
    pub id: TokenId,
    /// The API that it is for.
    pub audience: String,
    /// `sub`
    pub subject: String,
    /// Which client got it: `client_id` or `azp`.
    pub client_id: ClientId,
    /// The scopes joined by spaces, if there are any.
    pub scope: Option<String>,
    /// `permissions`, in the dialects that have it.
    pub permissions: Option<Vec<String>>,
    /// From when on it no longer counts.
    pub expires_at: Timestamp,
    /// When it was made.
    pub issued_at: Timestamp,
    /// `jti`, in the dialects that have it.
    pub jti: Option<String>,
    /// The key that it is bound to.
    pub binding: Option<Binding>,
    /// `org_id`
    pub organization: Option<OrganizationId>,
    /// `org_name`
    pub organization_name: Option<String>,
}

/// Why there is nothing to say about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InspectError {
    /// A JWE: its API alone can open it.
    #[error("the token is encrypted")]
    Encrypted,
    /// Not signed by this deployment, not an access token, damaged, or longer than 16 KiB.
    #[error("the token is none of ours")]
    NotOurs,
    /// Genuine, and over.
    #[error("the token has expired")]
    Expired,
}

/// Reads an access token of ours. `secret_of` gives the secret of an API whose tokens are signed with one, by its
/// identifier. There is no leeway on the expiry.
pub fn inspect(
    token: &str,
    keys: &KeyRing,
    issuer: &str,
    secret_of: impl FnOnce(&str) -> Option<Secret>,
    now: Timestamp,
) -> Result<InspectedToken, InspectError> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(InspectError::NotOurs);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims) = match *parts.as_slice() {
        [header, claims, _] => (header, claims),
        [header, _, _, _, _] if decoded::<JweHeader>(header).is_some() => {
            return Err(InspectError::Encrypted);
        }
        _ => return Err(InspectError::NotOurs),
    };
    let header: Header = decoded(header).ok_or(InspectError::NotOurs)?;
    if TokenType::named(&header.typ).is_none() || header.crit {
        return Err(InspectError::NotOurs);
    }
    let claims = match header.kid {
        Some(kid) => keys.signed_claims(&kid, token),
        None => claims_under_secret(token, claims, secret_of),
    };
    let inspected =
        claims.and_then(|claims: Claims| claims.accept(token, issuer)).ok_or(InspectError::NotOurs)?;
    // Last, so that only a genuine token is ever called expired.
    if inspected.expires_at <= now { Err(InspectError::Expired) } else { Ok(inspected) }
}

/// HS256 under the secret of the API that the token names, if that API has one. What is read before the signature is
/// checked only chooses the secret.
fn claims_under_secret(
    token: &str,
    claims: &str,
    secret_of: impl FnOnce(&str) -> Option<Secret>,
) -> Option<Claims> {
    let addressed: Addressed = decoded(claims)?;
    // An empty secret counts as none: anybody could sign with it.
    let secret = secret_of(&addressed.aud).filter(|secret| !secret.expose().is_empty())?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.expose());
    jsonwebtoken::decode(token, &key, &validation).ok().map(|verified| verified.claims)
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The header of an encrypted token, as far as it tells that it is one (RFC 7516 §4.1.2).
#[derive(Deserialize)]
struct JweHeader {
    #[serde(rename = "enc")]
    _enc: String,
}

/// Tokens under an API's secret have no `kid`. The algorithm is the key's, whatever `alg` says.
#[derive(Deserialize)]
struct Header {
    typ: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
}

#[derive(Deserialize)]
struct Addressed {
    aud: String,
}

/// The claims on the wire. A member of another type, or one that comes twice, fails.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    azp: Option<ClientId>,
    client_id: Option<ClientId>,
    scope: Option<String>,
    permissions: Option<Vec<String>>,
    jti: Option<String>,
    cnf: Option<Binding>,
    org_id: Option<OrganizationId>,
    org_name: Option<String>,
}

impl Claims {
    fn accept(self, token: &str, issuer: &str) -> Option<InspectedToken> {
        if self.iss != issuer {
            return None;
        }
        let client_id = match (self.azp, self.client_id) {
            (Some(azp), Some(client_id)) => Some(azp).filter(|azp| *azp == client_id),
            (azp, client_id) => azp.or(client_id),
        }?;
        Some(InspectedToken {
            id: token_id(token, &self.aud, &client_id, self.jti.as_deref()),
            audience: self.aud,
            subject: self.sub,
            client_id,
            scope: self.scope,
            permissions: self.permissions,
            expires_at: Timestamp::from_seconds(self.exp),
            issued_at: Timestamp::from_seconds(self.iat),
            jti: self.jti,
            binding: self.cnf,
            organization: self.org_id,
            organization_name: self.org_name,
        })
    }
}
