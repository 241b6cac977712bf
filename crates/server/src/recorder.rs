//! From what happens to the log: events are written down where they happen, wait in memory and go to the disk together, so
//! that no token waits for it.
//!
//! What waits is bounded in time and number. An unclean stop loses what waited: the last tenth of a second. A log that
//! cannot be written keeps [`WAITING`] events; what happens beyond that is counted, and lost.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantd_model::{Causes, LogBatch, LogEvent};
use grantd_store::{Log, StoreError};
use tokio::select;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// How long an event waits for others.
const INTERVAL: Duration = Duration::from_millis(100);
/// Events that are written at once without waiting for more.
const BATCH: usize = 512;
/// Events that one transaction writes at most: what has piled up while the log could not be written comes bit by bit.
const AT_ONCE: usize = 4_096;
/// Events that wait at most, some 800 bytes each.
const WAITING: usize = 65_536;
/// How long it takes until a log that could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a management write waits for its event to be durable.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way of events to the log.
pub struct Recorder {
    log: Option<Arc<dyn Log>>,
    waiting: Mutex<Waiting>,
    /// There is a batch, or somebody waits for the disk.
    pressing: Notify,
    /// How many events have been written, or given up, of all that were recorded.
    settled: watch::Sender<u64>,
    lost: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    /// What transactions are to write that have all they can hold, or were tried before; the first first.
    full: VecDeque<LogBatch>,
    /// What comes now.
    open: LogBatch,
    /// How many events are in all of these.
    events: usize,
    /// How many were recorded ever.
    recorded: u64,
}

impl Waiting {
    fn add(&mut self, sheet: &LogBatch) {
        if self.open.len() >= AT_ONCE {
            self.full.push_back(std::mem::take(&mut self.open));
        }
        self.open.append(sheet);
        self.events += sheet.len();
        self.recorded += sheet.len() as u64;
    }

    /// What is to be written next; with no events in it where none wait.
    fn take(&mut self) -> LogBatch {
        let batch = self.full.pop_front().unwrap_or_else(|| std::mem::take(&mut self.open));
        self.events -= batch.len();
        batch
    }

    /// It could not be written, and waits on, before what came meanwhile.
    fn put_back(&mut self, batch: LogBatch) {
        self.events += batch.len();
        self.full.push_front(batch);
    }

    /// It is written; what comes next has its room.
    fn reuse(&mut self, mut batch: LogBatch) {
        if self.open.is_empty() {
            batch.clear();
            self.open = batch;
        }
    }
}

thread_local! {
    /// Where this thread writes an event down before it takes the lock.
    static SHEET: RefCell<LogBatch> = RefCell::default();
}

impl Recorder {
    /// Events go nowhere.
    pub fn none() -> Self {
        Self {
            log: None,
            waiting: Mutex::default(),
            pressing: Notify::new(),
            settled: watch::Sender::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// Events go to this log, as long as [`write`](Self::write) runs.
    pub fn to(log: Arc<dyn Log>) -> Self {
        Self { log: Some(log), ..Self::none() }
    }

    /// Whether events go anywhere: who would make one can spare it otherwise.
    pub(crate) fn records(&self) -> bool {
        self.log.is_some()
    }

    /// The log behind it.
    pub fn log(&self) -> Option<&Arc<dyn Log>> {
        self.log.as_ref()
    }

    /// Takes an event; waits for nothing.
    pub(crate) fn record(&self, event: &LogEvent<'_>) {
        if self.log.is_none() {
            return;
        }
        SHEET.with_borrow_mut(|sheet| {
            sheet.clear();
            if let Err(error) = sheet.push(event) {
                tracing::error!(error = %Causes(&error), "an event could not be written down");
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            self.add(sheet);
        });
    }

    /// Puts one event behind those that wait.
    fn add(&self, sheet: &LogBatch) {
        let mut waiting = self.locked();
        if waiting.events >= WAITING {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.add(sheet);
        let full = waiting.events == BATCH;
        drop(waiting);
        if full {
            self.pressing.notify_one();
        }
    }

    /// Nothing that panics runs under the lock, so that a poisoned one is whole all the same.
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many events were lost because the log could not be written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many events were taken.
    pub fn recorded(&self) -> u64 {
        self.locked().recorded
    }

    /// Whether no more events are taken until some are written.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= WAITING
    }

    /// How many events wait to be written.
    pub fn waiting(&self) -> usize {
        self.locked().events
    }

    /// Returns when every event that was recorded before is durable, or some seconds later.
    pub(crate) async fn durable(&self) {
        if self.log.is_none() {
            return;
        }
        let recorded = self.locked().recorded;
        self.pressing.notify_one();
        let mut settled = self.settled.subscribe();
        if timeout(PATIENCE, settled.wait_for(|settled| *settled >= recorded)).await.is_err() {
            tracing::error!("the event of a management write is not durable yet");
        }
    }

    /// Writes what is recorded, until `stop` is done. It is looked at between batches: one that is cut while it is written
    /// would be lost. Then [`finish`](Self::finish) writes the rest.
    pub async fn write(&self, stop: impl Future<Output = ()>) {
        let Some(log) = &self.log else { return };
        let mut stop = pin!(stop);
        loop {
            select! {
                () = &mut stop => return,
                _ = timeout(INTERVAL, self.pressing.notified()) => {}
            }
            while let Err(error) = self.write_waiting(&**log).await {
                tracing::error!(error = %Causes(&error), "events could not be written to the log");
                select! {
                    () = &mut stop => return,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }

    /// Writes what waits still, for who stops.
    pub async fn finish(&self) {
        let Some(log) = &self.log else { return };
        if let Err(error) = self.write_waiting(&**log).await {
            tracing::error!(error = %Causes(&error), "the last events could not be written to the log");
        }
    }

    /// Writes what waits now, a batch at a time.
    async fn write_waiting(&self, log: &dyn Log) -> Result<(), StoreError> {
        let mut left = self.waiting();
        while left > 0 {
            let batch = self.locked().take();
            if batch.is_empty() {
                break;
            }
            if let Err(error) = log.append(&batch).await {
                self.locked().put_back(batch);
                return Err(error);
            }
            let written = batch.len();
            self.locked().reuse(batch);
            self.settled.send_modify(|settled| *settled += written as u64);
            left = left.saturating_sub(written);
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use grantd_model::{LogEventKind, LogPosition, Secret, Timestamp};
    use grantd_store::{ChainKey, SqliteLog};

    use super::*;

    #[tokio::test]
    async fn who_stops_leaves_nothing_however_much_waits() {
        let folder = tempfile::tempdir().unwrap();
        let key = ChainKey::new(&Secret::from(vec![7; ChainKey::LENGTH]));
        let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&folder.path().join("log"), key).await.unwrap());
        let recorder = Recorder::to(Arc::clone(&log));
        for number in 0..=(2 * AT_ONCE) {
            let date = Timestamp::from_seconds(number as u64);
            recorder.record(&LogEvent::new(LogEventKind::TokenIssued, date, "a token", "tenant"));
        }
        recorder.finish().await;
        assert_eq!(
            (recorder.waiting(), log.newest().await.unwrap()),
            (0, LogPosition(2 * AT_ONCE as u64 + 1))
        );
    }
}
