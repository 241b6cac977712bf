//! Writing down when secrets were last used: in small transactions between those of the writer, outside of the
//! revision.

use std::time::Duration;

use grantd_model::Causes;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::writer::statement;
use super::{Connection, sql};
use crate::StoreError;
use crate::secret_uses::{SecretUse, SecretUses};

/// How often uses are written.
const INTERVAL: Duration = Duration::from_secs(5);
/// Uses that share one transaction at most; commits wait for it.
const BATCH: usize = 1024;

/// When to write some.
pub(super) fn ticks() -> Interval {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Writes a batch of uses; the next one soon, if there is one.
pub(super) async fn write_some(connection: &mut Connection, uses: &SecretUses, ticks: &mut Interval) {
    if write_batch(connection, uses).await == BATCH {
        ticks.reset_immediately();
    }
}

/// Writes what there is, for who stops.
pub(super) async fn write_all(connection: &mut Connection, uses: &SecretUses) {
    while write_batch(connection, uses).await == BATCH {}
}

/// Writes a batch of uses and returns how many. What cannot be written is tried again the next time.
async fn write_batch(connection: &mut Connection, uses: &SecretUses) -> usize {
    let unwritten = uses.unwritten(BATCH);
    if unwritten.is_empty() {
        return 0;
    }
    if let Err(error) = put(connection, &unwritten).await {
        tracing::warn!(error = %Causes(&error), "when secrets were last used could not be written");
        drop(statement(connection, "ROLLBACK").await);
        return 0;
    }
    let written = unwritten.len();
    uses.wrote(unwritten);
    written
}

async fn put(connection: &mut Connection, uses: &[SecretUse]) -> Result<(), StoreError> {
    statement(connection, "BEGIN IMMEDIATE").await?;
    for used in uses {
        sql::secret_uses::put(connection, used).await?;
    }
    statement(connection, "COMMIT").await
}
