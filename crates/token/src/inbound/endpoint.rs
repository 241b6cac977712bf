//! Where a request goes, as `htu` names it (RFC 9449 §4.3).
//!
//! Compared after the normalisation that changes nothing about where a request goes: case of scheme and host,
//! the default port, an empty path (RFC 3986 §6.2.2, §6.2.3). Paths are compared as they are.

/// An http or https URL without query and fragment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint<'a> {
    is_https: bool,
    host: String,
    port: u16,
    path: &'a str,
}

impl<'a> Endpoint<'a> {
    /// `None` for what is no absolute http or https URL, and for one with a user's name in it.
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let rest = rest.split(['?', '#']).next()?;
        let (authority, path) = match rest.find('/') {
            Some(start) => rest.split_at_checked(start)?,
            None => (rest, "/"),
        };
        let (host, port) = host_and_port(authority)?;
        let port = port.unwrap_or(if is_https { 443 } else { 80 });
        Some(Self { is_https, host: host.to_ascii_lowercase(), port, path })
    }
}

/// `host`, `host:`, `host:8443`, `[::1]` or `[::1]:8443`.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let in_brackets = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || host.contains(['@', '\\']) || (host.contains(':') && !in_brackets) {
        return None;
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    Some((host, port))
}
