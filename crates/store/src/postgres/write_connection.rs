//! A connection that writes: made when it is needed, and made anew when it broke.

use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;

use super::sql::writer::statement;
use super::{COUNTING, Connection, STATEMENT, bounded, is_broken, is_out_of_reach};
use crate::StoreError;

/// Where followers hear of commits.
pub(super) const CHANNEL: &str = "grantd_commits";

/// What is written on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The configuration, and all that is sealed: one transaction after another, on all nodes.
    Configuration,
    /// What is outside of the revision.
    Apart,
    /// Requests, for rate limits.
    Counting,
}

/// The connection, and its transactions.
pub(crate) struct WriteConnection {
    options: PgConnectOptions,
    lane: Lane,
    held: Option<Connection>,
    /// Whether a transaction was begun and not ended: who began it may have gone away.
    open: bool,
    /// Whether the end of the transaction was asked for and not answered.
    committing: bool,
    /// Whether the database takes notifications; some that speak the protocol do not.
    announces: bool,
}

impl WriteConnection {
    pub(crate) fn new(options: PgConnectOptions, lane: Lane) -> Self {
        Self { options, lane, held: None, open: false, committing: false, announces: true }
    }

    /// Begins a transaction. One that changes the configuration has it to itself until it ends.
    pub(crate) async fn begin(&mut self) -> Result<&mut Connection, StoreError> {
        if std::mem::replace(&mut self.open, true) {
            self.held = None;
        }
        self.committing = false;
        let connection = match self.held.take() {
            Some(connection) => connection,
            None => Connection::connect_with(&self.options).await?,
        };
        let connection = self.held.insert(connection);
        statement(connection, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        statement(connection, if self.lane == Lane::Counting { COUNTING } else { STATEMENT }).await?;
        if self.lane == Lane::Configuration {
            statement(connection, "SELECT revision FROM revision WHERE one = 1 FOR UPDATE").await?;
        }
        Ok(connection)
    }

    /// Makes the transaction durable.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        let connection = self.held.as_mut().ok_or(StoreError::NotDurable)?;
        self.committing = true;
        statement(connection, "COMMIT").await?;
        (self.committing, self.open) = (false, false);
        Ok(())
    }

    /// Leaves a transaction that failed, and says what its error comes to.
    pub(crate) async fn give_up(&mut self, error: StoreError) -> StoreError {
        self.open = false;
        let broken = match &error {
            StoreError::TooSlow(_) => true,
            // A standby takes no writes, and will not take them later.
            StoreError::Database(sqlx::Error::Database(error)) => error.code().as_deref() == Some("25006"),
            StoreError::Database(error) => is_broken(error),
            _ => false,
        };
        // What was not answered may be kept, and so may what somebody in between has answered for the database.
        let uncertain = std::mem::take(&mut self.committing) && !is_refused(&error);
        if broken {
            self.held = None;
        } else if let Some(connection) = &mut self.held
            && bounded(statement(connection, "ROLLBACK")).await.is_err()
        {
            self.held = None;
        }
        if uncertain { StoreError::Uncertain } else { error }
    }

    /// Whether nothing was kept and another try may go better: another transaction was in the way, or the connection
    /// was an old one.
    pub(crate) fn may_try_again(error: &StoreError) -> bool {
        match error {
            StoreError::Database(sqlx::Error::Database(database)) => {
                let code = database.code().unwrap_or_default();
                // serialization_failure, deadlock_detected, query_canceled (the lock took too long to get), and a transaction
                // that the server has ended because it stood still.
                matches!(&*code, "40001" | "40P01" | "57014" | "25P03") || is_out_of_reach(error)
            }
            StoreError::Database(error) => is_broken(error),
            _ => false,
        }
    }

    /// Says to others that something was committed. They find out by themselves soon where this does not arrive.
    pub(crate) async fn announce(&mut self) {
        let Some(connection) = self.held.as_mut().filter(|_| self.announces) else { return };
        let Err(error) = bounded(statement(connection, "NOTIFY grantd_commits")).await else { return };
        tracing::debug!(%error, "a commit was not announced");
        match &error {
            // feature_not_supported, syntax_error: it never will.
            StoreError::Database(sqlx::Error::Database(error))
                if matches!(error.code().as_deref(), Some("0A000" | "42601")) =>
            {
                self.announces = false;
            }
            _ => self.held = None,
        }
    }

    pub(crate) async fn close(self) {
        if let Some(connection) = self.held
            && let Err(error) = bounded(async { Ok(connection.close().await?) }).await
        {
            tracing::debug!(%error, "the connection did not close in order");
        }
    }
}

/// Whether the database itself has refused a commit, so that nothing of it is kept: a rule is violated, or another
/// transaction is in the way, or the transaction has failed or ended before.
fn is_refused(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    let code = error.code().unwrap_or_default();
    code.starts_with("23") || matches!(&*code, "40001" | "40002" | "40P01" | "25P02" | "25P03")
}
