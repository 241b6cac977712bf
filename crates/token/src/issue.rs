//! Issuing: from an authorization to the token that the client gets.
//!
//! The steps in order: claims, signature, encryption where the API wants it. No step asks whether the client may
//! have the token; an [`Authorization`] is the proof of that.

use std::fmt;

use grantd_decision::{Authorization, Confirmation};
use grantd_model::{Entropy, Scope, Timestamp, alphanumeric};

use crate::claims::{Claims, Issuance};
use crate::encryption::encrypt;
use crate::header::TokenType;
use crate::signature::sign;
use crate::{IssueError, TokenSigner};

/// Letters and digits of a `jti`: 131 bits, as Auth0's.
const JTI_LENGTH: usize = 22;

/// Bytes of a token's claims beyond its scopes, mostly; a longer one costs one more allocation.
const CLAIMS_CAPACITY: usize = 512;

/// A token, and what the answer and the log say about it.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The compact JWS or JWE.
    pub access_token: String,
    /// The granted scopes joined by spaces; none when there is none.
    pub scope: Option<String>,
    /// Seconds that the token lives.
    pub expires_in: u32,
    /// What the log names the token by. Only tokens of the RFC 9068 dialects carry it.
    pub jti: String,
    /// `Bearer` (RFC 6750); `DPoP` when it is bound to the key of a proof (RFC 9449 §5). A certificate changes
    /// nothing about how a token is sent (RFC 8705 §3).
    pub token_type: &'static str,
}

/// Whoever has the token may use it, so it does not show.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("IssuedToken");
        shown.field("scope", &self.scope).field("expires_in", &self.expires_in);
        shown.field("jti", &self.jti).field("token_type", &self.token_type).finish_non_exhaustive()
    }
}

/// Makes the token that an authorization is for.
///
/// `issuer` goes into `iss` as it is. `now` is `iat`; `exp` is later by the API's `token_lifetime`. An error is
/// a fault of the API's configuration or of the server, never of the request.
pub fn issue(
    authorization: &Authorization<'_>,
    issuer: &str,
    signer: &TokenSigner,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<IssuedToken, IssueError> {
    let api = authorization.api;
    let jti = alphanumeric(entropy, JTI_LENGTH);
    let scope = joined(&authorization.scope);
    let issuance = Issuance { issuer, jti: &jti, scope: scope.as_deref(), now };
    let claims = to_json(&Claims::new(authorization, issuance))?;
    let typ = TokenType::of(api.token_dialect.unwrap_or_default());
    let header = signer.headers.get(api.signing_alg, typ).ok_or(IssueError::SigningKeyKind)?;
    let jws = sign(header, &claims, api, signer)?;
    let access_token = match &api.token_encryption {
        None => jws,
        Some(encryption) => encrypt(jws, &encryption.encryption_key, entropy)?,
    };
    let token_type = match authorization.confirmation {
        Some(Confirmation::DpopKey(_)) => "DPoP",
        Some(Confirmation::Certificate(_)) | None => "Bearer",
    };
    Ok(IssuedToken { access_token, scope, expires_in: api.token_lifetime, jti, token_type })
}

fn to_json(claims: &Claims<'_>) -> Result<Vec<u8>, IssueError> {
    let mut json = Vec::with_capacity(CLAIMS_CAPACITY);
    serde_json::to_writer(&mut json, claims)?;
    Ok(json)
}

/// The scopes joined by spaces (RFC 6749 §3.3).
fn joined(scopes: &[&Scope]) -> Option<String> {
    let (first, others) = scopes.split_first()?;
    let mut text = String::with_capacity(scopes.iter().map(|scope| scope.as_str().len() + 1).sum());
    text.push_str(first.as_str());
    for scope in others {
        text.push(' ');
        text.push_str(scope.as_str());
    }
    Some(text)
}
