//! A client that asks for tokens of one API again and again, each time with a request of its own.

use bytes::Bytes;
use form_urlencoded::Serializer;
use hyper::header::{HeaderName, HeaderValue};

use crate::Outcome;
use crate::statement::Statement;

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// What every request of one client for one API has, and what makes each of them another.
pub(crate) struct Caller {
    form: Bytes,
    headers: Vec<(HeaderName, HeaderValue)>,
    signs: Signs,
}

/// What a client signs anew for each request.
pub(crate) enum Signs {
    /// Nothing: its requests are all the same.
    Nothing,
    /// `client_assertion`.
    Assertion(Statement),
    /// The header `DPoP`.
    Proof(Statement),
}

/// A token request, ready to be sent.
pub(crate) struct TokenRequest {
    /// The body.
    pub(crate) form: Bytes,
    /// Headers beyond those that every form has.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Caller {
    /// One whose requests have these parameters besides `grant_type`.
    pub(crate) fn new(parameters: &[(&str, &str)]) -> Self {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").extend_pairs(parameters);
        Self { form: form.finish().into(), headers: Vec::new(), signs: Signs::Nothing }
    }

    /// One that sends its id and its secret in the form.
    pub(crate) fn with_secret(id: &str, secret: &str, audience: &str) -> Self {
        Self::new(&[("client_id", id), ("client_secret", secret), ("audience", audience)])
    }

    /// With these headers too.
    pub(crate) fn with_headers(self, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        Self { headers, ..self }
    }

    /// For this organization.
    pub(crate) fn of_organization(self, organization: &str) -> Self {
        // The identifier of an organization needs no encoding in a form.
        Self { form: [&*self.form, b"&organization=", organization.as_bytes()].concat().into(), ..self }
    }

    /// Signing this each time.
    pub(crate) fn signing(self, signs: Signs) -> Self {
        Self { signs, ..self }
    }

    /// The next request.
    pub(crate) fn request(&self) -> Outcome<TokenRequest> {
        let mut request = TokenRequest { form: self.form.clone(), headers: self.headers.clone() };
        match &self.signs {
            Signs::Nothing => {}
            Signs::Assertion(statement) => {
                // A JWS needs no encoding in a form.
                let assertion = statement.next()?;
                request.form = [&*request.form, b"&client_assertion=", assertion.as_bytes()].concat().into();
            }
            Signs::Proof(statement) => {
                request.headers.push((DPOP, HeaderValue::try_from(statement.next()?)?));
            }
        }
        Ok(request)
    }
}
