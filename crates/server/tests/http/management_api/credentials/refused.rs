//! What cannot be used is refused when it is registered, with the reason.

use serde_json::{Value, json};

use super::{
    CERTIFICATE, ED25519, EXPIRED_CERTIFICATE, NAMELESS_CERTIFICATE, OFF_CURVE, P256, P384, P521,
    P521_CERTIFICATE, RSA, RSA_1024, RSA_1024_CERTIFICATE, RSA_16384, RSA_EXPONENT_1, RSA_EXPONENT_65539,
    Robot, cert_subject_dn, complaint, public_key, with, x509_cert,
};
use crate::management_api::fixtures::Requests;

async fn assert_refused(rows: impl IntoIterator<Item = (Value, &str)>) {
    let robot = Robot::start().await;
    for (body, expected) in rows {
        assert_eq!(complaint(&robot.register(body.clone()).await), expected, "{body}");
    }
    assert_eq!(robot.app.get(&robot.credentials()).await.json(), json!([]), "nothing was made");
}

#[tokio::test]
async fn keys_that_are_weak_damaged_or_none() {
    let key = |pem: &str| public_key(pem, "RS256");
    let private = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let damaged = RSA.replace("MII", "MIJ");
    let rows = [
        (key(RSA_1024), "`pem` cannot be used: the RSA modulus has 1024 bits, not 2048 to 8192"),
        (key(RSA_1024_CERTIFICATE), "`pem` cannot be used: the RSA modulus has 1024 bits, not 2048 to 8192"),
        (key(RSA_16384), "`pem` cannot be used: the RSA modulus has 16384 bits, not 2048 to 8192"),
        (key(RSA_EXPONENT_1), "`pem` cannot be used: the RSA modulus or exponent is not sound"),
        (public_key(OFF_CURVE, "ES256"), "`pem` cannot be used: the public key is not usable"),
        (key(RSA_EXPONENT_65539), "`pem` cannot be used: the RSA modulus or exponent is not sound"),
        (key(P521), "`pem` cannot be used: the key is not an RSA, P-256, P-384 or Ed25519 key"),
        (key(private), "`pem` cannot be used: this is a private key; only a public key may be shown"),
        (
            key(&format!("{RSA}{private}")),
            "`pem` cannot be used: this is a private key; only a public key may be shown",
        ),
        (key(&damaged), "`pem` cannot be used: the certificate or public key cannot be read"),
        (key(""), "`pem` cannot be used: neither a certificate nor a public key in PEM"),
        (key("ssh-rsa AAAA"), "`pem` cannot be used: neither a certificate nor a public key in PEM"),
        (
            key(&"x".repeat(16 * 1024 + 1)),
            "`pem` cannot be used: the key or certificate is longer than 16 KiB",
        ),
        (json!({"credential_type": "public_key"}), "`pem` is required for public_key credentials"),
    ];
    assert_refused(rows).await;
}

#[tokio::test]
async fn keys_of_another_kind_than_their_algorithm() {
    let unspecified = |pem: &str| json!({"credential_type": "public_key", "pem": pem});
    let rows = [
        (public_key(RSA, "ES256"), "the key in `pem` cannot be used with `alg` ES256"),
        (public_key(RSA, "EdDSA"), "the key in `pem` cannot be used with `alg` EdDSA"),
        (public_key(P256, "ES384"), "the key in `pem` cannot be used with `alg` ES384"),
        (public_key(P384, "ES256"), "the key in `pem` cannot be used with `alg` ES256"),
        (public_key(ED25519, "PS256"), "the key in `pem` cannot be used with `alg` PS256"),
        (unspecified(P256), "the key in `pem` cannot be used with `alg` RS256"),
    ];
    assert_refused(rows).await;
}

#[tokio::test]
async fn algorithms_that_there_are_not() {
    let robot = Robot::start().await;
    for alg in ["HS256", "none", "RS512", "rs256", "ES512"] {
        let answer = robot.register(public_key(RSA, alg)).await;
        let expected = format!("'No enum match for: {alg}' on property alg");
        assert!(complaint(&answer).starts_with(&expected), "{}", answer.text);
    }
}

