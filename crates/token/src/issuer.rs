//! The issuer: what `iss` says, and what is named after it.
//!
//! Apart from issuing, since discovery documents, the Management API's audience and key generation need it too.

use std::sync::Arc;

use grantd_model::Audience;

/// Who makes the tokens of this deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    /// `https://host/`, always with the slash at the end (Auth0: Access token profiles).
    pub url: Arc<str>,
}

impl Issuer {
    /// The issuer with this URL; a missing slash at the end is added.
    pub fn new(url: &str) -> Self {
        let url = if url.ends_with('/') { url.into() } else { format!("{url}/").into() };
        Self { url }
    }

    /// The host without scheme, port and path: the common name of signing certificates.
    pub fn host(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        let authority = after_scheme.split('/').next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// The audience of the Management API: `https://host/api/v2/` (Auth0: Management API access tokens).
    pub fn management_api(&self) -> Audience {
        format!("{}api/v2/", self.url).into()
    }
}
