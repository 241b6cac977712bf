//! Where this server may go: public hosts over https on port 443, and what the operator names besides.
//!
//! The policy comes from flags of the process and never from the Management API: who may write configuration there
//! does not get to look into the operator's network.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use grantd_model::{OutsideUrl, UrlFault};
use thiserror::Error;
use url::{Host, Url};

use crate::address::is_public;

const HTTPS: u16 = 443;

/// What the operator allows beyond the public Internet; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Hosts that may be private, on other ports, and spoken to without TLS.
    pub allowed: Vec<AllowedHost>,
}

/// A host that the operator trusts this server with: `HOST` for all of its ports, or `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    host: Host<String>,
    port: Option<u16>,
}

/// Why a URL is not asked.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// Not a URL of the form that is understood.
    #[error("the URL is refused: {0}")]
    Form(#[from] UrlFault),
    /// Not a URL at all.
    #[error("the URL cannot be read")]
    Unreadable,
    /// http, where the operator has not allowed it.
    #[error("only https is spoken")]
    Insecure,
    /// Another port than 443, where the operator has not allowed it.
    #[error("port {0} is not asked, only 443")]
    Port(u16),
    /// An address that is not public.
    #[error("{0} is not a public address")]
    Address(IpAddr),
}

/// A URL that may be asked, as far as can be said before its name is resolved.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Name or address.
    pub(crate) host: Host<String>,
    /// The port.
    pub(crate) port: u16,
    /// Whether with TLS.
    pub(crate) is_secure: bool,
    /// Whether the operator has allowed the host, wherever its name leads.
    pub(crate) is_allowed: bool,
    /// `Host` of the request.
    pub(crate) authority: String,
    /// Path and query of the request.
    pub(crate) path: String,
}

impl Policy {
    /// Fails if the URL would not be asked, whatever its name leads to.
    pub fn check(&self, url: &str) -> Result<(), Forbidden> {
        self.target(url).map(drop)
    }

    /// Takes a URL apart, if it may be asked. A host that is an address is judged here, however it is written:
    /// the parser reads `2130706433` and `0x7f.1` as `127.0.0.1`, as a connection would.
    pub(crate) fn target(&self, text: &str) -> Result<Target, Forbidden> {
        OutsideUrl::parse(text)?;
        let url = Url::parse(text).map_err(|_| Forbidden::Unreadable)?;
        let host = url.host().ok_or(Forbidden::Unreadable)?.to_owned();
        let port = url.port_or_known_default().ok_or(Forbidden::Unreadable)?;
        let is_secure = url.scheme() == "https";
        let is_allowed = self.allowed.iter().any(|allowed| allowed.is(&host, port));
        if !is_allowed {
            check_public(&host, port, is_secure)?;
        }
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(Target { host, port, is_secure, is_allowed, authority, path: format!("{}{query}", url.path()) })
    }
}

fn check_public(host: &Host<String>, port: u16, is_secure: bool) -> Result<(), Forbidden> {
    if !is_secure {
        return Err(Forbidden::Insecure);
    }
    if port != HTTPS {
        return Err(Forbidden::Port(port));
    }
    match host {
        Host::Domain(_) => Ok(()),
        Host::Ipv4(address) => check_address((*address).into()),
        Host::Ipv6(address) => check_address((*address).into()),
    }
}

/// Fails unless the address is public.
pub(crate) fn check_address(address: IpAddr) -> Result<(), Forbidden> {
    if is_public(address) { Ok(()) } else { Err(Forbidden::Address(address)) }
}

impl AllowedHost {
    fn is(&self, host: &Host<String>, port: u16) -> bool {
        self.host == *host && self.port.is_none_or(|allowed| allowed == port)
    }
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("{text:?} is not HOST or HOST:PORT");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| malformed())?))
            }
            _ => (text, None),
        };
        // A host of this name is no URL's, and who writes it means something else.
        if host.contains('*') {
            return Err(malformed());
        }
        let host = Host::parse(host).map_err(|_| malformed())?;
        Ok(Self { host, port })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => self.host.fmt(f),
        }
    }
}
