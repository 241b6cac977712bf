//! Why a key cannot be used, and why a token cannot be made.
//!
//! They stand together since the second contains the first. Neither is a client's mistake at the token
//! endpoint: keys are checked when they are configured, so whatever shows up there is an internal error.

use thiserror::Error;

/// Why a key or a certificate cannot be made or used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The library could not make a key pair.
    #[error("no key pair could be generated")]
    Generation,
    /// The certificate's lifetime is beyond the calendar.
    #[error("the certificate would be valid beyond the year 9999")]
    Lifetime,
    /// The certificate could not be made.
    #[error("the certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// The private key is not one of its kind in PKCS #8.
    #[error("the private key is not usable")]
    PrivateKey(#[source] aws_lc_rs::error::KeyRejected),
    /// The headers of its tokens could not be written.
    #[error("the headers of its tokens could not be written")]
    Header(#[source] serde_json::Error),
    /// The certificate is for another key.
    #[error("the certificate does not belong to the private key")]
    CertificateMismatch,
    /// Neither `CERTIFICATE` nor `PUBLIC KEY` in PEM.
    #[error("neither a certificate nor a public key in PEM")]
    Pem,
    /// PEM of something else, where only a certificate will do.
    #[error("a certificate is needed, and this is none")]
    NotACertificate,
    /// The DER inside is damaged.
    #[error("the certificate or public key cannot be read")]
    Der,
    /// Longer than 16 KiB.
    #[error("the key or certificate is longer than 16 KiB")]
    TooLong,
    /// A private key, or a JWK with a private member. It should never have left its owner.
    #[error("this is a private key; only a public key may be shown")]
    Private,
    /// The JWK lacks a member of its kind of key, or has one of the wrong form (RFC 7518 §6, RFC 8037 §2).
    #[error("the JWK is not a public key")]
    Jwk,
    /// The key is none that clients may sign with.
    #[error("the key is not an RSA, P-256, P-384 or Ed25519 key")]
    Unsupported,
    /// The key is not an RSA key.
    #[error("the key is not an RSA key")]
    NotRsa,
    /// The modulus is shorter than 2048 or longer than 8192 bits.
    #[error("the RSA modulus has {bits} bits, not 2048 to 8192")]
    ModulusSize {
        /// How long the modulus is.
        bits: usize,
    },
    /// The modulus is even, or the exponent is even, 1 or over 65537: encryption would hide nothing or
    /// could not be undone, signatures would prove nothing or take too long.
    #[error("the RSA modulus or exponent is not sound")]
    Unsound,
    /// The library does not take the key.
    #[error("the public key is not usable")]
    PublicKey(#[source] aws_lc_rs::error::KeyRejected),
}

/// Why no token could be made. All of these are faults of the configuration or of the server.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The API signs with HS256 and has no secret.
    #[error("the API signs with HS256 and has no signing secret")]
    SigningSecretMissing,
    /// The API signs with another kind of key.
    #[error("the API signs with another kind of key")]
    SigningKeyKind,
    /// The API encrypts its tokens and has no key.
    #[error("the API encrypts its tokens and has no encryption key")]
    EncryptionKeyMissing,
    /// The API's encryption algorithm is not one of RSA-OAEP-256, -384 and -512.
    #[error("{0} is not an encryption algorithm for tokens")]
    EncryptionAlgorithm(String),
    /// The API's encryption key is not usable.
    #[error("the API's encryption key is not usable")]
    EncryptionKey(#[from] KeyError),
    /// The claims or the header could not be written.
    #[error("the token could not be written")]
    Json(#[from] serde_json::Error),
    /// The library could not sign.
    #[error("the token could not be signed")]
    Signing,
    /// The library could not encrypt.
    #[error("the token could not be encrypted")]
    Encryption,
}
