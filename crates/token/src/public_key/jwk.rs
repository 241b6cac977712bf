//! Public keys as JWKs (RFC 7517), as DPoP proofs and outside issuers carry them.
//!
//! Only the members that make the key are read. A private member refuses the key: who shows it has lost it. RSA keys
//! end at 4096 bits here, since JWKs come from strangers, or are tried on what strangers send.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::curve::{Curve, UNCOMPRESSED};
use super::{PublicKey, RsaPublicKey};
use crate::KeyError;

/// What only a private or symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Characters of the longest member: a modulus of 4096 bits.
const MAX_MEMBER_LENGTH: usize = 683;

pub(super) fn parse(jwk: &Value) -> Result<PublicKey, KeyError> {
    let jwk = jwk.as_object().ok_or(KeyError::Jwk)?;
    if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
        return Err(KeyError::Private);
    }
    match text(jwk, "kty")? {
        "RSA" => RsaPublicKey::from_components(number(jwk, "n")?, number(jwk, "e")?)
            .and_then(|key| PublicKey::rsa(&key)),
        "EC" => elliptic(jwk),
        "OKP" => edwards(jwk),
        _ => Err(KeyError::Unsupported),
    }
}

fn elliptic(jwk: &Map<String, Value>) -> Result<PublicKey, KeyError> {
    let curve = curve(jwk)?;
    if curve == Curve::Ed25519 {
        return Err(KeyError::Unsupported);
    }
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != curve.coordinate_len() || y.len() != curve.coordinate_len() {
        return Err(KeyError::Jwk);
    }
    PublicKey::on_curve(curve, [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat())
}

fn edwards(jwk: &Map<String, Value>) -> Result<PublicKey, KeyError> {
    match curve(jwk)? {
        Curve::Ed25519 => PublicKey::on_curve(Curve::Ed25519, bytes(jwk, "x")?),
        Curve::P256 | Curve::P384 => Err(KeyError::Unsupported),
    }
}

fn curve(jwk: &Map<String, Value>) -> Result<Curve, KeyError> {
    let name = text(jwk, "crv")?;
    Curve::ALL.into_iter().find(|curve| curve.name() == name).ok_or(KeyError::Unsupported)
}

fn text<'a>(jwk: &'a Map<String, Value>, member: &str) -> Result<&'a str, KeyError> {
    jwk.get(member).and_then(Value::as_str).ok_or(KeyError::Jwk)
}

fn bytes(jwk: &Map<String, Value>, member: &str) -> Result<Vec<u8>, KeyError> {
    let text = text(jwk, member)?;
    if text.len() > MAX_MEMBER_LENGTH {
        return Err(KeyError::Jwk);
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Jwk)
}

/// A `Base64urlUInt`: with a leading zero the same key would have several thumbprints (RFC 7518 §2).
fn number(jwk: &Map<String, Value>, member: &str) -> Result<Vec<u8>, KeyError> {
    bytes(jwk, member)
        .and_then(|bytes| if bytes.first() == Some(&0) { Err(KeyError::Jwk) } else { Ok(bytes) })
}
