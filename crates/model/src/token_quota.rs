//! Token quotas: how many tokens a client, or the clients of an organization, may get in an hour and in a day
//! (Auth0: Fine-grained M2M token quotas).
//!
//! The windows are those of UTC, the same for everybody. Only the arithmetic is here; who counts is the ledger of the
//! server, where the count is kept is the store.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::Timestamp;

/// What a quota says of one kind of grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenQuota {
    /// Tokens in an hour of UTC.
    #[serde(default)]
    pub per_hour: Option<u32>,
    /// Tokens in a day of UTC.
    #[serde(default)]
    pub per_day: Option<u32>,
    /// Whether what is beyond is refused, or only counted.
    #[serde(default = "enforced")]
    pub enforce: bool,
}

/// Auth0's default.
fn enforced() -> bool {
    true
}

impl TokenQuota {
    /// From a `token_quota`, or one side of a `default_token_quota`; none if it sets no number.
    pub fn read(token_quota: Option<&Value>) -> Option<Self> {
        let quota = Self::deserialize(token_quota?.get("client_credentials")?).ok()?;
        quota.limits().next().is_some().then_some(quota)
    }

    /// The numbers that are set.
    pub fn limits(&self) -> impl Iterator<Item = (QuotaBucket, u32)> + use<> {
        let of_hour = self.per_hour.map(|limit| (QuotaBucket::PerHour, limit));
        let of_day = self.per_day.map(|limit| (QuotaBucket::PerDay, limit));
        of_hour.into_iter().chain(of_day)
    }
}

/// What is counted together in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaBucket {
    /// An hour of UTC.
    PerHour,
    /// A day of UTC.
    PerDay,
}

impl QuotaBucket {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PerHour => "per_hour",
            Self::PerDay => "per_day",
        }
    }

    /// Seconds of a window.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::PerHour => 3_600,
            Self::PerDay => 86_400,
        }
    }

    /// When the window of a moment began.
    pub const fn start(self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(now.seconds() - now.seconds() % self.seconds())
    }

    /// When the next window begins.
    pub const fn end(self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(self.start(now).seconds() + self.seconds())
    }
}

/// Whose tokens are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaEntity {
    /// Those of a client.
    Client,
    /// Those for an organization.
    Organization,
}

impl QuotaEntity {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Organization => "organization",
        }
    }
}

/// One count: whose, and of when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QuotaWindow {
    /// Whose.
    pub entity: QuotaEntity,
    /// The identifier of the client or the organization.
    pub id: Arc<str>,
    /// An hour, or a day.
    pub bucket: QuotaBucket,
    /// When it began.
    pub start: Timestamp,
}

/// The shares of a quota, in per cent, at which a warning is due (Auth0).
const WARNINGS: [u8; 3] = [60, 80, 100];

/// The warnings that are due when so many tokens of so many are consumed and the last one was at `warned` per cent.
pub fn due_warnings(consumed: u64, limit: u32, warned: u8) -> impl Iterator<Item = u8> {
    let reached = move |share: &u8| consumed.saturating_mul(100) >= u64::from(limit) * u64::from(*share);
    WARNINGS.into_iter().filter(move |share| *share > warned).filter(reached)
}

/// How many tokens are reserved at a time: a hundredth of the quota, 1 to 1,000. What an unclean stop wastes is less
/// than two of these.
pub fn quota_block(limit: u32) -> u64 {
    u64::from(limit / 100).clamp(1, 1_000)
}

/// How a quota stands, as the headers tell (Auth0: `Auth0-Client-Quota-Limit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaStanding {
    /// The hour or the day.
    pub bucket: QuotaBucket,
    /// The quota.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// Seconds until the window ends.
    pub resets_in: u64,
}

impl QuotaStanding {
    /// `b=per_hour;q=10;r=7;t=3540`
    fn put(&self, header: &mut String) {
        let mut number = itoa::Buffer::new();
        header.push_str("b=");
        header.push_str(self.bucket.as_str());
        for (name, value) in
            [(";q=", self.limit.into()), (";r=", self.remaining.into()), (";t=", self.resets_in)]
        {
            header.push_str(name);
            header.push_str(number.format::<u64>(value));
        }
    }
}

/// The value of a header: all standings of an entity, with commas between.
pub fn quota_header(standings: &[QuotaStanding]) -> String {
    let mut header = String::with_capacity(56 * standings.len());
    for standing in standings {
        if !header.is_empty() {
            header.push(',');
        }
        standing.put(&mut header);
    }
    header
}
