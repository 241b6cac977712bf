//! What is counted of the requests of this process. Counting is atomic additions, so that watching costs nothing to speak of;
//! what can be looked up when somebody asks is not counted here.

mod endpoint;
mod histogram;

pub(crate) use self::endpoint::Endpoint;
pub(crate) use self::histogram::{Counted, Histogram};

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantd_decision::{RULES, Rule};
use grantd_model::{QuotaEntity, SigningAlgorithm};
use http::StatusCode;

use crate::rate_limits::{Limited, TooMany};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Statuses that are counted each; all others are counted together.
pub(crate) const STATUSES: [u16; 19] =
    [200, 201, 202, 204, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 429, 431, 500, 503];

/// The values of `error` that the token endpoint answers with.
pub(crate) const ERRORS: [&str; 10] = [
    "invalid_request",
    "invalid_client",
    "access_denied",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_target",
    "invalid_dpop_proof",
    "too_many_requests",
    "temporarily_unavailable",
    "server_error",
];

/// The algorithms that tokens are signed with.
pub(crate) const ALGORITHMS: [SigningAlgorithm; 6] = [
    SigningAlgorithm::HS256,
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS512,
    SigningAlgorithm::PS256,
    SigningAlgorithm::ES256,
    SigningAlgorithm::EdDSA,
];

/// What is limited, and by which of its two limits.
pub(crate) const LIMITS: [(Limited, TooMany); 4] = [
    (Limited::TokenEndpoint, TooMany::OfAll),
    (Limited::TokenEndpoint, TooMany::OfClient),
    (Limited::ManagementApi, TooMany::OfAll),
    (Limited::ManagementApi, TooMany::OfClient),
];

/// Who has quotas.
pub(crate) const ENTITIES: [QuotaEntity; 2] = [QuotaEntity::Client, QuotaEntity::Organization];

/// The requests of an endpoint.
#[derive(Debug, Default)]
pub(crate) struct OfEndpoint {
    /// By status, in the order of [`STATUSES`]; the others are last.
    pub(crate) statuses: [Counter; STATUSES.len() + 1],
    /// How long they took.
    pub(crate) duration: Histogram,
}

/// All counts. The arrays are in the order of the constants beside them.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) requests: [OfEndpoint; Endpoint::ALL.len()],
    pub(crate) issued: [Counter; ALGORITHMS.len()],
    pub(crate) signing: Histogram,
    pub(crate) denials: [Counter; RULES.len()],
    pub(crate) refusals: [Counter; ERRORS.len()],
    pub(crate) limited: [Counter; LIMITS.len()],
    pub(crate) overloaded: Counter,
    pub(crate) quota_counted: Counter,
    pub(crate) quota_exceeded: [Counter; ENTITIES.len()],
    pub(crate) quota_reservations: Counter,
    pub(crate) management_writes: Counter,
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, endpoint: Endpoint, status: StatusCode, took: Duration) {
        let Some(of) = self.requests.get(endpoint as usize) else { return };
        let place = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        of.statuses.get(place).inspect(|counter| counter.count());
        of.duration.observe(took);
    }

    /// A token was issued; making it took so long.
    pub(crate) fn issued(&self, algorithm: SigningAlgorithm, took: Duration) {
        count(&ALGORITHMS, &self.issued, algorithm);
        self.signing.observe(took);
    }

    /// The token endpoint refused with this `error`, by this rule if it was the decision.
    pub(crate) fn refused(&self, error: &str, rule: Option<Rule>) {
        let place = ERRORS.iter().position(|known| *known == error);
        place.and_then(|place| self.refusals.get(place)).inspect(|counter| counter.count());
        let place = rule.and_then(|rule| RULES.iter().position(|(known, _)| *known == rule));
        place.and_then(|place| self.denials.get(place)).inspect(|counter| counter.count());
    }

    /// A request was beyond a limit.
    pub(crate) fn limited(&self, endpoint: Limited, whose: TooMany) {
        count(&LIMITS, &self.limited, (endpoint, whose));
    }

    /// A request was beyond a quota.
    pub(crate) fn exceeded(&self, entity: QuotaEntity) {
        count(&ENTITIES, &self.quota_exceeded, entity);
    }
}

fn count<K: Copy + PartialEq, const N: usize>(keys: &[K; N], counters: &[Counter; N], key: K) {
    let counted = keys.iter().zip(counters).find(|(known, _)| **known == key);
    if let Some((_, counter)) = counted {
        counter.count();
    }
}
