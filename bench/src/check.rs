//! That what is counted are tokens: one of them verified as an API would, with nothing of grantd's own.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::Outcome;
use crate::algorithm::{Algorithm, shared_key};
use crate::fill::text;

/// The three parts of a compact JWS, decoded where that says something.
pub(crate) struct Jws<'a> {
    /// What is signed: header, dot, claims.
    pub(crate) message: &'a str,
    /// The header as it stands there.
    pub(crate) header: &'a str,
    /// The claims, JSON.
    pub(crate) claims: String,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub(crate) fn parse(token: &'a str) -> Outcome<Self> {
        let (message, signature) = token.rsplit_once('.').ok_or("not a JWS")?;
        let (header, claims) = message.split_once('.').ok_or("not a JWS")?;
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims)?)?;
        Ok(Self { message, header, claims, signature: URL_SAFE_NO_PAD.decode(signature)? })
    }

    /// Verifies the signature: under the key of the JWKS that the header names, or under the shared secret.
    pub(crate) fn verify(&self, algorithm: Algorithm, jwks: &Value) -> Outcome {
        match algorithm {
            Algorithm::Rs256 => self.verify_rsa(jwks),
            Algorithm::Hs256 => hmac::verify(&shared_key(), self.message.as_bytes(), &self.signature)
                .map_err(|_| "a token does not verify under the shared secret".into()),
        }
    }

    fn verify_rsa(&self, jwks: &Value) -> Outcome {
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(self.header)?)?;
        let kid = text(&header, "kid")?;
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or("no keys in the JWKS")?;
        let key = keys.iter().find(|key| key.get("kid").is_some_and(|named| *named == *kid));
        let key = key.ok_or("the token's key is not in the JWKS")?;
        let part = |name| -> Outcome<Vec<u8>> { Ok(URL_SAFE_NO_PAD.decode(text(key, name)?)?) };
        let key = RsaPublicKeyComponents { n: part("n")?, e: part("e")? };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, self.message.as_bytes(), &self.signature)
            .map_err(|_| "a token does not verify against the JWKS".into())
    }
}
