//! Updating a record that others update too.

use grantd_store::StoreError;

use crate::Error;

/// Attempts before an update gives up; each failed one means that somebody else's succeeded, so that this many
/// updates of one record at once all succeed.
const ATTEMPTS: usize = 128;

/// Runs a read-change-commit attempt again while the record changes in between.
pub(crate) async fn while_stale<T, F: Future<Output = Result<T, Error>>>(
    mut attempt: impl FnMut() -> F,
) -> Result<T, Error> {
    for _ in 0..ATTEMPTS {
        match attempt().await {
            Err(Error::Store(StoreError::Stale(_))) => {}
            outcome => return outcome,
        }
    }
    Err(Error::Contended)
}
