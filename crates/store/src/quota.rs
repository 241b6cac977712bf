//! Reserving tokens of a quota: what a node may issue without asking again.

use grantd_model::QuotaWindow;

/// Some tokens of a window that a node would like to have.
#[derive(Clone, Debug)]
pub struct QuotaReservation {
    /// Of which window.
    pub window: QuotaWindow,
    /// How many there may be in all; none where nothing is refused.
    pub limit: Option<u64>,
    /// How many are wanted.
    pub wanted: u64,
    /// The last share of the quota that was warned of here, in per cent.
    pub warned: u8,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaReserved {
    /// How many were reserved: fewer than were wanted when there are no more.
    pub granted: u64,
    /// How many all nodes have reserved in this window.
    pub total: u64,
    /// The last share of the quota that was warned of anywhere, in per cent.
    pub warned: u8,
}

/// Tokens that were reserved and not issued.
#[derive(Clone, Debug)]
pub struct QuotaReturn {
    /// Of which window.
    pub window: QuotaWindow,
    /// How many.
    pub unspent: u64,
    /// The last share of the quota that was warned of here, in per cent.
    pub warned: u8,
}
