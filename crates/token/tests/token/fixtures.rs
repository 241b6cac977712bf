//! One deployment for all tests: two keys made once, a client, an API, an organization, a clock that stands still.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_decision::{Authorization, Confirmation};
use grantd_model::{
    Client, Entropy, Organization, ResourceServer, ScopeSet, Secret, SigningAlgorithm, SigningKey,
    SigningKeyKind, Timestamp,
};
use grantd_token::{IssueError, IssuedToken, KeyRing, TokenSigner, generate_signing_key, issue};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://t.example/";
pub const AUDIENCE: &str = "https://api";
pub const NOW: Timestamp = Timestamp::from_seconds(1_727_782_196);
pub const SECRET: &str = "an API's own secret, long enough";

/// Counts, so that drawn text is the alphabet: `ABCDEFG…`.
pub struct Counting(AtomicU8);

impl Counting {
    pub fn from(start: u8) -> Self {
        Self(AtomicU8::new(start))
    }
}

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// The key that signs; its `kid` is `ABCDEFGHIJKLMNOPQRSTU`.
pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| generate("t.example", 0));
/// A key of somebody else.
pub static OTHER_KEY: LazyLock<SigningKey> = LazyLock::new(|| generate("other.example", 26));
pub static SIGNER: LazyLock<TokenSigner> = LazyLock::new(|| TokenSigner::parse(&KEY).unwrap());
pub static RING: LazyLock<KeyRing> = LazyLock::new(|| [SIGNER.verifying_key()].into_iter().collect());

/// A key on P-256; its `kid` is `hijklmnopqrstuvwxyz01`.
pub static P256_KEY: LazyLock<SigningKey> = LazyLock::new(|| generate_of(SigningKeyKind::P256, 33));
/// A key on Ed25519; its `kid` is `ijklmnopqrstuvwxyz012`.
pub static ED25519_KEY: LazyLock<SigningKey> = LazyLock::new(|| generate_of(SigningKeyKind::Ed25519, 34));

fn generate_of(kind: SigningKeyKind, start: u8) -> SigningKey {
    generate_signing_key(kind, "t.example", NOW, &Counting::from(start)).unwrap().promoted(NOW)
}

fn generate(host: &str, start: u8) -> SigningKey {
    generate_signing_key(SigningKeyKind::Rsa2048, host, NOW, &Counting::from(start)).unwrap().promoted(NOW)
}

/// What an authorization borrows from.
pub struct Situation {
    pub client: Client,
    pub api: ResourceServer,
    pub organization: Option<Organization>,
    pub names_organization: bool,
    pub confirmation: Option<Confirmation<'static>>,
    pub scope: ScopeSet,
}

impl Situation {
    /// Client `CID` with scopes `read:a` and `write:a` at an API with these members beside its identifier.
    pub fn new(api: &Value) -> Self {
        let client = json!({"client_id": "CID", "name": "c", "is_first_party": true});
        let mut members = json!({"id": "api", "identifier": AUDIENCE, "token_lifetime": 86400});
        members.as_object_mut().unwrap().extend(api.as_object().unwrap().clone());
        let mut api: ResourceServer = serde_json::from_value(members).unwrap();
        api.signing_secret = (api.signing_alg == SigningAlgorithm::HS256).then(|| Secret::from(SECRET));
        let scope = ["read:a", "write:a"].map(Into::into).into_iter().collect();
        let client = serde_json::from_value(client).unwrap();
        Self { client, api, organization: None, names_organization: false, confirmation: None, scope }
    }

    pub fn in_acme(mut self, names_organization: bool) -> Self {
        let acme = json!({"id": "org_vIK75NKFvaozQsFy", "name": "acme"});
        self.organization = Some(serde_json::from_value(acme).unwrap());
        self.names_organization = names_organization;
        self
    }

    pub fn bound_to(mut self, key: Confirmation<'static>) -> Self {
        self.confirmation = Some(key);
        self
    }

    pub fn without_scopes(mut self) -> Self {
        self.scope = ScopeSet::default();
        self
    }

    pub fn try_issue(&self) -> Result<IssuedToken, IssueError> {
        self.try_issue_with(&SIGNER)
    }

    pub fn try_issue_with(&self, signer: &TokenSigner) -> Result<IssuedToken, IssueError> {
        let authorization = Authorization {
            client: &self.client,
            api: &self.api,
            scope: self.scope.iter().collect(),
            organization: self.organization.as_ref(),
            names_organization: self.names_organization,
            confirmation: self.confirmation,
        };
        issue(&authorization, ISSUER, signer, NOW, &Counting::from(0))
    }

    pub fn issue(&self) -> IssuedToken {
        self.try_issue().unwrap()
    }
}

/// The text of a part of a token: 0 the header, 1 the claims.
pub fn part(token: &str, position: usize) -> String {
    let encoded = token.split('.').nth(position).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// Header and claims, encoded, as they are signed.
pub fn message(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// A token with this header and these claims, signed RS256 with the key.
pub fn forge(header: &str, claims: &str, key: &SigningKey) -> String {
    let message = message(header, claims);
    let key_pair = RsaKeyPair::from_pkcs8(key.private_key.expose()).unwrap();
    let mut signature = vec![0; key_pair.public_modulus_len()];
    key_pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