#[tokio::test]
async fn expiries_that_are_over_or_unclear() {
    let over = "the credential has expired: `expires_at` must be in the future";
    let expiring = |members: Value| with(public_key(CERTIFICATE, "ES256"), members);
    let rows = [
        (expiring(json!({"expires_at": "2026-01-02T03:04:05Z"})), over),
        (expiring(json!({"expires_at": "1969-12-31T23:59:59Z"})), over),
        (with(public_key(EXPIRED_CERTIFICATE, "ES256"), json!({"parse_expiry_from_cert": true})), over),
        (x509_cert(EXPIRED_CERTIFICATE), over),
        (
            expiring(json!({"parse_expiry_from_cert": true, "expires_at": "2096-05-13T09:33:13Z"})),
            "`parse_expiry_from_cert` and `expires_at` are mutually exclusive",
        ),
        (
            with(public_key(P256, "ES256"), json!({"parse_expiry_from_cert": true})),
            "`parse_expiry_from_cert` requires an X.509 certificate in `pem`",
        ),
        (
            expiring(json!({"expires_at": "tomorrow"})),
            "'Object didn't pass validation for format date-time: tomorrow' on property expires_at (The ISO 8601 \
             formatted date representing the expiration of the credential. If not specified (not recommended), the \
             credential never expires. Applies to `public_key` credential type).",
        ),
    ];
    assert_refused(rows).await;
    let robot = Robot::start().await;
    let next_second = json!({"expires_at": "2026-01-02T03:04:06Z"});
    assert_eq!(robot.register(expiring(next_second)).await.status, 201);
}

#[tokio::test]
async fn certificates_that_cannot_be_used() {
    let rows = [
        (x509_cert(P256), "`pem` cannot be used: a certificate is needed, and this is none"),
        (
            x509_cert(RSA_1024_CERTIFICATE),
            "`pem` cannot be used: the RSA modulus has 1024 bits, not 2048 to 8192",
        ),
        (
            x509_cert(P521_CERTIFICATE),
            "`pem` cannot be used: the key is not an RSA, P-256, P-384 or Ed25519 key",
        ),
        (json!({"credential_type": "x509_cert"}), "`pem` is required for x509_cert credentials"),
    ];
    assert_refused(rows).await;
}

#[tokio::test]
async fn subjects_that_name_nobody() {
    let unreadable = "the subject distinguished name is empty or cannot be read";
    let one_of = "exactly one of `subject_dn` and `pem` must be provided for cert_subject_dn credentials";
    let of_certificate = |pem: &str| json!({"credential_type": "cert_subject_dn", "pem": pem});
    let rows = [
        (cert_subject_dn(" "), unreadable),
        (cert_subject_dn("robot"), unreadable),
        (cert_subject_dn("CN=robot,"), unreadable),
        (of_certificate(NAMELESS_CERTIFICATE), unreadable),
        (of_certificate(P256), "`pem` cannot be used: a certificate is needed, and this is none"),
        (json!({"credential_type": "cert_subject_dn"}), one_of),
        (with(cert_subject_dn("CN=robot"), json!({"pem": CERTIFICATE})), one_of),
    ];
    assert_refused(rows).await;
}

#[tokio::test]
async fn members_of_another_type() {
    let rows = [
        (
            with(public_key(RSA, "RS256"), json!({"subject_dn": "CN=robot"})),
            "`subject_dn` does not apply to public_key credentials",
        ),
        (
            with(x509_cert(CERTIFICATE), json!({"alg": "RS256"})),
            "`alg` does not apply to x509_cert credentials",
        ),
        (
            with(x509_cert(CERTIFICATE), json!({"expires_at": "2096-05-13T09:33:13Z"})),
            "`expires_at` does not apply to x509_cert credentials",
        ),
        (
            with(cert_subject_dn("CN=robot"), json!({"kid": "1234567890"})),
            "`kid` does not apply to cert_subject_dn credentials",
        ),
        (
            with(cert_subject_dn("CN=robot"), json!({"parse_expiry_from_cert": true})),
            "`parse_expiry_from_cert` does not apply to cert_subject_dn credentials",
        ),
    ];
    assert_refused(rows).await;
}
