//! What is asked for.

use grantd_model::Client;

use crate::Possession;

/// An authenticated client asks for a token. A grant type is what maps an HTTP request to this.
#[derive(Clone, Copy, Debug)]
pub struct AccessRequest<'a> {
    /// Who asks; authenticated.
    pub client: &'a Client,
    /// The grant type that the client uses.
    pub grant_type: &'a str,
    /// `audience`, unless absent or empty.
    pub audience: Option<&'a str>,
    /// `resource`, unless absent or empty (RFC 8707); looked at only where the tenant says so.
    pub resource: Option<&'a str>,
    /// `scope` as sent: values separated by spaces (RFC 6749 §3.3).
    pub scope: Option<&'a str>,
    /// `organization`, an id or a name, unless absent or empty.
    pub organization: Option<&'a str>,
    /// The keys that the request has proved to possess.
    pub possession: Possession<'a>,
}

impl<'a> AccessRequest<'a> {
    /// The scopes asked for, in order. Only spaces separate: a tab is part of a value, and then of none that exists.
    pub fn requested_scopes(&self) -> impl Iterator<Item = &'a str> {
        self.scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }
}
