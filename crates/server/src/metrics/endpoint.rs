//! The endpoints that requests are counted by.

/// Where a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/oauth/token`
    Token,
    /// `/oauth/introspect`
    Introspect,
    /// `/oauth/revoke`
    Revoke,
    /// `/.well-known/jwks.json`
    Jwks,
    /// The other documents of `/.well-known`.
    Metadata,
    /// `/api/v2`
    ManagementApi,
    /// `/grantd/v1`
    Extensions,
    /// Nowhere.
    Other,
}

impl Endpoint {
    /// Every endpoint, in the order of the enum.
    pub(crate) const ALL: [Self; 8] = [
        Self::Token,
        Self::Introspect,
        Self::Revoke,
        Self::Jwks,
        Self::Metadata,
        Self::ManagementApi,
        Self::Extensions,
        Self::Other,
    ];

    /// The endpoint of a route.
    pub(crate) fn of(route: &str) -> Self {
        match route.trim_end_matches('/') {
            "/oauth/token" => Self::Token,
            "/oauth/introspect" => Self::Introspect,
            "/oauth/revoke" => Self::Revoke,
            "/.well-known/jwks.json" => Self::Jwks,
            route if route.starts_with("/.well-known/") => Self::Metadata,
            route if route.starts_with("/api/v2") => Self::ManagementApi,
            route if route.starts_with("/grantd/v1") => Self::Extensions,
            _ => Self::Other,
        }
    }

    /// The name in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
            Self::Jwks => "jwks",
            Self::Metadata => "metadata",
            Self::ManagementApi => "management_api",
            Self::Extensions => "extensions",
            Self::Other => "other",
        }
    }
}
