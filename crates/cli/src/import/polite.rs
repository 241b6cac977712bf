//! Asking somebody else's Management API: within its rate limits, with patience for its failures, and both with a bound.

use std::time::Duration;

use grantd_model::{Causes, Clock, Secret};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::time::sleep;

use crate::Outcome;
use crate::world::SystemClock;

/// How often one request is tried.
const ATTEMPTS: u32 = 10;
/// The longest that is waited before one attempt, whatever the source asks for.
const LONGEST: Duration = Duration::from_mins(1);
/// What the first wait after a failure is; each later one is twice as long.
const SHORTEST: Duration = Duration::from_millis(500);

/// A Management API that is read.
pub(super) struct Polite {
    pub(super) http: Client,
    /// Its base, with `/api/v2` at the end.
    pub(super) base: String,
    pub(super) token: Secret,
}

impl Polite {
    /// GET, until it is answered; none where it is not there, or not ours to see.
    pub(super) async fn get(&self, path: &str) -> Outcome<Option<Value>> {
        let url = format!("{}{path}", self.base);
        let mut failure = String::new();
        for attempt in 0..ATTEMPTS {
            let wait = match self.http.get(&url).bearer_auth(self.token.expose_str()).send().await {
                Ok(response) => {
                    let (status, headers) = (response.status(), response.headers().clone());
                    if status.is_success() {
                        match response.json().await {
                            Ok(body) => {
                                // With nothing left, the next request would only be refused.
                                sleep(spent(&headers)).await;
                                return Ok(Some(body));
                            }
                            Err(error) => failure = Causes(&error.without_url()).to_string(),
                        }
                        growing(attempt)
                    } else if [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status) {
                        return Ok(None);
                    } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
                        failure = format!("it answered {status}");
                        asked_for(&headers).unwrap_or_else(|| growing(attempt))
                    } else {
                        return Err(format!("{url} answered {status}").into());
                    }
                }
                Err(error) => {
                    failure = Causes(&error.without_url()).to_string();
                    growing(attempt)
                }
            };
            sleep(wait.min(LONGEST)).await;
        }
        Err(format!("{url}: {failure}, {ATTEMPTS} times; what was read is kept: run the same command again")
            .into())
    }
}

fn growing(attempt: u32) -> Duration {
    SHORTEST.saturating_mul(2_u32.saturating_pow(attempt))
}

/// How long the source asks to wait.
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let seconds = number(headers, RETRY_AFTER.as_str()).map(Duration::from_secs);
    seconds.or_else(|| until_reset(headers))
}

/// How long until there are requests again, where none is left.
fn spent(headers: &HeaderMap) -> Duration {
    match number(headers, "x-ratelimit-remaining") {
        Some(0) => until_reset(headers).unwrap_or_default().min(LONGEST),
        _ => Duration::ZERO,
    }
}

fn until_reset(headers: &HeaderMap) -> Option<Duration> {
    let reset = number(headers, "x-ratelimit-reset")?;
    let now = SystemClock.now().seconds();
    // The second itself is not over yet.
    Some(Duration::from_secs(reset.saturating_sub(now).saturating_add(1)))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
