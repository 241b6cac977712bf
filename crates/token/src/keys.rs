//! Making signing keys.
//!
//! Apart from using them: this runs once per rotation and takes about a tenth of a second for RSA, so callers put it
//! on a blocking thread. The certificate is signed by the key itself and only carries it to `x5c`.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use grantd_model::{Entropy, KeyId, SigningKey, SigningKeyKind, SigningKeyState, Timestamp};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};
use time::{Duration, OffsetDateTime};

use crate::KeyError;
use crate::key_pair::KeyPair;

/// Days that a certificate is valid: over thirteen years, far beyond any rotation, as Auth0's.
const CERTIFICATE_DAYS: i64 = 5000;

/// A new key of this kind with its certificate, in state [`SigningKeyState::Next`].
///
/// `issuer_host` becomes the certificate's common name, `now` its first second. The `kid` is drawn from
/// `entropy`; the key pair itself is drawn by the library, which takes no other source.
pub fn generate_signing_key(
    kind: SigningKeyKind,
    issuer_host: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<SigningKey, KeyError> {
    let key_pair = KeyPair::generate(kind)?;
    let certificate = self_signed(issuer_host, now)?.self_signed(&CertificateKey(&key_pair))?;
    Ok(SigningKey {
        kid: KeyId::generate(entropy),
        kind,
        state: SigningKeyState::Next,
        private_key: key_pair.to_pkcs8()?,
        certificate: certificate.pem(),
        created_at: now,
        current_since: None,
        current_until: None,
        revoked_at: None,
    })
}

fn self_signed(common_name: &str, now: Timestamp) -> Result<CertificateParams, KeyError> {
    let seconds = i64::try_from(now.seconds()).map_err(|_| KeyError::Lifetime)?;
    let not_before = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| KeyError::Lifetime)?;
    let not_after = not_before.checked_add(Duration::days(CERTIFICATE_DAYS)).ok_or(KeyError::Lifetime)?;
    let mut certificate = CertificateParams::default();
    certificate.not_before = not_before;
    certificate.not_after = not_after;
    certificate.distinguished_name = DistinguishedName::new();
    certificate.distinguished_name.push(DnType::CommonName, common_name);
    Ok(certificate)
}

/// Lets rcgen sign with the key pair at hand; its own key type would keep a copy that is never wiped.
struct CertificateKey<'a>(&'a KeyPair);

impl rcgen::PublicKeyData for CertificateKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_bits()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.0 {
            KeyPair::Rsa(_) => &PKCS_RSA_SHA256,
            KeyPair::P256(_) => &PKCS_ECDSA_P256_SHA256,
            KeyPair::Ed25519(_) => &PKCS_ED25519,
        }
    }
}

impl rcgen::SigningKey for CertificateKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        sign(self.0, message).ok_or(rcgen::Error::RingUnspecified)
    }
}

/// A signature as certificates hold it: that on P-256 is a DER sequence there (RFC 5480 appendix A).
fn sign(key_pair: &KeyPair, message: &[u8]) -> Option<Vec<u8>> {
    match key_pair {
        KeyPair::Rsa(pair) => {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
            Some(signature)
        }
        KeyPair::P256(pair) => {
            let pkcs8 = pair.to_pkcs8v1().ok()?;
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).ok()?;
            Some(pair.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
        }
        KeyPair::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
    }
}
