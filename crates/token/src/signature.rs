//! Signing: from encoded header and claims to a compact JWS (RFC 7515 §7.1).
//!
//! This is the hot path. It allocates the token once, at its final length, and the signature beside it.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{ResourceServer, Secret, SigningAlgorithm};

use crate::key_pair::KeyPair;
use crate::{IssueError, TokenSigner};

/// Bytes of a signature on P-256 (RFC 7518 §3.4) and on Ed25519 (RFC 8037 §3.1).
const CURVE_SIGNATURE: usize = 64;

/// With what an API's tokens are signed.
enum Method<'a> {
    /// Under the API's own secret.
    Hmac(&'a Secret),
    /// Under the deployment's RSA key.
    Rsa(&'a RsaKeyPair, &'static dyn RsaEncoding),
    /// Under the deployment's key on P-256.
    P256(&'a EcdsaKeyPair),
    /// Under the deployment's key on Ed25519.
    Ed25519(&'a Ed25519KeyPair),
}

impl<'a> Method<'a> {
    /// An empty secret counts as none: anybody could sign with it.
    fn of(api: &'a ResourceServer, signer: &'a TokenSigner) -> Result<Self, IssueError> {
        Ok(match (api.signing_alg, &signer.key_pair) {
            (SigningAlgorithm::HS256, _) => {
                let secret = api.signing_secret.as_ref().filter(|secret| !secret.expose().is_empty());
                Self::Hmac(secret.ok_or(IssueError::SigningSecretMissing)?)
            }
            (SigningAlgorithm::RS256, KeyPair::Rsa(pair)) => Self::Rsa(pair, &RSA_PKCS1_SHA256),
            (SigningAlgorithm::RS512, KeyPair::Rsa(pair)) => Self::Rsa(pair, &RSA_PKCS1_SHA512),
            (SigningAlgorithm::PS256, KeyPair::Rsa(pair)) => Self::Rsa(pair, &RSA_PSS_SHA256),
            (SigningAlgorithm::ES256, KeyPair::P256(pair)) => Self::P256(pair),
            (SigningAlgorithm::EdDSA, KeyPair::Ed25519(pair)) => Self::Ed25519(pair),
            _ => return Err(IssueError::SigningKeyKind),
        })
    }

    /// Bytes of a signature.
    fn signature_len(&self) -> usize {
        match self {
            Self::Hmac(_) => hmac::HMAC_SHA256.tag_len(),
            Self::Rsa(pair, _) => pair.public_modulus_len(),
            Self::P256(_) | Self::Ed25519(_) => CURVE_SIGNATURE,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssueError> {
        match self {
            Self::Hmac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
                Ok(hmac::sign(&key, message).as_ref().to_vec())
            }
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; self.signature_len()];
                let signed = pair.sign(*encoding, &SystemRandom::new(), message, &mut signature);
                signed.map(|()| signature).map_err(|_| IssueError::Signing)
            }
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| IssueError::Signing)
            }
            Self::Ed25519(pair) => {
                let signature = pair.try_sign(message);
                signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| IssueError::Signing)
            }
        }
    }
}

/// The compact JWS of these claims under an encoded header, signed as the API says.
pub(crate) fn sign(
    header: &str,
    claims: &[u8],
    api: &ResourceServer,
    signer: &TokenSigner,
) -> Result<String, IssueError> {
    let method = Method::of(api, signer)?;
    let length = header.len() + encoded_len(claims.len()) + encoded_len(method.signature_len()) + 2;
    let mut token = String::with_capacity(length);
    token.push_str(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = method.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// Characters of so many bytes in base64url.
pub(crate) fn encoded_len(bytes: usize) -> usize {
    base64::encoded_len(bytes, false).unwrap_or_default()
}
