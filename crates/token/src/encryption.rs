//! Encrypting tokens for the API that they are for (Auth0: JSON Web Encryption).
//!
//! A signed token becomes the content of a compact JWE under the API's RSA key (RFC 7516 §7.1, RFC 7519 §11.2).
//! The content key and the nonce are made for one token only, so no nonce ever meets a key twice.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{EncryptionKey, Entropy};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::public_key::RsaPublicKey;
use crate::signature::encoded_len;
use crate::{IssueError, KeyError};

/// An API's public key, checked: RSA of 2048 to 8192 bits with a sound exponent.
#[derive(Debug)]
pub struct EncryptionPublicKey(RsaPublicKey);

impl EncryptionPublicKey {
    /// From a certificate or a public key (SPKI) in PEM; anything else is an error, private keys above all.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        RsaPublicKey::from_pem(pem).map(Self)
    }

    /// `thumbprint_sha256` of the Management API: the JWK's thumbprint, base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        self.0.thumbprint()
    }

    /// The content key, encrypted.
    fn wrap(self, content_key: &[u8], algorithm: &'static OaepAlgorithm) -> Result<Vec<u8>, IssueError> {
        let key = OaepPublicEncryptingKey::new(self.0.encrypting).map_err(|_| IssueError::Encryption)?;
        let mut wrapped = vec![0; key.ciphertext_size()];
        key.encrypt(algorithm, content_key, &mut wrapped, None).map_err(|_| IssueError::Encryption)?;
        Ok(wrapped)
    }
}

/// The RFC 7638 SHA-256 thumbprint, base64url, of the RSA key in a certificate or an SPKI public key in PEM.
/// An error says why the key cannot encrypt tokens.
pub fn rsa_thumbprint_from_pem(pem: &str) -> Result<String, KeyError> {
    Ok(EncryptionPublicKey::from_pem(pem)?.thumbprint())
}

#[derive(Serialize)]
struct ProtectedHeader<'a> {
    alg: &'a str,
    enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    cty: &'static str,
}

/// The signed token inside a JWE for the API's key.
pub(crate) fn encrypt(
    token: String,
    key: &EncryptionKey,
    entropy: &dyn Entropy,
) -> Result<String, IssueError> {
    let algorithm = oaep(&key.alg).ok_or_else(|| IssueError::EncryptionAlgorithm(key.alg.clone()))?;
    let public_key =
        EncryptionPublicKey::from_pem(key.pem.as_deref().ok_or(IssueError::EncryptionKeyMissing)?)?;
    let header = ProtectedHeader { alg: &key.alg, enc: "A256GCM", kid: key.kid.as_deref(), cty: "JWT" };
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);

    let mut content_key = Zeroizing::new([0_u8; 32]);
    entropy.fill(content_key.as_mut_slice());
    let mut nonce = [0_u8; NONCE_LEN];
    entropy.fill(&mut nonce);

    let wrapped = public_key.wrap(content_key.as_slice(), algorithm)?;
    let mut content = token.into_bytes();
    let tag = seal(content_key.as_slice(), nonce, header.as_bytes(), &mut content)?;
    Ok(compact(&header, [&wrapped, &nonce, &content, &tag]))
}

/// The algorithm that `alg` names (RFC 7518 §4.3; -384 and -512 as registered by the Web Cryptography API).
fn oaep(name: &str) -> Option<&'static OaepAlgorithm> {
    match name {
        "RSA-OAEP-256" => Some(&OAEP_SHA256_MGF1SHA256),
        "RSA-OAEP-384" => Some(&OAEP_SHA384_MGF1SHA384),
        "RSA-OAEP-512" => Some(&OAEP_SHA512_MGF1SHA512),
        _ => None,
    }
}

/// Encrypts the content in place and returns the tag (RFC 7518 §5.3); the encoded header is authenticated too.
fn seal(
    key: &[u8],
    nonce: [u8; NONCE_LEN],
    header: &[u8],
    content: &mut [u8],
) -> Result<Vec<u8>, IssueError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| IssueError::Encryption)?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = LessSafeKey::new(key).seal_in_place_separate_tag(nonce, Aad::from(header), content);
    tag.map(|tag| tag.as_ref().to_vec()).map_err(|_| IssueError::Encryption)
}

/// Encrypted key, nonce, ciphertext and tag after the header (RFC 7516 §7.1).
fn compact(header: &str, parts: [&[u8]; 4]) -> String {
    let length = parts.iter().map(|part| encoded_len(part.len()) + 1).sum::<usize>();
    let mut token = String::with_capacity(header.len() + length);
    token.push_str(header);
    for part in parts {
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(part, &mut token);
    }
    token
}
