//! Keys of clients, and what they sign with them. Signed by another implementation than the one that verifies.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_server::ClientCertificate;
use grantd_token::Certificate;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_ED25519,
};
use serde_json::{Value, json};

use crate::support::{ISSUER, NOW};

/// What an assertion of a client is marked with (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key pair.
pub struct Key {
    pair: KeyPair,
    encoding: EncodingKey,
    certificates: Mutex<HashMap<String, String>>,
}

pub static RSA: LazyLock<Key> = LazyLock::new(|| {
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let encoding = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
    Key { pair, encoding, certificates: Mutex::default() }
});
pub static OTHER_RSA: LazyLock<Key> = LazyLock::new(|| {
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let encoding = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
    Key { pair, encoding, certificates: Mutex::default() }
});
pub static P256: LazyLock<Key> = LazyLock::new(|| elliptic(&PKCS_ECDSA_P256_SHA256));
pub static OTHER_P256: LazyLock<Key> = LazyLock::new(|| elliptic(&PKCS_ECDSA_P256_SHA256));
pub static P384: LazyLock<Key> = LazyLock::new(|| elliptic(&PKCS_ECDSA_P384_SHA384));
pub static ED25519: LazyLock<Key> = LazyLock::new(|| {
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let encoding = EncodingKey::from_ed_pem(pair.serialize_pem().as_bytes()).unwrap();
    Key { pair, encoding, certificates: Mutex::default() }
});

fn elliptic(algorithm: &'static rcgen::SignatureAlgorithm) -> Key {
    let pair = KeyPair::generate_for(algorithm).unwrap();
    let encoding = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    Key { pair, encoding, certificates: Mutex::default() }
}

impl Key {
    /// The public key, PEM.
    pub fn public_pem(&self) -> String {
        self.pair.public_key_pem()
    }

    /// The public key as a JWK.
    pub fn jwk(&self, algorithm: Algorithm) -> Value {
        if algorithm == Algorithm::EdDSA {
            let x = URL_SAFE_NO_PAD.encode(self.pair.public_key_raw());
            return json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        }
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&self.encoding, algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk.as_object_mut()
            .unwrap()
            .retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        jwk
    }

    /// Its certificate, signed by itself and not verified, as a connection brings it.
    pub fn client_certificate(&self, common_name: &str) -> Arc<ClientCertificate> {
        let certificate = Certificate::from_pem(&self.certificate_pem(common_name)).unwrap();
        Arc::new(ClientCertificate { certificate, verified: false })
    }

    /// The same, PEM. ECDSA signs differently each time, so it is made once for each name.
    pub fn certificate_pem(&self, common_name: &str) -> String {
        let mut made = self.certificates.lock().unwrap();
        made.entry(common_name.to_owned()).or_insert_with(|| self.make_certificate(common_name)).clone()
    }

    fn make_certificate(&self, common_name: &str) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "ES");
        params.distinguished_name.push(DnType::OrganizationName, "Shop, Ltd");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        params.self_signed(&self.pair).unwrap().pem()
    }

    /// The public key, DER of `SubjectPublicKeyInfo`.
    pub fn public_der(&self) -> Vec<u8> {
        rcgen::PublicKeyData::subject_public_key_info(&self.pair)
    }

    /// A signature of these bytes, base64url.
    pub fn sign_bytes(&self, message: &[u8], algorithm: Algorithm) -> String {
        jsonwebtoken::crypto::sign(message, &self.encoding, algorithm).unwrap()
    }

    /// A JWT of these claims under this header.
    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.encoding).unwrap()
    }
}

/// The claims of an assertion by which the client proves itself.
pub fn assertion_claims(client_id: &str) -> Value {
    let now = NOW.seconds();
    json!({"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": "one", "iat": now, "exp": now + 120})
}
