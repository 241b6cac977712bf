//! Events on their way to the log: written down as JSON where they happen, one behind the other.
//!
//! Nothing of an event is copied but into the one text, which is read once more, from its beginning to its end, by who puts
//! it into the log. Kept as values, each event would be a dozen allocations that are cold when they are read.

use std::str::from_utf8;

use crate::{LogEvent, LogEventKind, Timestamp};

/// Events in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct LogBatch {
    /// Of each event the client, then all of it as JSON.
    text: Vec<u8>,
    events: Vec<Place>,
}

/// Where an event is in the text: from the end of the one before it.
#[derive(Clone, Copy, Debug)]
struct Place {
    date: Timestamp,
    kind: LogEventKind,
    /// Where its client ends; none if it has none.
    client: Option<usize>,
    end: usize,
}

/// An event as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenEvent<'b> {
    /// When it happened.
    pub date: Timestamp,
    /// What kind of thing it was.
    pub kind: LogEventKind,
    /// The client that did it.
    pub client_id: Option<&'b str>,
    /// All of it: a [`LogEvent`] as JSON.
    pub text: &'b str,
}

impl LogBatch {
    /// Writes an event down behind the others. One that cannot be written leaves nothing.
    pub fn push(&mut self, event: &LogEvent<'_>) -> Result<(), serde_json::Error> {
        let begin = self.text.len();
        let client = event.client_id.as_deref().map(|client| {
            self.text.extend_from_slice(client.as_bytes());
            self.text.len()
        });
        if let Err(error) = serde_json::to_writer(&mut self.text, event) {
            self.text.truncate(begin);
            return Err(error);
        }
        self.events.push(Place { date: event.date, kind: event.kind, client, end: self.text.len() });
        Ok(())
    }

    /// Puts the events of another batch behind the others.
    pub fn append(&mut self, other: &Self) {
        let begin = self.text.len();
        self.text.extend_from_slice(&other.text);
        self.events.extend(other.events.iter().map(|place| Place {
            client: place.client.map(|end| begin + end),
            end: begin + place.end,
            ..*place
        }));
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Forgets the events; the room that they took is kept for others.
    pub fn clear(&mut self) {
        self.text.clear();
        self.events.clear();
    }

    /// The events, the first first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = WrittenEvent<'_>> {
        let mut begin = 0;
        self.events.iter().map(move |place| {
            let text = place.client.unwrap_or(begin);
            let part = |from, to| self.text.get(from..to).and_then(|bytes| from_utf8(bytes).ok());
            let event = WrittenEvent {
                date: place.date,
                kind: place.kind,
                client_id: place.client.and_then(|end| part(begin, end)),
                text: part(text, place.end).unwrap_or_default(),
            };
            begin = place.end;
            event
        })
    }
}

/// Events that can be written, as all can that this server makes; others are left out.
impl<'e> Extend<LogEvent<'e>> for LogBatch {
    fn extend<I: IntoIterator<Item = LogEvent<'e>>>(&mut self, events: I) {
        events.into_iter().for_each(|event| drop(self.push(&event)));
    }
}

impl<'e> FromIterator<LogEvent<'e>> for LogBatch {
    fn from_iter<I: IntoIterator<Item = LogEvent<'e>>>(events: I) -> Self {
        let mut batch = Self::default();
        batch.extend(events);
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: u64, client: Option<&str>) -> LogEvent<'_> {
        LogEvent {
            client_id: client.map(Into::into),
            ..LogEvent::new(
                LogEventKind::TokenIssued,
                Timestamp::from_seconds(second),
                "A \"token\"",
                "tenant",
            )
        }
    }

    #[test]
    fn events_come_back_in_their_order_with_their_clients() {
        let events = [event(1, Some("a\"b")), event(2, None), event(3, Some("")), event(4, Some("ü"))];
        let batch: LogBatch = events.clone().into_iter().collect();
        let written: Vec<_> = batch.iter().collect();
        assert_eq!(batch.len(), 4);
        for (event, written) in events.iter().zip(written) {
            assert_eq!(written.client_id, event.client_id.as_deref());
            assert_eq!((written.date, written.kind), (event.date, event.kind));
            assert_eq!(serde_json::to_string(event).ok().as_deref(), Some(written.text));
        }
    }

    #[test]
    fn one_batch_behind_another_is_all_events_in_their_order() {
        let (mut first, mut second) = (LogBatch::default(), LogBatch::default());
        for (batch, seconds) in [(&mut first, [1, 2]), (&mut second, [3, 4])] {
            batch.extend(seconds.map(|second| event(second, (second % 2 == 0).then_some("even"))));
        }
        first.append(&second);
        let clients: Vec<_> = first.iter().map(|event| (event.date.seconds(), event.client_id)).collect();
        assert_eq!(clients, [(1, None), (2, Some("even")), (3, None), (4, Some("even"))]);
        assert!(first.iter().all(|event| event.text.starts_with('{') && event.text.ends_with('}')));
    }

    #[test]
    fn a_batch_that_is_cleared_is_as_a_new_one() {
        let mut batch: LogBatch = [event(1, Some("a"))].into_iter().collect();
        batch.clear();
        assert!(batch.is_empty());
        assert!(batch.push(&event(2, None)).is_ok());
        assert_eq!(batch.iter().map(|event| event.client_id).collect::<Vec<_>>(), [None]);
    }
}
