//! An access token that no longer counts although it has not expired (RFC 7009).

use crate::{ClientId, Timestamp, TokenId};

/// An entry of the denylist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevokedToken {
    /// Which token.
    pub token: TokenId,
    /// Whose token it is: nobody takes more room than their share.
    pub client_id: ClientId,
    /// When it would not count any longer anyhow.
    pub expires_at: Timestamp,
}

impl RevokedToken {
    /// Entries that a deployment has at once, at most: those of tokens that have not expired.
    pub const MOST: usize = 100_000;

    /// Those of them that are of one client, at most.
    pub const MOST_OF_CLIENT: usize = 10_000;

    /// Milliseconds that an entry is kept after its end, where there is room: a clock that was ahead and comes back
    /// must not bring a token back to life.
    const KEPT: u64 = 86_400_000;

    /// The end of entries that go by now even where there is room for them.
    pub fn ended_long_ago(now: Timestamp) -> Timestamp {
        Timestamp::from_millis(now.millis().saturating_sub(Self::KEPT))
    }
}
