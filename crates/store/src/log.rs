//! The seam of the log: what happened, in the order in which it was written down.
//!
//! Apart from the configuration, and outside of its revision: entries are only ever added, and the oldest go. On
//! SQLite the log is a file of its own, so that no commit waits for it.

use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use grantd_model::{ClientId, Direction, LogBatch, LogEntry, LogPosition, LogStreamId, Timestamp};

use crate::StoreError;

/// Which entries a search has to look at. Unset members do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// Only of this `type`.
    pub kind: Option<String>,
    /// Only of this client.
    pub client_id: Option<ClientId>,
}

/// How much of the log is kept. What is beyond either bound goes, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Entries older than this go.
    pub age: Duration,
    /// The events that are kept have this many bytes of text at most.
    pub bytes: u64,
}

/// Says of each entry that is visited whether to go on.
pub type Visit<'v> = dyn FnMut(LogEntry) -> ControlFlow<()> + Send + 'v;

/// The log.
#[async_trait]
pub trait Log: Send + Sync {
    /// Adds entries in this order, durably, all or none.
    async fn append(&self, events: &LogBatch) -> Result<(), StoreError>;

    /// The entry at a position.
    async fn get(&self, position: LogPosition) -> Result<Option<LogEntry>, StoreError>;

    /// The first entries after a position, by position, so many at most.
    async fn after(&self, position: LogPosition, most: u32) -> Result<Vec<LogEntry>, StoreError>;

    /// The position of the newest entry, 0 when there is none.
    async fn newest(&self) -> Result<LogPosition, StoreError>;

    /// The position of the newest entry that retention has removed, 0 when there is none.
    async fn removed(&self) -> Result<LogPosition, StoreError>;

    /// Visits the entries in the range by date and position, until the visitor has seen enough.
    async fn scan(
        &self,
        range: &LogRange,
        direction: Direction,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError>;

    /// Removes the first of what is beyond the retention; returns how many entries went, 0 when all of it is gone.
    async fn trim(&self, retention: Retention, now: Timestamp) -> Result<u64, StoreError>;

    /// Up to where a stream has delivered; none if it never has.
    async fn delivered(&self, stream: &LogStreamId) -> Result<Option<LogPosition>, StoreError>;

    /// Notes durably up to where a stream has delivered.
    async fn deliver(&self, stream: &LogStreamId, position: LogPosition) -> Result<(), StoreError>;

    /// Whether this holder does from now on what one node does for all, for so long; asked again in time, it goes on.
    /// Of several nodes one is told yes, by the database's clock.
    async fn lease(&self, what: &str, holder: &str, length: Duration) -> Result<bool, StoreError>;

    /// Closes the log. From then on everything is [`Stopped`](StoreError::Stopped).
    async fn close(&self);
}
