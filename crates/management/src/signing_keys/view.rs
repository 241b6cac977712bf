//! A signing key as the wire shows it: never its private half.

use grantd_model::{SigningKey, SigningKeyState, Timestamp};
use grantd_token::{certificate_fingerprint, pkcs7_from_pem};
use serde::Serialize;

use crate::Error;

/// A key with all that is known of it; what has not happened is absent.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the wire's")]
pub struct SigningKeyView {
    kid: String,
    cert: String,
    pkcs7: String,
    current: bool,
    next: bool,
    previous: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_until: Option<String>,
    fingerprint: String,
    thumbprint: String,
    revoked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl SigningKeyView {
    pub(super) fn of(key: SigningKey) -> Result<Self, Error> {
        let unreadable = |error: grantd_token::KeyError| Error::Crypto(error.to_string());
        let fingerprint = certificate_fingerprint(&key.certificate).map_err(unreadable)?;
        let shown = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Ok(Self {
            kid: key.kid.to_string(),
            pkcs7: pkcs7_from_pem(&key.certificate).map_err(unreadable)?,
            cert: key.certificate,
            current: key.state == SigningKeyState::Current,
            next: key.state == SigningKeyState::Next,
            previous: key.state == SigningKeyState::Previous,
            current_since: shown(key.current_since),
            current_until: shown(key.current_until),
            thumbprint: fingerprint.replace(':', ""),
            fingerprint,
            revoked: key.revoked_at.is_some(),
            revoked_at: shown(key.revoked_at),
        })
    }
}

/// A key, as short as changes answer.
#[derive(Serialize)]
pub struct SigningKeyReference {
    cert: String,
    kid: String,
}

impl From<SigningKey> for SigningKeyReference {
    fn from(key: SigningKey) -> Self {
        Self { cert: key.certificate, kid: key.kid.to_string() }
    }
}
