//! The published keys of an outside issuer (RFC 7517 §5).
//!
//! Apart from its tokens: keys are fetched and kept, tokens come one by one. Keys that we cannot use are left out,
//! since issuers publish for others too; a private key among them refuses the whole set.

use grantd_model::AssertionAlgorithm;
use serde_json::{Map, Value};
use thiserror::Error;

use super::json;
use crate::{KeyError, PublicKey};

/// Bytes of the longest key set.
const MAX_LENGTH: usize = 64 * 1024;
/// Keys of the largest key set.
const MAX_KEYS: usize = 64;

/// Why a key set cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutsideKeysError {
    /// Longer than 64 KiB.
    #[error("the key set is longer than 64 KiB")]
    TooLong,
    /// Not a JSON object with a list of objects as `keys`, or a member comes twice.
    #[error("this is not a JSON Web Key Set")]
    Malformed,
    /// More than 64 keys.
    #[error("the key set has more than 64 keys")]
    TooMany,
    /// Private or symmetric keys are published, so that anybody may have signed.
    #[error("the key set has a private key in it")]
    Private,
    /// None of RSA from 2048 bits on, P-256, P-384 and Ed25519 that is for signatures.
    #[error("the key set has no key that could be used")]
    NoneUsable,
}

/// The keys with which an outside issuer signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideKeys {
    keys: Vec<OutsideKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OutsideKey {
    kid: Option<String>,
    /// The one algorithm that it is for, where the issuer says so (RFC 7517 §4.4).
    only: Option<AssertionAlgorithm>,
    key: PublicKey,
}

impl OutsideKeys {
    /// From a JWKS document of at most 64 KiB and 64 keys, of which at least one can be used.
    pub fn parse(jwks: &[u8]) -> Result<Self, OutsideKeysError> {
        if jwks.len() > MAX_LENGTH {
            return Err(OutsideKeysError::TooLong);
        }
        let document = json::object(jwks).ok_or(OutsideKeysError::Malformed)?;
        let listed = document.get("keys").and_then(Value::as_array).ok_or(OutsideKeysError::Malformed)?;
        if listed.len() > MAX_KEYS {
            return Err(OutsideKeysError::TooMany);
        }
        let read = listed.iter().map(OutsideKey::read);
        let keys: Vec<_> = read.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(OutsideKeysError::NoneUsable) } else { Ok(Self { keys }) }
    }

    /// How many keys can be used, 1 to 64.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Whether a token that names this key could be verified.
    pub fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The keys that a token with this header could be signed with: those that it names, or any.
    pub(super) fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: AssertionAlgorithm,
    ) -> impl Iterator<Item = &PublicKey> {
        let named = move |key: &&OutsideKey| kid.is_none() || key.kid.as_deref() == kid;
        let able = move |key: &&OutsideKey| {
            key.only.is_none_or(|only| only == algorithm) && key.key.supports(algorithm)
        };
        self.keys.iter().filter(named).filter(able).map(|key| &key.key)
    }
}

impl OutsideKey {
    /// `None` for a key that is not for us.
    fn read(jwk: &Value) -> Result<Option<Self>, OutsideKeysError> {
        let members = jwk.as_object().ok_or(OutsideKeysError::Malformed)?;
        let key = match PublicKey::from_jwk(jwk) {
            Ok(key) => key,
            Err(KeyError::Private) => return Err(OutsideKeysError::Private),
            Err(_) => return Ok(None),
        };
        Ok(Self::described(key, members))
    }

    fn described(key: PublicKey, members: &Map<String, Value>) -> Option<Self> {
        let is_for_signatures = members.get("use").is_none_or(|value| value == "sig");
        let verifies = members.get("key_ops").is_none_or(|operations| {
            operations.as_array().is_some_and(|operations| operations.iter().any(|it| it == "verify"))
        });
        let kid = text(members, "kid")?;
        let only = text(members, "alg")?.map(|name| name.parse().ok());
        let described = Self { kid: kid.map(str::to_owned), only: only.flatten(), key };
        (is_for_signatures && verifies && only != Some(None)).then_some(described)
    }
}

/// `None` where the member is there and no string.
#[expect(clippy::option_option, reason = "a member may be absent, which is fine, or wrong, which is not")]
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<Option<&'a str>> {
    members.get(name).map_or(Some(None), |value| value.as_str().map(Some))
}
