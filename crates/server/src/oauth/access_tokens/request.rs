//! What a request about a token says, from a form (RFC 7009 §2.1, RFC 7662 §2.1) or from JSON, as the token endpoint
//! takes it. `token_type_hint` and what is not known are ignored.

use std::borrow::Cow;

use grantd_schema::urlencoded;
use http::HeaderMap;
use serde_json::Value;

use super::errors::AccessTokenError;
use crate::body::media_type;
use crate::oauth::client_authentication::{self, Credentials, Stranger};

/// A request about a token.
pub(super) struct AccessTokenRequest<'a> {
    /// How the client proves who it is.
    pub(super) credentials: Credentials<'a>,
    /// `token`
    pub(super) token: Cow<'a, str>,
}

#[derive(Default)]
struct Parameters<'a> {
    token: Option<Cow<'a, str>>,
    of_client: client_authentication::Parameters<'a>,
}

impl<'a> AccessTokenRequest<'a> {
    /// Reads a request. Who it is from is not asked yet.
    pub(super) fn parse(headers: &HeaderMap, body: &'a [u8]) -> Result<Self, AccessTokenError> {
        let parameters = match media_type(headers).as_deref() {
            Some("application/json") => Parameters::from_json(body)?,
            Some("application/x-www-form-urlencoded") => Parameters::from_form(body)?,
            _ => return Err(AccessTokenError::UnsupportedMediaType),
        };
        let credentials = Credentials::of(headers, parameters.of_client)?;
        let missing = || AccessTokenError::invalid_request("Missing required parameter: token");
        Ok(Self {
            credentials: credentials.ok_or_else(Stranger::without_id)?,
            token: parameters.token.ok_or_else(missing)?,
        })
    }
}

impl<'a> Parameters<'a> {
    fn from_form(body: &'a [u8]) -> Result<Self, AccessTokenError> {
        let mut parameters = Self::default();
        for (name, value) in urlencoded::pairs(body) {
            // The parser replaces what is not UTF-8, and would so make one secret out of many.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(AccessTokenError::invalid_request("The request body is not UTF-8"));
            }
            parameters.put(&name, value)?;
        }
        Ok(parameters.without_empty())
    }

    fn from_json(body: &[u8]) -> Result<Self, AccessTokenError> {
        let malformed = |reason: &str| AccessTokenError::invalid_request(&format!("Invalid JSON: {reason}"));
        let value = grantd_schema::json::parse(body).map_err(|error| malformed(&error.to_string()))?;
        let Value::Object(members) = value else { return Err(malformed("not an object")) };
        let mut parameters = Self::default();
        for (name, value) in members {
            match value {
                Value::String(text) => parameters.put(&name, Cow::Owned(text))?,
                Value::Null => {}
                _ if parameters.slot(&name).is_none() => {}
                _ => {
                    let reason = format!("Parameter {name} must be a string");
                    return Err(AccessTokenError::invalid_request(&reason));
                }
            }
        }
        Ok(parameters.without_empty())
    }

    fn put(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), AccessTokenError> {
        match self.slot(name).map(|slot| slot.replace(value)) {
            Some(Some(_)) => Err(AccessTokenError::invalid_request(&format!("Duplicate parameter: {name}"))),
            _ => Ok(()),
        }
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        match name {
            "token" => Some(&mut self.token),
            "client_id" => Some(&mut self.of_client.client_id),
            "client_secret" => Some(&mut self.of_client.client_secret),
            "client_assertion" => Some(&mut self.of_client.client_assertion),
            "client_assertion_type" => Some(&mut self.of_client.client_assertion_type),
            _ => None,
        }
    }

    /// An empty value is none (RFC 6749 §3.1).
    fn without_empty(mut self) -> Self {
        for name in ["token", "client_id", "client_secret", "client_assertion", "client_assertion_type"] {
            if let Some(slot) = self.slot(name) {
                slot.take_if(|value| value.is_empty());
            }
        }
        self
    }
}
