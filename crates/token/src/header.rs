//! JOSE headers of access tokens, prepared in advance.
//!
//! A token's header depends only on the key, the algorithm and the type, so each signer holds all of them
//! already encoded, and issuing copies one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{KeyId, SigningAlgorithm, SigningKeyKind, TokenDialect};
use serde::Serialize;

/// `typ`: which of the two families of access tokens this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenType {
    /// `JWT`: Auth0's own dialects (RFC 7519 §5.1).
    Jwt,
    /// `at+jwt`: the RFC 9068 dialects (RFC 9068 §2.1).
    AtJwt,
}

impl TokenType {
    /// The type of the dialect's tokens.
    pub(crate) fn of(dialect: TokenDialect) -> Self {
        match dialect {
            TokenDialect::AccessToken | TokenDialect::AccessTokenAuthz => Self::Jwt,
            TokenDialect::Rfc9068Profile | TokenDialect::Rfc9068ProfileAuthz => Self::AtJwt,
        }
    }

    /// The type with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Jwt, Self::AtJwt].into_iter().find(|typ| typ.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AtJwt => "at+jwt",
        }
    }
}

#[derive(Serialize)]
struct JoseHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a KeyId>,
}

/// One algorithm's headers, base64url.
struct OfAlgorithm {
    jwt: String,
    at_jwt: String,
}

impl OfAlgorithm {
    /// HS256 goes without `kid`: no key of ours signs it, and who verifies with the API's secret has nothing to look up.
    fn prepare(algorithm: SigningAlgorithm, kid: &KeyId) -> Result<Self, serde_json::Error> {
        let kid = Some(kid).filter(|_| algorithm != SigningAlgorithm::HS256);
        let encode = |typ: TokenType| -> Result<String, serde_json::Error> {
            let header = JoseHeader { alg: algorithm.as_str(), typ: typ.as_str(), kid };
            Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?))
        };
        Ok(Self { jwt: encode(TokenType::Jwt)?, at_jwt: encode(TokenType::AtJwt)? })
    }
}

/// Every header that tokens of one signer can have.
pub(crate) struct PreparedHeaders(Vec<(SigningAlgorithm, OfAlgorithm)>);

impl PreparedHeaders {
    /// The headers of the key of this kind with this `kid`. Those of HS256 are always among them: they name no key.
    pub(crate) fn new(kind: SigningKeyKind, key_id: &KeyId) -> Result<Self, serde_json::Error> {
        let algorithms = kind.algorithms().iter().chain([&SigningAlgorithm::HS256]);
        let prepared =
            algorithms.map(|algorithm| Ok((*algorithm, OfAlgorithm::prepare(*algorithm, key_id)?)));
        Ok(Self(prepared.collect::<Result<_, serde_json::Error>>()?))
    }

    /// The header, base64url; none where keys of this kind do not sign with the algorithm.
    pub(crate) fn get(&self, algorithm: SigningAlgorithm, typ: TokenType) -> Option<&str> {
        let (_, headers) = self.0.iter().find(|(prepared, _)| *prepared == algorithm)?;
        Some(match typ {
            TokenType::Jwt => &headers.jwt,
            TokenType::AtJwt => &headers.at_jwt,
        })
    }
}
