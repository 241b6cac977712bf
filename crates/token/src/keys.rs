//! Making signing keys.
//!
//! Apart from using them: this runs once per rotation and takes about a tenth of a second, so callers put it
//! on a blocking thread. The certificate is signed by the key itself and only carries it to `x5c`.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use grantd_model::{Entropy, KeyId, Secret, SigningKey, SigningKeyState, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_RSA_SHA256, SignatureAlgorithm};
use time::{Duration, OffsetDateTime};

use crate::KeyError;

/// Days that a certificate is valid: over thirteen years, far beyond any rotation, as Auth0's.
const CERTIFICATE_DAYS: i64 = 5000;

/// A new RSA-2048 key with its certificate, in state [`SigningKeyState::Current`].
///
/// `issuer_host` becomes the certificate's common name, `now` its first second. The `kid` is drawn from
/// `entropy`; the key pair itself is drawn by the library, which takes no other source.
pub fn generate_signing_key(
    issuer_host: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<SigningKey, KeyError> {
    let key_pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?;
    let private_key: Pkcs8V1Der<'_> = key_pair.as_der().map_err(|_| KeyError::Generation)?;
    let certificate = self_signed(issuer_host, now)?.self_signed(&CertificateKey(&key_pair))?;
    Ok(SigningKey {
        kid: KeyId::generate(entropy),
        state: SigningKeyState::Current,
        private_key: Secret::from(private_key.as_ref().to_vec()),
        certificate: certificate.pem(),
        created_at: now,
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
struct CertificateKey<'a>(&'a RsaKeyPair);

impl rcgen::PublicKeyData for CertificateKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for CertificateKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| rcgen::Error::RingUnspecified)
    }
}
