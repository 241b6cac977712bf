//! What `--issuer` takes.

use std::net::Ipv6Addr;

/// An issuer is an http or https URL without query and fragment (RFC 8414 §2).
///
/// Clients compare it byte by byte and put paths behind it, so whatever could be written in another way, or read as
/// something else, is refused: it stays with the data folder.
pub(crate) fn parse_issuer(text: &str) -> Result<String, String> {
    if is_issuer(text) {
        Ok(text.to_owned())
    } else {
        Err("an issuer looks like https://auth.example.com/: scheme, host, port and plain path segments"
            .to_owned())
    }
}

fn is_issuer(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    is_authority(authority) && is_path(path)
}

/// Host and port; without userinfo, since `@` is in neither.
fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((host, port)) = rest.split_once(']') else { return false };
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return host.parse::<Ipv6Addr>().is_ok() && is_port;
    }
    match authority.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(authority),
    }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let mut bytes = label.bytes();
        !label.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // The dot at the end is the root's.
    host.strip_suffix('.').unwrap_or(host).split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Segments of unreserved characters and delimiters (RFC 3986 §3.3), none of them empty, `.` or `..`. Percent-encoding
/// is left out altogether, as it writes one path in many ways.
fn is_path(path: &str) -> bool {
    let is_segment = |segment: &str| {
        let mut bytes = segment.bytes();
        let is_plain = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte));
        is_plain && !["", ".", ".."].contains(&segment)
    };
    path.is_empty() || path.strip_suffix('/').unwrap_or(path).split('/').all(is_segment)
}
