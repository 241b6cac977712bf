//! Claims of others, looked at one by one.
//!
//! Each look is strict: a number is an unsigned integer, a string is a string, and null is not absence.

use grantd_model::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

/// Seconds that another clock may be ahead of ours (Auth0: Private Key JWT).
pub(super) const LEEWAY: u64 = 10;

/// Why claims do not count, whatever the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// A claim that has to be there is not.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A claim is of another type, too long, or has control characters.
    #[error("its {0} has the wrong form")]
    Form(&'static str),
    /// A claim is about somebody or something else.
    #[error("its {0} is another")]
    Other(&'static str),
    /// `exp` is not after now.
    #[error("it has expired")]
    Expired,
    /// `iat` or `nbf` is more than ten seconds ahead.
    #[error("its {0} lies in the future")]
    Future(&'static str),
    /// More time passes, or passed, than is allowed.
    #[error("it is valid for more than {0} seconds")]
    Lifetime(u64),
}

/// The claims of a JWT.
#[derive(Debug)]
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    /// A string, if the claim is there.
    pub(super) fn string(&self, name: &'static str) -> Result<Option<&str>, ClaimError> {
        let value = self.0.get(name).map(|value| value.as_str().ok_or(ClaimError::Form(name)));
        value.transpose()
    }

    /// A string that has to be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, ClaimError> {
        self.string(name)?.ok_or(ClaimError::Missing(name))
    }

    /// A string that has to be exactly this one.
    pub(super) fn is(&self, name: &'static str, wanted: &str) -> Result<(), ClaimError> {
        if self.required(name)? == wanted { Ok(()) } else { Err(ClaimError::Other(name)) }
    }

    /// `aud`: this one, or a list of strings with this one in it (RFC 7519 §4.1.3).
    pub(super) fn audience(&self, wanted: &str) -> Result<(), ClaimError> {
        let named: Vec<&Value> = match self.0.get("aud") {
            None => return Err(ClaimError::Missing("aud")),
            Some(Value::Array(several)) => several.iter().collect(),
            Some(one) => vec![one],
        };
        if !named.iter().all(|one| one.is_string()) {
            return Err(ClaimError::Form("aud"));
        }
        if named.contains(&&Value::from(wanted)) { Ok(()) } else { Err(ClaimError::Other("aud")) }
    }

    /// A name for one use: 1 to `limit` characters, none of them a control character.
    pub(super) fn name(&self, name: &'static str, limit: usize) -> Result<&str, ClaimError> {
        let value = self.required(name)?;
        let sound = (1..=limit).contains(&value.chars().count()) && !value.contains(char::is_control);
        if sound { Ok(value) } else { Err(ClaimError::Form(name)) }
    }

    /// Seconds since 1970 (RFC 7519 §2, `NumericDate`), whole ones, if the claim is there.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<u64>, ClaimError> {
        let value = self.0.get(name).map(|value| value.as_u64().ok_or(ClaimError::Form(name)));
        value.transpose()
    }

    /// `exp`, which has to be there and after now (RFC 7519 §4.1.4).
    pub(super) fn unexpired(&self, now: Timestamp) -> Result<u64, ClaimError> {
        let exp = self.seconds("exp")?.ok_or(ClaimError::Missing("exp"))?;
        if exp > now.seconds() { Ok(exp) } else { Err(ClaimError::Expired) }
    }

    /// `iat` or `nbf`, not in the future (RFC 7519 §4.1.5, §4.1.6), if it is there.
    pub(super) fn past(&self, name: &'static str, now: Timestamp) -> Result<Option<u64>, ClaimError> {
        let seconds = self.seconds(name)?;
        let latest = now.seconds().saturating_add(LEEWAY);
        if seconds.is_some_and(|seconds| seconds > latest) {
            Err(ClaimError::Future(name))
        } else {
            Ok(seconds)
        }
    }
}
