//! How quotas stand, for headers.

use grantd_model::{QuotaBucket, QuotaEntity, QuotaStanding, Timestamp};
use smallvec::SmallVec;

/// A quota that is used up.
#[derive(Debug)]
pub(crate) struct Exceeded {
    /// Whose.
    pub(crate) entity: QuotaEntity,
    /// How all of its quotas stand.
    pub(crate) standings: SmallVec<[QuotaStanding; 2]>,
    /// The time.
    pub(crate) now: Timestamp,
}

impl Exceeded {
    /// The one to wait for: of those that are used up, the one that lasts longest.
    pub(crate) fn longest(&self) -> Option<&QuotaStanding> {
        let used_up = self.standings.iter().filter(|standing| standing.remaining == 0);
        used_up.max_by_key(|standing| standing.resets_in)
    }
}

/// How a quota stands when so many are consumed.
pub(super) fn of(bucket: QuotaBucket, limit: u32, consumed: u64, now: Timestamp) -> QuotaStanding {
    let remaining = u64::from(limit).saturating_sub(consumed);
    QuotaStanding {
        bucket,
        limit,
        remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        resets_in: bucket.end(now).seconds().saturating_sub(now.seconds()),
    }
}
