//! Keeping the log within its retention. Only the clock that asks is here; what goes is the log's business.

use std::time::Duration;

use grantd_model::{Causes, Clock};
use grantd_store::{Log, Retention};
use tokio::time::{MissedTickBehavior, interval};

/// How often it is asked.
const INTERVAL: Duration = Duration::from_mins(1);

/// Removes every minute what is too old or too much, until the task is dropped.
pub async fn trim_log(log: &dyn Log, retention: Retention, clock: &dyn Clock) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match log.trim(retention, clock.now()).await {
            Ok(0) => {}
            Ok(entries) => tracing::debug!(entries, "old entries of the log were removed"),
            Err(error) => {
                tracing::error!(error = %Causes(&error), "old entries of the log could not be removed");
            }
        }
    }
}
