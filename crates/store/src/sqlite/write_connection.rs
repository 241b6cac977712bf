//! The one connection that writes.

use sqlx::Connection as _;

use super::Connection;
use super::sql::writer::statement;
use crate::StoreError;

/// The connection, and its transactions.
pub(crate) struct WriteConnection(Connection);

impl WriteConnection {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Begins a transaction; nobody else writes until it ends.
    pub(crate) async fn begin(&mut self) -> Result<&mut Connection, StoreError> {
        statement(&mut self.0, "BEGIN IMMEDIATE").await?;
        Ok(&mut self.0)
    }

    /// Makes the transaction durable.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        statement(&mut self.0, "COMMIT").await
    }

    /// Leaves a transaction that failed, and says what its error comes to.
    pub(crate) async fn give_up(&mut self, error: StoreError) -> StoreError {
        if let Err(error) = statement(&mut self.0, "ROLLBACK").await {
            tracing::debug!(%error, "there was no transaction to roll back");
        }
        error
    }

    /// Whether nothing was kept and another try may go better. Nobody else's transaction is in the way here.
    pub(crate) fn may_try_again(_: &StoreError) -> bool {
        false
    }

    /// Says to others that something was committed. There is nobody.
    #[expect(clippy::unused_async, reason = "the other backend's takes a while")]
    pub(crate) async fn announce(&mut self) {}

    pub(crate) async fn close(self) {
        if let Err(error) = self.0.close().await {
            tracing::error!(%error, "the database did not close");
        }
    }
}
