//! What may be used once: the identifiers of assertions and proofs (RFC 7523 §3, RFC 9449 §11.1).

use grantd_model::Timestamp;

/// The use of something that may be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OneTimeUse {
    /// What was used, and by whom: SHA-256 of both.
    pub digest: [u8; 32],
    /// Until when it would be accepted again.
    pub until: Timestamp,
}

/// The uses that a server finds when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormerUses {
    /// Those that are noted, up to an hour after their end.
    pub uses: Vec<OneTimeUse>,
    /// Whether these are all: the former server stopped in order.
    pub complete: bool,
}
