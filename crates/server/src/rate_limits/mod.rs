//! Rate limits of the token endpoint and of the Management API: one [`Gate`] a request.
//!
//! All requests pass one bucket before anything of them is read, and the bucket of their client as soon as it is known
//! who that is: strangers use up nobody's. Where no limit is set, a request pays a look at the configuration.
//! A node asks nobody before it lets a request through; what it has let through it tells the others soon ([`exchange`]).

mod buckets;
mod exchange;
mod headers;
mod held;

pub(crate) use self::buckets::Buckets;
pub use self::exchange::share_rate_limits;

use std::sync::OnceLock;

use grantd_decision::Facts;
use grantd_model::{ClientId, EndpointLimits, RateLimits, RateStanding, Timestamp};
use http::{Extensions, HeaderMap, HeaderValue, Response};

use self::headers::mark;
use crate::State;
use crate::events::Origin;
use crate::events::rate_limit::{Approached, noticed};

/// What has limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    /// `POST /oauth/token`.
    TokenEndpoint,
    /// `/api/v2` and `/grantd/v1`.
    ManagementApi,
}

impl Limited {
    fn of(self, limits: &RateLimits) -> EndpointLimits {
        match self {
            Self::TokenEndpoint => limits.token_endpoint,
            Self::ManagementApi => limits.management_api,
        }
    }
}

/// Too many requests: of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMany {
    /// Of everybody together.
    #[error("there are too many requests")]
    OfAll,
    /// Of the client.
    #[error("there are too many requests of the client")]
    OfClient,
}

/// What a request is, for the log.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'r> {
    /// The method.
    pub(crate) method: &'r str,
    /// The path, or its template.
    pub(crate) path: &'r str,
    /// Its headers.
    pub(crate) headers: &'r HeaderMap,
    /// What is known of its connection.
    pub(crate) extensions: &'r Extensions,
}

/// What a request passes, and how the limits stand after it.
pub(crate) struct Gate<'s> {
    state: &'s State,
    endpoint: Limited,
    all: OnceLock<Passed>,
    client: OnceLock<Passed>,
}

/// How a limit stands after a request has come to it, and when that was.
#[derive(Clone, Copy)]
struct Passed {
    standing: RateStanding,
    at: Timestamp,
}

impl<'s> Gate<'s> {
    /// The gate of an endpoint.
    pub(crate) fn of(state: &'s State, endpoint: Limited) -> Self {
        Self { state, endpoint, all: OnceLock::new(), client: OnceLock::new() }
    }

    /// The limits that are set now: between the head of a request and the proof of its client lies its body, which may be
    /// slow. A configuration that is too old limits nothing: requests are refused by it anyway.
    fn limits(&self) -> EndpointLimits {
        let snapshot = self.state.follower.current().ok();
        let set = snapshot.as_ref().and_then(|snapshot| snapshot.tenant().extensions.rate_limits.as_ref());
        set.map(|limits| self.endpoint.of(limits)).unwrap_or_default()
    }

    /// Takes one of the requests that all have together.
    pub(crate) fn pass_all(&self, asking: Asking<'_>) -> Result<(), TooMany> {
        let Some(limit) = self.limits().global else { return Ok(()) };
        let at = self.state.clock().now();
        let take = || Passed { standing: self.state.buckets.take_of_all(self.endpoint, limit, at), at };
        let Passed { standing, .. } = *self.all.get_or_init(take);
        self.notice(standing, None, asking);
        self.verdict(standing, TooMany::OfAll)
    }

    /// Takes one of the requests of this client; of one request once.
    pub(crate) fn pass_client(&self, client: &ClientId, asking: Asking<'_>) -> Result<(), TooMany> {
        if self.client.get().is_some() {
            return Ok(());
        }
        let Some(limit) = self.limits().per_client else { return Ok(()) };
        let at = self.state.clock().now();
        let take =
            || Passed { standing: self.state.buckets.take_of_client(self.endpoint, client, limit, at), at };
        let Passed { standing, .. } = *self.client.get_or_init(take);
        self.notice(standing, Some(client), asking);
        self.verdict(standing, TooMany::OfClient)
    }

    fn verdict(&self, standing: RateStanding, refusal: TooMany) -> Result<(), TooMany> {
        if standing.allowed {
            return Ok(());
        }
        self.state.metrics.limited(self.endpoint, refusal);
        Err(refusal)
    }

    /// Says in the headers of the answer how the limits stand.
    pub(crate) fn mark<B>(&self, answer: &mut Response<B>) {
        let (all, client) = (self.all.get(), self.client.get());
        if let Some(tightest) = tightest(all, client) {
            mark(answer.headers_mut(), &tightest.standing, tightest.at);
        }
        if let (Limited::TokenEndpoint, Some(client)) = (self.endpoint, client) {
            let value = headers::of_client(&client.standing);
            answer
                .headers_mut()
                .extend(HeaderValue::try_from(value).ok().map(|value| (headers::CLIENT, value)));
        }
    }

    fn notice(&self, standing: RateStanding, client: Option<&ClientId>, asking: Asking<'_>) {
        let Some(notice) = standing.notice else { return };
        let origin = Origin::of(asking.headers, asking.extensions);
        let Asking { method, path, .. } = asking;
        noticed(self.state, &origin, &Approached { notice, client, limit: standing.burst, method, path });
    }
}

/// The one that refused, or of which the smaller share is left.
fn tightest<'s>(all: Option<&'s Passed>, client: Option<&'s Passed>) -> Option<&'s Passed> {
    let (Some(of_all), Some(of_client)) = (all, client) else { return all.or(client) };
    let share = |Passed { standing, .. }: &Passed| {
        (standing.allowed, u64::from(standing.remaining) * 1_000_000 / u64::from(standing.burst.max(1)))
    };
    Some(if share(of_all) < share(of_client) { of_all } else { of_client })
}
