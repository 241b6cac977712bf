//! The one key that signs here: Ed25519, made of a fixed seed, so that a corpus stays good.

use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_token::PublicKey;
use serde_json::{Value, json};

static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap());

/// Its public half.
pub static KEY: LazyLock<PublicKey> = LazyLock::new(|| PublicKey::from_jwk(&jwk()).unwrap());

/// Its public half as a JWK.
pub(crate) fn jwk() -> Value {
    let x = URL_SAFE_NO_PAD.encode(PAIR.public_key().as_ref());
    json!({"kty": "OKP", "crv": "Ed25519", "x": x})
}

/// A compact JWS of this header and these claims.
pub fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(PAIR.sign(message.as_bytes()));
    format!("{message}.{signature}")
}
