//! Writing down when secrets were last used: in small transactions between those of the writer, outside of the
//! revision.

use std::time::Duration;

use grantd_model::Causes;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::super::{WriteConnection, bounded};
use super::secret_uses;
use crate::StoreError;
use crate::secret_uses::{SecretUse, SecretUses};

/// How often uses are written.
const INTERVAL: Duration = Duration::from_secs(5);
/// Uses that share one transaction at most; commits wait for it.
const BATCH: usize = 256;

/// When to write some.
pub(crate) fn ticks() -> Interval {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Writes a batch of uses; the next one soon, if there is one.
pub(crate) async fn write_some(connection: &mut WriteConnection, uses: &SecretUses, ticks: &mut Interval) {
    if write_batch(connection, uses).await == BATCH {
        ticks.reset_immediately();
    }
}

/// Writes what there is, for who stops.
pub(crate) async fn write_all(connection: &mut WriteConnection, uses: &SecretUses) {
    while write_batch(connection, uses).await == BATCH {}
}

/// Writes a batch of uses and returns how many. What cannot be written is tried again the next time.
async fn write_batch(connection: &mut WriteConnection, uses: &SecretUses) -> usize {
    let unwritten = uses.unwritten(BATCH);
    if unwritten.is_empty() {
        return 0;
    }
    if let Err(error) = bounded(put(connection, &unwritten)).await {
        let error = connection.give_up(error).await;
        tracing::warn!(error = %Causes(&error), "when secrets were last used could not be written");
        return 0;
    }
    let written = unwritten.len();
    uses.wrote(unwritten);
    written
}

async fn put(connection: &mut WriteConnection, uses: &[SecretUse]) -> Result<(), StoreError> {
    let transaction = connection.begin().await?;
    for used in uses {
        secret_uses::put(transaction, used).await?;
    }
    connection.commit().await
}
