//! What a token request says, from a form or from JSON, with Basic credentials or with credentials in the body.
//!
//! Parameters that this endpoint does not know are ignored (recorded); one that it knows may stand there once
//! (RFC 6749 §3.2), as text. An empty value is none (RFC 6749 §3.1).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantd_model::CLIENT_CREDENTIALS;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::authenticate::Stranger;
use super::errors::TokenError;
use crate::body::media_type;

/// How the client proves who it is.
pub(super) enum Credentials<'a> {
    /// `client_secret_post`
    Post {
        /// `client_id`
        id: Cow<'a, str>,
        /// `client_secret`
        secret: Cow<'a, str>,
    },
    /// `client_secret_basic`
    Basic {
        /// As they stand there, which is how Auth0 takes them.
        plain: IdAndSecret,
        /// Form-decoded as RFC 6749 §2.3.1 has it, where that makes a difference.
        decoded: Option<IdAndSecret>,
    },
    /// `none`: only an id.
    Public {
        /// `client_id`
        id: Cow<'a, str>,
    },
    /// `client_assertion`, which is not supported.
    Assertion,
}

/// What stands before the first colon of Basic credentials, and what stands after it.
#[derive(PartialEq, Eq)]
pub(super) struct IdAndSecret {
    /// `client_id`
    pub(super) id: String,
    /// `client_secret`
    pub(super) secret: String,
}

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
    client_id: Option<Cow<'a, str>>,
    client_secret: Option<Cow<'a, str>>,
    client_assertion: Option<Cow<'a, str>>,
    client_assertion_type: Option<Cow<'a, str>>,
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
        let basic = basic_credentials(headers)?;
        Ok(Self {
            credentials: credentials(
                basic,
                parameters.client_id,
                parameters.client_secret,
                parameters.client_assertion.is_some() || parameters.client_assertion_type.is_some(),
            )?,
            audience: parameters.audience,
            resource: parameters.resource,
            scope: parameters.scope,
            organization: parameters.organization,
        })
    }
}

/// The one set of credentials of a request; two are refused (RFC 6749 §2.3).
fn credentials<'a>(
    basic: Option<Credentials<'a>>,
    id: Option<Cow<'a, str>>,
    secret: Option<Cow<'a, str>>,
    assertion: bool,
) -> Result<Credentials<'a>, TokenError> {
    let methods = usize::from(basic.is_some()) + usize::from(secret.is_some()) + usize::from(assertion);
    if methods > 1 {
        return Err(TokenError::invalid_request("More than one client authentication method was used"));
    }
    match (basic, id, secret) {
        (Some(Credentials::Basic { plain, decoded }), Some(id), _)
            if plain.id != *id && decoded.as_ref().is_none_or(|decoded| decoded.id != *id) =>
        {
            Err(TokenError::invalid_request("client_id differs from the Authorization header"))
        }
        (Some(basic), _, _) => Ok(basic),
        _ if assertion => Ok(Credentials::Assertion),
        (None, Some(id), Some(secret)) => Ok(Credentials::Post { id, secret }),
        (None, Some(id), None) => Ok(Credentials::Public { id }),
        (None, None, _) => Err(TokenError::Unauthorized(Stranger::without_id())),
    }
}

/// `Authorization: Basic`, if it is there. Other schemes are not for this endpoint, and ignored.
fn basic_credentials<'a>(headers: &HeaderMap) -> Result<Option<Credentials<'a>>, TokenError> {
    let malformed = || TokenError::invalid_request("The Authorization header is malformed");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = value.to_str().map_err(|_| malformed())?;
    let (scheme, encoded) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    let plain = IdAndSecret { id: id.to_owned(), secret: secret.to_owned() };
    let decoded = form_decoded(id)
        .zip(form_decoded(secret))
        .map(|(id, secret)| IdAndSecret { id, secret })
        .filter(|decoded| *decoded != plain);
    Ok(Some(Credentials::Basic { plain, decoded }))
}

/// None for what is not UTF-8: replaced, it would make one secret out of many.
fn form_decoded(text: &str) -> Option<String> {
    let spaces = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaces).decode_utf8().ok().map(Cow::into_owned)
}

impl<'a> Parameters<'a> {
    fn from_form(body: &'a [u8]) -> Result<Self, TokenError> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
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
            "client_id" => Some(&mut self.client_id),
            "client_secret" => Some(&mut self.client_secret),
            "client_assertion" => Some(&mut self.client_assertion),
            "client_assertion_type" => Some(&mut self.client_assertion_type),
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
            &mut self.client_id,
            &mut self.client_secret,
            &mut self.client_assertion,
            &mut self.client_assertion_type,
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
