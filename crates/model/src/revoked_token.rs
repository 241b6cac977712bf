//! An access token that no longer counts although it has not expired (RFC 7009).

use crate::{Timestamp, TokenId};

/// An entry of the denylist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevokedToken {
    /// Which token.
    pub token: TokenId,
    /// When it would not count any longer anyhow, and the entry goes.
    pub expires_at: Timestamp,
}

impl RevokedToken {
    /// Entries that a deployment has at once, at most: those of tokens that have not expired.
    pub const MOST: usize = 100_000;
}
