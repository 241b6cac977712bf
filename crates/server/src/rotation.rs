//! Rotating the signing keys on a schedule.
//!
//! Only the clock that asks is here; what is due, and what happens then, is the use case's.

use std::time::Duration;

use grantd_management::signing_keys;
use grantd_model::Causes;
use tokio::time::{MissedTickBehavior, interval};

use crate::State;

/// How often it is asked. A schedule counts in days.
const INTERVAL: Duration = Duration::from_mins(1);

/// Asks every minute whether the signing keys are due, until the task is dropped. A failure is logged, and asked again.
pub async fn rotate_on_schedule(state: &State) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match signing_keys::rotate_if_due(&state.context).await {
            Ok(Some(next)) => tracing::info!(next.kid = %next, "the signing keys were rotated on schedule"),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = %Causes(&error), "the signing keys could not be rotated on schedule");
            }
        }
    }
}
