//! URLs of others that this server is told to believe or to ask.
//!
//! Only the form is looked at, and only what can be read in one way is let through. Whether the server may go there
//! is decided where it would: by the operator's policy, at the address that the name leads to.

use thiserror::Error;

/// The longest URL, in characters.
const LONGEST: usize = 512;

/// A URL of somebody else's, in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideUrl<'u> {
    /// Whether the scheme is https and not http.
    pub is_secure: bool,
    /// Host and port as they stand there.
    pub authority: &'u str,
}

/// Why a text is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlFault {
    /// Longer than 512 characters.
    #[error("it is longer than 512 characters")]
    TooLong,
    /// Another scheme, or none.
    #[error("it does not begin with https://")]
    Scheme,
    /// Spaces, control characters, quotes, backslashes, or anything beyond ASCII.
    #[error("it has characters that no URL has")]
    Characters,
    /// `user:password@`.
    #[error("it names a user")]
    Userinfo,
    /// No host.
    #[error("it names no host")]
    Host,
    /// A fragment, or the query of an issuer.
    #[error("it has a query or a fragment")]
    QueryOrFragment,
}

impl<'u> OutsideUrl<'u> {
    /// Takes a URL apart; a fragment is refused.
    pub fn parse(text: &'u str) -> Result<Self, UrlFault> {
        if text.len() > LONGEST {
            return Err(UrlFault::TooLong);
        }
        let secure = text.strip_prefix("https://");
        let rest = secure.or_else(|| text.strip_prefix("http://")).ok_or(UrlFault::Scheme)?;
        if !rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err(UrlFault::Characters);
        }
        if rest.contains('#') {
            return Err(UrlFault::QueryOrFragment);
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(UrlFault::Userinfo);
        }
        if authority.is_empty() || authority.starts_with(':') {
            return Err(UrlFault::Host);
        }
        Ok(Self { is_secure: secure.is_some(), authority })
    }

    /// The same for an issuer, which has no query either (RFC 8414 §2).
    pub fn parse_issuer(text: &'u str) -> Result<Self, UrlFault> {
        let url = Self::parse(text)?;
        if text.contains('?') { Err(UrlFault::QueryOrFragment) } else { Ok(url) }
    }
}
