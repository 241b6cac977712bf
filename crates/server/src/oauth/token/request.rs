//! What a token request says, from a form or from JSON, with Basic credentials or with credentials in the body.
//!
//! Parameters that this endpoint does not know are ignored (recorded); one that it knows may stand there once
//! (RFC 6749 §3.2), as text. An empty value is none (RFC 6749 §3.1).

use std::borrow::Cow;

use grantd_model::CLIENT_CREDENTIALS;
use grantd_schema::urlencoded;
use http::HeaderMap;
use serde_json::Value;

use super::errors::TokenError;
use crate::body::media_type;
use crate::events::exchange::Asked;
use crate::oauth::client_authentication::{self, Credentials, Stranger};

/// A request for a token with the client credentials grant.
pub(super) struct TokenRequest<'a> {
    /// How the client proves who it is.
    pub(super) credentials: Credentials<'a>,
    /// `audience`
    pub(super) audience: Option<Cow<'a, str>>,
    /// `resource`
    pub(super) resource: Option<Cow<'a, str>>,
    /// `scope`
    pub(super) scope: Option<Cow<'a, str>>,
    /// `organization`
    pub(super) organization: Option<Cow<'a, str>>,
}

#[derive(Default)]
struct Parameters<'a> {
    grant_type: Option<Cow<'a, str>>,
    of_client: client_authentication::Parameters<'a>,
    audience: Option<Cow<'a, str>>,
    resource: Option<Cow<'a, str>>,
    scope: Option<Cow<'a, str>>,
    organization: Option<Cow<'a, str>>,
}

impl<'a> TokenRequest<'a> {
    /// Reads a request. What is wrong with its form is told; who it is from is not asked yet.
    pub(super) fn parse(headers: &HeaderMap, body: &'a [u8]) -> Result<Self, TokenError> {
        let parameters = match media_type(headers).as_deref() {
            Some("application/json") => Parameters::from_json(body)?,
            Some("application/x-www-form-urlencoded") => Parameters::from_form(body)?,
            _ => return Err(TokenError::UnsupportedMediaType),
        };
        match parameters.grant_type.as_deref() {
            None => return Err(TokenError::invalid_request("Missing required parameter: grant_type")),
            Some(CLIENT_CREDENTIALS) => {}
            Some(other) => return Err(TokenError::UnsupportedGrantType(other.to_owned())),
        }
        let credentials = Credentials::of(headers, parameters.of_client)?;
        Ok(Self {
            credentials: credentials.ok_or_else(Stranger::without_id)?,
            audience: parameters.audience,
            resource: parameters.resource,
            scope: parameters.scope,
            organization: parameters.organization,
        })
    }

    /// What was asked for, for the log.
    pub(super) fn asked(&self) -> Asked {
        let text = |value: &Option<Cow<'_, str>>| value.as_deref().map(str::to_owned);
        Asked {
            client_id: self.credentials.named().map(str::to_owned),
            audience: text(&self.audience).or_else(|| text(&self.resource)),
            scope: text(&self.scope),
            organization: text(&self.organization),
        }
    }
}

impl<'a> Parameters<'a> {
    fn from_form(body: &'a [u8]) -> Result<Self, TokenError> {
        let mut parameters = Self::default();
        for (name, value) in urlencoded::pairs(body) {
            // The parser replaces what is not UTF-8, and would so make one secret out of many.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(TokenError::invalid_request("The request body is not UTF-8"));
            }
            parameters.put(&name, value)?;
        }
        Ok(parameters.without_empty())
    }

    fn from_json(body: &[u8]) -> Result<Self, TokenError> {
        let malformed = |reason: &str| TokenError::invalid_request(&format!("Invalid JSON: {reason}"));
        let value = grantd_schema::json::parse(body).map_err(|error| malformed(&error.to_string()))?;
        let Value::Object(members) = value else { return Err(malformed("not an object")) };
        let mut parameters = Self::default();
        for (name, value) in members {
            if !parameters.knows(&name) {
                continue;
            }
            match value {
                Value::String(text) => parameters.put(&name, Cow::Owned(text))?,
                // Auth0's Python SDK sends null for what its caller left out.
                Value::Null => {}
                _ if name == "resource" => return Err(TokenError::InvalidTarget),
                _ => return Err(TokenError::invalid_request(&format!("Parameter {name} must be a string"))),
            }
        }
        Ok(parameters.without_empty())
    }

    fn knows(&mut self, name: &str) -> bool {
        self.slot(name).is_some()
    }

    fn put(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), TokenError> {
        let Some(slot) = self.slot(name) else { return Ok(()) };
        match slot.replace(value) {
            None => Ok(()),
            // RFC 8707 allows several; one token for several APIs is not issued.
            Some(_) if name == "resource" => Err(TokenError::InvalidTarget),
            Some(_) => Err(TokenError::invalid_request(&format!("Duplicate parameter: {name}"))),
        }
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        match name {
            "grant_type" => Some(&mut self.grant_type),
            "client_id" => Some(&mut self.of_client.client_id),
            "client_secret" => Some(&mut self.of_client.client_secret),
            "client_assertion" => Some(&mut self.of_client.client_assertion),
            "client_assertion_type" => Some(&mut self.of_client.client_assertion_type),
            "audience" => Some(&mut self.audience),
            "resource" => Some(&mut self.resource),
            "scope" => Some(&mut self.scope),
            "organization" => Some(&mut self.organization),
            _ => None,
        }
    }

    fn without_empty(mut self) -> Self {
        for slot in [
            &mut self.grant_type,
            &mut self.of_client.client_id,
            &mut self.of_client.client_secret,
            &mut self.of_client.client_assertion,
            &mut self.of_client.client_assertion_type,
            &mut self.audience,
            &mut self.resource,
            &mut self.scope,
            &mut self.organization,
        ] {
            slot.take_if(|value| value.is_empty());
        }
        self
    }
}
