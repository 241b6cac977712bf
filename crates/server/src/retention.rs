//! Keeping the log within its retention. Only the clock that asks is here; what goes is the log's business.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use grantd_model::{Causes, Clock};
use grantd_store::{Log, Retention};
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is asked.
const INTERVAL: Duration = Duration::from_mins(1);

/// Removes every minute what is too old or too much, a little at a time, until `stop` is done.
pub async fn trim_log(
    log: &dyn Log,
    retention: Retention,
    clock: &dyn Clock,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        let mut entries = 0;
        loop {
            match log.trim(retention, clock.now()).await {
                Ok(0) => break,
                Ok(some) => entries += some,
                Err(error) => {
                    tracing::error!(error = %Causes(&error), "old entries of the log could not be removed");
                    break;
                }
            }
            if stop.as_mut().now_or_never().is_some() {
                return;
            }
        }
        tracing::debug!(entries, "old entries of the log were removed");
    }
}
