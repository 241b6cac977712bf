//! `/clients/{client_id}/credentials`, and what clients do with them.
//!
//! The keys and certificates were made with openssl, and so were the thumbprints that the tests expect; the private
//! keys were thrown away.
#![expect(clippy::needless_pass_by_value, reason = "json! is a value")]

mod authority;
mod create;
mod create_client;
mod delete;
mod get;
mod list;
mod refused;
mod rotate_secret;
mod update;
mod update_client;
mod update_client_refused;

use serde_json::{Value, json};

use super::fixtures::{Requests, client, text};
use crate::support::{Answer, App};

pub const RSA: &str = include_str!("pem/rsa.pem");
/// The same key as [`RSA`].
pub const RSA_PKCS1: &str = include_str!("pem/rsa_pkcs1.pem");
pub const RSA_1024: &str = include_str!("pem/weak.pem");
/// No key: a number of 16384 bits that nobody has factored.
pub const RSA_16384: &str = include_str!("pem/rsa_16384.pem");
/// Everybody's signature is right by it.
pub const RSA_EXPONENT_1: &str = include_str!("pem/exponent_1.pem");
pub const RSA_EXPONENT_65539: &str = include_str!("pem/exponent_65539.pem");
pub const P256: &str = include_str!("pem/p256.pem");
/// [`P256`] with the last bit of its point changed.
pub const OFF_CURVE: &str = include_str!("pem/off_curve.pem");
pub const P384: &str = include_str!("pem/p384.pem");
pub const P521: &str = include_str!("pem/p521.pem");
pub const ED25519: &str = include_str!("pem/ed25519.pem");
/// Of [`P256`], for `C=DE, O=Example GmbH, CN=robot`, until 2035-06-01T00:00:00Z.
pub const CERTIFICATE: &str = include_str!("pem/certificate.pem");
/// Of [`P256`], until 2026-01-01T00:00:00Z.
pub const EXPIRED_CERTIFICATE: &str = include_str!("pem/expired_certificate.pem");
pub const RSA_1024_CERTIFICATE: &str = include_str!("pem/weak_certificate.pem");
pub const P521_CERTIFICATE: &str = include_str!("pem/p521_certificate.pem");
/// Of [`P256`], with an empty subject.
pub const NAMELESS_CERTIFICATE: &str = include_str!("pem/nameless_certificate.pem");

pub fn public_key(pem: &str, alg: &str) -> Value {
    json!({"credential_type": "public_key", "pem": pem, "alg": alg})
}

pub fn x509_cert(pem: &str) -> Value {
    json!({"credential_type": "x509_cert", "pem": pem})
}

pub fn cert_subject_dn(subject_dn: &str) -> Value {
    json!({"credential_type": "cert_subject_dn", "subject_dn": subject_dn})
}

/// `body` with these members.
pub fn with(mut body: Value, members: Value) -> Value {
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

/// A client that can be given an authentication method, and its path.
pub struct Robot {
    pub app: App,
    pub path: String,
}

impl Robot {
    pub async fn start() -> Self {
        let app = App::start().await;
        let path = format!("/clients/{}", client(&app).await);
        app.patch(&path, json!({"jwt_configuration": {"alg": "RS256"}})).await;
        Self { app, path }
    }

    /// The path of the client's credentials.
    pub fn credentials(&self) -> String {
        format!("{}/credentials", self.path)
    }

    /// Lets time pass.
    pub async fn advance(&self, seconds: u64) {
        self.app.advance(seconds);
        self.app.follower.catch_up().await.unwrap();
    }

    /// The id of a new credential.
    pub async fn credential(&self, body: Value) -> String {
        text(&self.app.create(&self.credentials(), body).await, "id")
    }

    pub async fn register(&self, body: Value) -> Answer {
        self.app.post(&self.credentials(), body).await
    }

    pub async fn change(&self, body: Value) -> Answer {
        self.app.patch(&self.path, body).await
    }

    /// Lets these credentials count for a method.
    pub async fn enable(&self, method: &str, ids: &[&str]) -> Answer {
        self.change(json!({"client_authentication_methods": methods(method, ids)})).await
    }
}

pub fn methods(method: &str, ids: &[&str]) -> Value {
    let credentials: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    json!({method: {"credentials": credentials}})
}

/// The message of a 400 about the body, without what stands before all of them.
pub fn complaint(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["errorCode"]), (400, &json!("invalid_body")), "{body}");
    let message = body["message"].as_str().unwrap();
    message.strip_prefix("Payload validation error: ").unwrap().to_owned()
}
