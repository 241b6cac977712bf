//! Rate limits: how many requests there may be at once, and how fast more become possible (Auth0: Rate limit policy).
//!
//! A bucket holds as many requests as its limit's `burst`, and refills evenly. Only the arithmetic is here, in whole numbers:
//! who keeps the buckets is the server. Where several nodes have a bucket of the same limit, each is told what the others
//! took ([`RateTally`](crate::RateTally)), and may owe requests until they have come back.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How many requests there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Requests at once, 1 to 1,000,000.
    pub burst: u32,
    /// How fast more become possible.
    #[serde(flatten)]
    pub refill: Refill,
}

/// How many requests become possible in a stretch of time, 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refill {
    /// In a second.
    PerSecond(u32),
    /// In a minute.
    PerMinute(u32),
}

/// The limits of an endpoint. What is not set has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointLimits {
    /// Of all requests together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<RateLimit>,
    /// Of those of each client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_client: Option<RateLimit>,
}

/// All rate limits of the deployment (a setting of ours).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimits {
    /// Of the token endpoint.
    #[serde(default)]
    pub token_endpoint: EndpointLimits,
    /// Of the Management API.
    #[serde(default)]
    pub management_api: EndpointLimits,
}

/// What the log should hear of, each at most once in a [`SELDOM`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateNotice {
    /// A request was refused.
    Hit,
    /// Four fifths of the bucket are used (Auth0: `api_limit_warning`).
    Warning,
}

/// How many nodes may let a burst and the refill of a second through before they hear of one another, so that all of it
/// is owed. What a bucket owes is bounded, so that a figure that is wrong locks nobody out for good.
const OWED: i64 = 16;

/// Milliseconds between two notices of one kind about one bucket.
const SELDOM: u64 = 60_000;

/// How a bucket stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateStanding {
    /// Whether there was one for this request.
    pub allowed: bool,
    /// What the bucket holds when it is full.
    pub burst: u32,
    /// What is left.
    pub remaining: u32,
    /// Milliseconds until there is one more.
    pub more_in: u64,
    /// What the log should hear of.
    pub notice: Option<RateNotice>,
}

/// The requests that are left of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateBucket {
    limit: RateLimit,
    /// In parts of a request: as many as the limit's interval has milliseconds make a whole one, so that a millisecond
    /// adds a whole number of them. Less than nothing where others took more than there was.
    level: i64,
    at: Timestamp,
    hit: Option<Timestamp>,
    warned: Option<Timestamp>,
}

impl RateLimit {
    /// Milliseconds of the interval, and how many requests it brings.
    const fn pace(self) -> (i64, i64) {
        match self.refill {
            Refill::PerSecond(requests) => (1_000, requests as i64),
            Refill::PerMinute(requests) => (60_000, requests as i64),
        }
    }

    const fn full(self) -> i64 {
        self.burst as i64 * self.pace().0
    }

    const fn least(self) -> i64 {
        let (_, requests) = self.pace();
        -OWED * (self.full() + 1_000 * requests)
    }

    /// Microseconds until so many requests have come back, rounded up.
    pub const fn busy(self, requests: u64) -> u64 {
        let (whole, refill) = self.pace();
        let refill = if refill > 0 { refill.unsigned_abs() } else { 1 };
        requests.saturating_mul(1_000 * whole.unsigned_abs()).div_ceil(refill)
    }
}

impl RateBucket {
    /// A bucket that is full.
    pub const fn full(limit: RateLimit, now: Timestamp) -> Self {
        Self { limit, level: limit.full(), at: now, hit: None, warned: None }
    }

