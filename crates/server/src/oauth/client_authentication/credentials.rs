//! The one set of credentials that a request shows, from its parameters or its Authorization header.
//!
//! Pure: whether they prove anything is asked later. Two sets at once are refused (RFC 6749 §2.3), whichever of them
//! would have been right.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use thiserror::Error;

/// The only kind of assertion there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the client proves who it is.
pub(crate) enum Credentials<'a> {
    /// `client_secret_post`
    Post {
        /// `client_id`
        id: Cow<'a, str>,
        /// `client_secret`
        secret: Cow<'a, str>,
    },
    /// `client_secret_basic`
    Basic(Basic),
    /// Only an id: a public client, or one that shows a certificate.
    IdOnly {
        /// `client_id`
        id: Cow<'a, str>,
    },
    /// `client_assertion`
    Assertion {
        /// `client_id`, which may be left out: the assertion names the client.
        id: Option<Cow<'a, str>>,
        /// The assertion.
        assertion: Cow<'a, str>,
    },
}

/// Basic credentials (RFC 7617).
pub(crate) struct Basic {
    /// As they stand there, which is how Auth0 takes them.
    pub(crate) plain: IdAndSecret,
    /// Form-decoded as RFC 6749 §2.3.1 has it, where that makes a difference.
    pub(crate) decoded: Option<IdAndSecret>,
}

/// What stands before the first colon of Basic credentials, and what stands after it.
#[derive(PartialEq, Eq)]
pub(crate) struct IdAndSecret {
    /// `client_id`
    pub(crate) id: String,
    /// `client_secret`
    pub(crate) secret: String,
}

/// The parameters that carry credentials; an empty one is none.
#[expect(clippy::struct_field_names, reason = "as on the wire")]
#[derive(Default)]
pub(crate) struct Parameters<'a> {
    /// `client_id`
    pub(crate) client_id: Option<Cow<'a, str>>,
    /// `client_secret`
    pub(crate) client_secret: Option<Cow<'a, str>>,
    /// `client_assertion`
    pub(crate) client_assertion: Option<Cow<'a, str>>,
    /// `client_assertion_type`
    pub(crate) client_assertion_type: Option<Cow<'a, str>>,
}

/// Why there are no credentials to look at. All of these are told, with these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    /// More than one method.
    #[error("More than one client authentication method was used")]
    TwoMethods,
    /// `client_id` is another than the one of the header.
    #[error("client_id differs from the Authorization header")]
    TwoClients,
    /// Not Basic credentials.
    #[error("The Authorization header is malformed")]
    Header,
    /// One of the two parameters of an assertion is missing.
    #[error("client_assertion and client_assertion_type belong together")]
    HalfAnAssertion,
    /// Another kind of assertion than JWT.
    #[error("Unsupported client_assertion_type")]
    AssertionType,
}

impl<'a> Credentials<'a> {
    /// The client that is named, which proves nothing.
    pub(crate) fn named(&self) -> Option<&str> {
        match self {
            Self::Post { id, .. } | Self::IdOnly { id } => Some(id),
            Self::Basic(basic) => Some(&basic.plain.id),
            Self::Assertion { id, .. } => id.as_deref(),
        }
    }

    /// The credentials of a request; none if it does not even name a client.
    pub(crate) fn of(headers: &HeaderMap, parameters: Parameters<'a>) -> Result<Option<Self>, Malformed> {
        let Parameters { client_id, client_secret, client_assertion, client_assertion_type } = parameters;
        let basic = basic(headers)?;
        let asserts = client_assertion.is_some() || client_assertion_type.is_some();
        let methods = [basic.is_some(), client_secret.is_some(), asserts];
        if methods.into_iter().filter(|used| *used).count() > 1 {
            return Err(Malformed::TwoMethods);
        }
        if let Some(basic) = basic {
            return basic.of(client_id.as_deref()).map(Self::Basic).map(Some);
        }
        if asserts {
            let assertion = assertion(client_assertion, client_assertion_type.as_deref())?;
            return Ok(Some(Self::Assertion { id: client_id, assertion }));
        }
        Ok(client_id.map(|id| match client_secret {
            Some(secret) => Self::Post { id, secret },
            None => Self::IdOnly { id },
        }))
    }
}

fn assertion<'a>(assertion: Option<Cow<'a, str>>, kind: Option<&str>) -> Result<Cow<'a, str>, Malformed> {
    match (assertion, kind) {
        (Some(assertion), Some(JWT_BEARER)) => Ok(assertion),
        (Some(_), Some(_)) => Err(Malformed::AssertionType),
        _ => Err(Malformed::HalfAnAssertion),
    }
}

/// `Authorization: Basic`, if it is there. Other schemes are not for these endpoints, and ignored.
fn basic(headers: &HeaderMap) -> Result<Option<Basic>, Malformed> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Malformed::Header);
    }
    Basic::parse(value.as_bytes())
}

impl Basic {
    /// The credentials of an Authorization header; none where it has another scheme.
    pub(crate) fn parse(header: &[u8]) -> Result<Option<Self>, Malformed> {
        let text = std::str::from_utf8(header).map_err(|_| Malformed::Header)?;
        let (scheme, encoded) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(None);
        }
        let bytes = STANDARD.decode(encoded.trim()).map_err(|_| Malformed::Header)?;
        let text = String::from_utf8(bytes).map_err(|_| Malformed::Header)?;
        let (id, secret) = text.split_once(':').ok_or(Malformed::Header)?;
        let plain = IdAndSecret { id: id.to_owned(), secret: secret.to_owned() };
        let decoded = form_decoded(id)
            .zip(form_decoded(secret))
            .map(|(id, secret)| IdAndSecret { id, secret })
            .filter(|decoded| *decoded != plain);
        Ok(Some(Self { plain, decoded }))
    }

    /// These, unless the parameter names somebody else.
    fn of(self, client_id: Option<&str>) -> Result<Self, Malformed> {
        let is = |held: &IdAndSecret| client_id.is_none_or(|id| id == held.id);
        if is(&self.plain) || self.decoded.as_ref().is_some_and(is) {
            Ok(self)
        } else {
            Err(Malformed::TwoClients)
        }
    }
}

/// None for what is not UTF-8: replaced, it would make one secret out of many.
fn form_decoded(text: &str) -> Option<String> {
    let spaces = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaces).decode_utf8().ok().map(Cow::into_owned)
}
