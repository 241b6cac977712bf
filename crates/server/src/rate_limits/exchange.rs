//! The exchange between nodes on one store: what each has let through, so that all together keep to a limit.
//!
//! Five times a second a node tells of the buckets that are in use, and hears what others took. No request waits for it,
//! and no lock is held meanwhile. Where the store does not answer, each node counts for itself; what it lets through then
//! is told to nobody, so that nobody is locked out for it later.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use grantd_model::{Causes, ClientId, RateLimit, RatesHeard, Refill};
use grantd_store::{RateCount, StoreError};
use tokio::select;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Limited;
use super::held::Report;
use crate::State;

/// How often it is told and heard.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long an answer is waited for. What is heard later is of little use.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long is waited after a failure.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is asked what may be forgotten.
const FORGETTING: Duration = Duration::from_mins(10);

/// What is told of which bucket.
pub(super) struct News {
    /// Of which endpoint's.
    pub(super) endpoint: Limited,
    /// Of which client's; none: the one of all.
    pub(super) client: Option<ClientId>,
    /// What.
    pub(super) told: Report,
}

impl News {
    /// What all nodes call the bucket. A limit that has changed has another one.
    fn bucket(&self) -> String {
        let endpoint = match self.endpoint {
            Limited::TokenEndpoint => "token_endpoint",
            Limited::ManagementApi => "management_api",
        };
        let RateLimit { burst, refill } = self.told.limit;
        let limit = match refill {
            Refill::PerSecond(requests) => format!("{endpoint}/{burst}/per_second/{requests}"),
            Refill::PerMinute(requests) => format!("{endpoint}/{burst}/per_minute/{requests}"),
        };
        match &self.client {
            Some(client) => format!("{limit}/{}", client.as_str()),
            None => limit,
        }
    }

    fn count(&self) -> RateCount {
        let Report { limit, requests } = self.told;
        RateCount { bucket: self.bucket(), requests, busy: limit.busy(requests) }
    }
}

/// Keeps the rate limits together with those of the other nodes, until `stop` is done. Returns at once where the store has
/// no other nodes.
pub async fn share_rate_limits(state: &State, stop: impl Future<Output = ()>) {
    if !state.context.store.is_shared() {
        return;
    }
    let mut stop = pin!(stop);
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut forgetting = interval(FORGETTING);
    let (mut shares, mut fails) = (false, false);
    loop {
        select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
            _ = forgetting.tick(), if shares => {
                forget(state).await;
                continue;
            }
        }
        let mut news = state.buckets.news(state.clock().now());
        if news.is_empty() {
            continue;
        }
        shares = true;
        let outcome = if fails { attempt(state, &mut news).await } else { exchange(state, &news).await };
        match &outcome {
            Ok(()) if fails => tracing::info!("rate limits are counted by all nodes together again"),
            Ok(()) => {}
            Err(error) => {
                if !fails {
                    let error = Causes(error);
                    tracing::warn!(%error, "this node counts requests for rate limits by itself for now");
                }
                ticks.reset_after(AGAIN);
            }
        }
        fails = outcome.is_err();
    }
}

/// Tells the news, and hears of those buckets.
async fn exchange(state: &State, news: &[News]) -> Result<(), StoreError> {
    let outcome = tell(state, news).await;
    let now = state.clock().now();
    for news in news {
        let of_bucket =
            |heard: &HashMap<String, RatesHeard>| heard.get(&news.bucket()).copied().unwrap_or_default();
        state.buckets.hear(news, outcome.as_ref().ok().map(of_bucket), now);
    }
    outcome.map(drop)
}

/// Finds out whether others can be heard of again, and tells nothing: what was let through until then is nobody's debt.
async fn attempt(state: &State, news: &mut [News]) -> Result<(), StoreError> {
    for news in &mut *news {
        news.told.requests = 0;
    }
    let outcome = tell(state, news).await;
    let now = state.clock().now();
    for news in news {
        state.buckets.hear(news, None, now);
    }
    outcome.map(drop)
}

async fn tell(state: &State, news: &[News]) -> Result<HashMap<String, RatesHeard>, StoreError> {
    let told = state.context.store.count_requests(news.iter().map(News::count).collect());
    timeout(PATIENCE, told).await.unwrap_or(Err(StoreError::TooSlow(PATIENCE)))
}

/// Removes what nobody needs to hear of any more. What fails, or takes long, goes on the next time.
async fn forget(state: &State) {
    let forgetting = async {
        while state.context.store.forget_request_counts().await? > 0 {}
        Ok::<(), StoreError>(())
    };
    let outcome = timeout(PATIENCE, forgetting).await.unwrap_or(Err(StoreError::TooSlow(PATIENCE)));
    if let Err(error) = outcome {
        tracing::debug!(error = %Causes(&error), "not all old counts of rate limits were forgotten");
    }
}