    /// Takes one, if there is one. A limit that has changed begins anew.
    pub fn take(&mut self, limit: RateLimit, now: Timestamp) -> RateStanding {
        if self.limit != limit {
            *self = Self::full(limit, now);
        }
        self.refill(now);
        let (whole, requests) = limit.pace();
        let allowed = self.level >= whole;
        if allowed {
            self.level -= whole;
        }
        let missing = if self.level < 0 { whole - self.level } else { whole - self.level % whole };
        let remaining = u32::try_from(self.level.max(0) / whole).unwrap_or(u32::MAX);
        RateStanding {
            allowed,
            burst: limit.burst,
            remaining,
            more_in: missing.unsigned_abs().div_ceil(requests.max(1).unsigned_abs()),
            notice: self.notice(allowed, remaining, now),
        }
    }

    /// Takes what others took. Where that is more than there is, the rest is owed.
    pub fn take_of_others(&mut self, requests: u64, now: Timestamp) {
        self.refill(now);
        let (whole, _) = self.limit.pace();
        let taken = i64::try_from(requests).unwrap_or(i64::MAX).saturating_mul(whole);
        self.level = self.level.saturating_sub(taken).max(self.limit.least());
    }

    /// Learns for the first time how the bucket of all stands: `busy` microseconds until it would have been full again, when
    /// `requests` of ours came to that. It has no more from then on.
    pub(crate) fn join(&mut self, busy: u64, requests: u64, now: Timestamp) {
        if busy == 0 {
            return;
        }
        self.refill(now);
        let (whole, refill) = self.limit.pace();
        let parts = i64::try_from(busy).unwrap_or(i64::MAX).saturating_mul(refill) / 1_000;
        let ours = i64::try_from(requests).unwrap_or(i64::MAX).saturating_mul(whole);
        let left = self.limit.full().saturating_sub(parts).saturating_sub(ours);
        self.level = self.level.min(left).max(self.limit.least());
    }

    /// What it is a bucket of.
    pub const fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Whether everything has come back.
    pub fn is_full(&self, now: Timestamp) -> bool {
        let mut later = self.clone();
        later.refill(now);
        later.level == later.limit.full()
    }

    /// Whether nothing would be forgotten with it.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.is_full(now) && seldom(self.hit, now) && seldom(self.warned, now)
    }

    /// The share of it that is left, in thousandths.
    pub fn share(&self) -> u64 {
        let share = (self.level.max(0) * 1_000).checked_div(self.limit.full());
        share.unwrap_or(0).unsigned_abs()
    }

    /// A clock that goes back adds nothing, and takes nothing away. A little back is no clock but a request that was overtaken:
    /// what has been added up to the later moment is not added again.
    fn refill(&mut self, now: Timestamp) {
        if is_overtaken(self.at, now) {
            return;
        }
        let elapsed = i64::try_from(now.millis().saturating_sub(self.at.millis())).unwrap_or(i64::MAX);
        let (_, requests) = self.limit.pace();
        self.level = self.level.saturating_add(elapsed.saturating_mul(requests)).min(self.limit.full());
        self.at = now;
    }

    fn notice(&mut self, allowed: bool, remaining: u32, now: Timestamp) -> Option<RateNotice> {
        let used = u64::from(self.limit.burst.saturating_sub(remaining));
        if !allowed {
            seldom(self.hit, now).then(|| self.hit = Some(now))?;
            return Some(RateNotice::Hit);
        }
        let much = used * 5 >= u64::from(self.limit.burst) * 4;
        (much && seldom(self.warned, now)).then(|| self.warned = Some(now))?;
        Some(RateNotice::Warning)
    }
}

/// Whether a moment lies a little before one that was seen already.
fn is_overtaken(seen: Timestamp, now: Timestamp) -> bool {
    now < seen && seen.millis() - now.millis() < SELDOM
}

/// Whether the last notice is long ago. One far in the future is: the clock was ahead.
fn seldom(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last.millis().abs_diff(now.millis()) >= SELDOM)
}

impl RateStanding {
    /// Seconds until there is one more, at least one.
    pub fn retry_after(&self) -> u64 {
        self.more_in.div_ceil(1_000).max(1)
    }

    /// When there is one more, in seconds since the epoch.
    pub fn reset(&self, now: Timestamp) -> u64 {
        (now.millis() + self.more_in).div_ceil(1_000)
    }
}
