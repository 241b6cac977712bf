//! Where a log stream leads: to a URL, or into a file of the server's own.
//!
//! A file is a deliberate extension: Auth0's contract has https endpoints only. Its name is a name and no path, so
//! that whoever may write configuration cannot choose where on the disk is written.

use crate::LogStreamFault;

const FILE: &str = "file:///";
const EXTENSION: &str = ".jsonl";
/// The longest name, in bytes: no file system that matters allows less.
const LONGEST: usize = 200;

/// A destination of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogDestination<'e> {
    /// POST to this URL.
    Webhook(&'e str),
    /// Lines at the end of the file of this name, in the folder that the operator has named.
    File(&'e str),
}

impl<'e> LogDestination<'e> {
    /// What an endpoint means. The URL of a webhook is not looked at here.
    pub fn of(endpoint: &'e str) -> Result<Self, LogStreamFault> {
        if !endpoint.starts_with("file:") {
            return Ok(Self::Webhook(endpoint));
        }
        let name = endpoint.strip_prefix(FILE).filter(|name| is_name(name));
        name.map(Self::File).ok_or(LogStreamFault::FileName)
    }
}

/// An endpoint as who may not read it sees it: which host, and nothing of the path, where receivers like to have a key. A
/// file is shown.
pub fn masked_endpoint(endpoint: &str) -> String {
    if endpoint.starts_with("file:") {
        return endpoint.to_owned();
    }
    let authority = endpoint.find("://").map_or(0, |scheme| scheme + 3);
    let rest = endpoint.get(authority..).unwrap_or_default();
    match rest.find(['/', '?', '#']) {
        Some(end) if rest.get(end..) != Some("/") => {
            format!("{}/*****", endpoint.get(..authority + end).unwrap_or_default())
        }
        _ => endpoint.to_owned(),
    }
}

/// No separators, nothing that is encoded, and no leading dot.
fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let stem = name.strip_suffix(EXTENSION).unwrap_or_default();
    !stem.is_empty() && !stem.starts_with('.') && name.len() <= LONGEST && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_endpoint_only_the_host_is_shown_where_more_may_be_a_key() {
        let shown = [
            ("https://hooks.example/services/T0/B0/KEY", "https://hooks.example/*****"),
            ("https://a.example:8443?key=1", "https://a.example:8443/*****"),
            ("https://a.example#KEY", "https://a.example/*****"),
            ("https://a.example/", "https://a.example/"),
            ("https://a.example", "https://a.example"),
            ("file:///a.jsonl", "file:///a.jsonl"),
        ];
        for (endpoint, masked) in shown {
            assert_eq!(masked_endpoint(endpoint), masked);
        }
    }
}
