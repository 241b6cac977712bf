//! Federated identities: which tokens of an outside issuer prove that somebody is a client.
//!
//! A CI job or a workload has a token of its platform already. With a federated identity it shows that one in place
//! of a secret (RFC 7523 §2.2). Everything here is pure: where the issuer's keys come from is another crate's matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::outside_url::{OutsideUrl, UrlFault};
use crate::patch;
use crate::{ClientId, FederatedIdentityId, Timestamp};

/// Rules for values, by the claims that they are about. A name that begins with `/` is a JSON pointer (RFC 6901)
/// into nested objects, as `/kubernetes.io/namespace`; every other name is that of one claim, dots and all.
pub type ClaimRules = BTreeMap<String, Allowed>;

/// Claims that say when and for whom a token is, and not whose it is. A rule on them would let everybody in.
const NOT_ABOUT_THE_SUBJECT: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// An outside identity that counts as the client.
#[derive(Clone, Debug, PartialEq)]
pub struct FederatedIdentity {
    /// `fid_…`
    pub id: FederatedIdentityId,
    /// Whose identity it is.
    pub client_id: ClientId,
    /// What is believed.
    pub trust: Trust,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which tokens are believed to be the client's. What was never set is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `iss` of the tokens, compared byte by byte: a URL of at most 512 characters.
    pub issuer: String,
    /// `sub` of the tokens, compared byte by byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What other claims have to say; all of the rules hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimRules>,
    /// What `aud` of the tokens has to name; this server's issuer unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The issuer's keys, pinned: a JWKS (RFC 7517 §5). Nothing is fetched then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where the issuer's keys are. Without this and without `jwks` its metadata says (`OpenID` Connect Discovery §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
}

/// The values that a claim may have. Each is the whole value, or its beginning with `*` behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Allowed {
    /// This one.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl Allowed {
    fn patterns(&self) -> &[String] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Any(patterns) => patterns,
        }
    }

    fn allows(&self, value: &str) -> bool {
        self.patterns().iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => value.starts_with(beginning),
            None => value == pattern,
        })
    }
}

/// Why a federated identity cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FederatedIdentityFault {
    /// The issuer is not a URL that names one.
    #[error("issuer is not an issuer: {0}")]
    Issuer(UrlFault),
    /// `jwks_uri` is not a URL that can be fetched.
    #[error("jwks_uri cannot be fetched: {0}")]
    JwksUri(UrlFault),
    /// Both `jwks` and `jwks_uri`.
    #[error("jwks and jwks_uri exclude each other")]
    KeysTwice,
    /// `jwks` has no key that can be used, or has private ones.
    #[error("jwks cannot be used: {0}")]
    Jwks(String),
    /// A URL that this server is not allowed to ask.
    #[error("{member} cannot be asked: {reason}")]
    Unreachable {
        /// Which member has it.
        member: &'static str,
        /// Why not.
        reason: String,
    },
    /// Every token of the issuer would be the client's.
    #[error("without subject and claims every token of the issuer would be the client's")]
    Everybody,
    /// `*` in a subject, which is compared exactly.
    #[error("subject is compared exactly; a rule on the claim sub takes a `*` at its end")]
    PatternInSubject,
    /// A rule on a claim that does not say whose a token is.
    #[error("a rule on {0} says nothing about whose the token is")]
    NotAboutTheSubject(String),
    /// A claim's name that is empty or longer than 256 bytes.
    #[error("a claim's name has 1 to 256 bytes")]
    ClaimName,
    /// A JSON pointer that is none.
    #[error("{0} is not a JSON pointer")]
    Pointer(String),
    /// A `*` that is not at the end, or that more hangs on than was meant.
    #[error("{0} cannot be matched: `*` stands at the end, after a character that is no letter and no digit")]
    Pattern(String),
}

/// Why a token is not the client's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// `sub` is another.
    #[error("sub is another")]
    Subject,
    /// A claim that a rule is about is not there, or is no text.
    #[error("the claim {0} is not there as text")]
    Absent(String),
    /// A claim has a value that its rule does not allow.
    #[error("the claim {0} has a value that is not allowed")]
    Value(String),
}

impl FederatedIdentity {
    /// The most that one client may have.
    pub const PER_CLIENT: usize = 20;

    /// The identity as the body of an update request changes it; `claims` and `jwks` are replaced whole.
    pub fn updated(&self, body: patch::Members, now: Timestamp) -> Result<Self, serde_json::Error> {
        let trust = patch::apply(&self.trust, body)?;
        Ok(Self { trust, updated_at: now, ..self.clone() })
    }
}

impl Trust {
    /// The rules that a federated identity keeps in itself, in the order in which they are reported.
    pub fn check(&self) -> Result<(), FederatedIdentityFault> {
        OutsideUrl::parse_issuer(&self.issuer).map_err(FederatedIdentityFault::Issuer)?;
        if let Some(uri) = &self.jwks_uri {
            OutsideUrl::parse(uri).map_err(FederatedIdentityFault::JwksUri)?;
        }
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            return Err(FederatedIdentityFault::KeysTwice);
        }
        if self.subject.is_none() && self.claims.as_ref().is_none_or(BTreeMap::is_empty) {
            return Err(FederatedIdentityFault::Everybody);
        }
        if self.subject.as_ref().is_some_and(|subject| subject.contains('*')) {
            return Err(FederatedIdentityFault::PatternInSubject);
        }
        self.claims.iter().flatten().try_for_each(|(name, allowed)| check_rule(name, allowed))
    }

    /// Whether claims of a verified token of the issuer are the client's. All rules hold, or it is not.
    pub fn matches(&self, claims: &Map<String, Value>) -> Result<(), Mismatch> {
        if let Some(subject) = &self.subject
            && claims.get("sub").and_then(Value::as_str) != Some(subject)
        {
            return Err(Mismatch::Subject);
        }
        self.claims.iter().flatten().try_for_each(|(name, allowed)| match text(claims, name) {
            None => Err(Mismatch::Absent(name.clone())),
            Some(value) if allowed.allows(value) => Ok(()),
            Some(_) => Err(Mismatch::Value(name.clone())),
        })
    }
}

fn check_rule(name: &str, allowed: &Allowed) -> Result<(), FederatedIdentityFault> {
    if name.is_empty() || name.len() > 256 {
        return Err(FederatedIdentityFault::ClaimName);
    }
    if name.starts_with('/') && !is_pointer(name) {
        return Err(FederatedIdentityFault::Pointer(name.to_owned()));
    }
    let claim = name.strip_prefix('/').and_then(|path| path.split('/').next()).unwrap_or(name);
    if NOT_ABOUT_THE_SUBJECT.contains(&claim) {
        return Err(FederatedIdentityFault::NotAboutTheSubject(name.to_owned()));
    }
    match allowed.patterns().iter().find(|pattern| !is_pattern(pattern)) {
        Some(pattern) => Err(FederatedIdentityFault::Pattern(pattern.clone())),
        None => Ok(()),
    }
}

/// RFC 6901 §3: `~` is followed by 0 or 1.
fn is_pointer(name: &str) -> bool {
    name.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

/// `repo:acme*` would let in whoever calls themselves acme-too; `repo:acme/*` is what is meant. A lone `*` is no rule.
fn is_pattern(pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => !pattern.contains('*'),
        Some(beginning) => {
            !beginning.contains('*') && beginning.ends_with(|last: char| !last.is_alphanumeric())
        }
    }
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    let Some(path) = name.strip_prefix('/') else { return claims.get(name)?.as_str() };
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let claim = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(claim), |rest| claim.pointer(&format!("/{rest}")))?.as_str()
}
