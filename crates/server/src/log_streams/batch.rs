//! What is read from the log for one delivery: entries in order, filtered, and bounded in number and size.

use grantd_model::{LogEntry, LogEventKind, LogPosition, LogStreamSettings};
use grantd_store::{Log, StoreError};
use serde_json::{Value, json};

/// The most events.
const EVENTS: u32 = 100;
/// The most bytes of events, unless one alone has more.
const BYTES: usize = 256 * 1024;
/// How many pages are looked through for events that pass the filters.
const PAGES: usize = 10;

/// Events of a stream.
pub(super) struct Batch {
    /// In order of their positions.
    pub(super) events: Vec<Event>,
    /// Up to where the log was looked through.
    pub(super) until: LogPosition,
    /// Whether there may be more behind it already.
    pub(super) is_full: bool,
    /// How many entries retention had removed.
    pub(super) skipped: u64,
}

/// One event, as receivers see it.
pub(super) struct Event {
    /// Where it stands.
    pub(super) position: LogPosition,
    /// `{"log_id": …, "data": {…}}`
    pub(super) text: String,
}

impl Batch {
    /// The next events after a position.
    pub(super) async fn read(
        log: &dyn Log,
        settings: &LogStreamSettings,
        after: LogPosition,
    ) -> Result<Self, StoreError> {
        let mut batch = Self { events: Vec::new(), until: after, is_full: false, skipped: 0 };
        let mut bytes = 0;
        for _ in 0..PAGES {
            let entries = log.after(batch.until, EVENTS).await?;
            let is_last = entries.len() < EVENTS as usize;
            for entry in entries {
                let event = event(&entry, settings);
                let length = event.as_ref().map_or(0, |event| event.text.len());
                if batch.events.len() >= EVENTS as usize || (bytes > 0 && bytes + length > BYTES) {
                    batch.is_full = true;
                    return Ok(batch);
                }
                // Positions have no gaps but where entries are gone.
                batch.skipped += entry.position.0.saturating_sub(batch.until.0.saturating_add(1));
                batch.until = entry.position;
                bytes += length;
                batch.events.extend(event);
            }
            if is_last {
                return batch.at_the_end(log).await;
            }
        }
        batch.is_full = true;
        Ok(batch)
    }

    /// Where nothing is left behind the position, it may be gone.
    async fn at_the_end(mut self, log: &dyn Log) -> Result<Self, StoreError> {
        let removed = log.removed().await?;
        if removed > self.until {
            self.skipped += removed.0 - self.until.0;
            self.until = removed;
        }
        Ok(self)
    }
}

/// The event of an entry, if it passes the filters.
fn event(entry: &LogEntry, settings: &LogStreamSettings) -> Option<Event> {
    let members = entry.members().inspect_err(|error| {
        tracing::error!(log.position = entry.position.0, %error, "an entry of the log cannot be read");
    });
    let members = members.ok()?;
    let kind = members.get("type").and_then(Value::as_str).and_then(LogEventKind::named);
    if !settings.delivers(kind.map_or("other", LogEventKind::category)) {
        return None;
    }
    let text = json!({"log_id": entry.id(), "data": members}).to_string();
    Some(Event { position: entry.position, text })
}
