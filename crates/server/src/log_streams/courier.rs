//! The task of one stream: reads what comes next, delivers it until it is taken, writes down how far it is.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use grantd_model::{Causes, ContentFormat, Direction, LogDestination, LogPosition, LogStream};
use grantd_outbound::OutboundError;
use grantd_store::{LogRange, StoreError};
use http::StatusCode;
use thiserror::Error;
use tokio::time::sleep;

use super::batch::{Batch, Event};
use super::{Counts, World, webhook};

/// How far dates of neighbouring entries may be out of order, in milliseconds.
const DISORDER: u64 = 5_000;

/// Delivers one stream.
pub(super) struct Courier {
    pub(super) world: Arc<World>,
    pub(super) stream: LogStream,
    pub(super) counts: Arc<Counts>,
}

/// Why a delivery was not taken.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("the receiver answers {0}")]
    Refused(StatusCode, Option<Duration>),
    #[error("the file cannot be written")]
    File(#[from] std::io::Error),
    #[error("this server was started without --log-files")]
    NoFiles,
    #[error("the definition of the stream cannot be used")]
    Definition,
}

impl Courier {
    /// Delivers until the task is dropped. It never gives up: what cannot be delivered waits in the log.
    pub(super) async fn run(&self) {
        let mut failures = 0;
        let mut position = None;
        loop {
            match self.step(position).await {
                Ok((reached, is_full)) => {
                    (position, failures) = (Some(reached), 0);
                    if !is_full {
                        sleep(self.world.pace.linger).await;
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::error!(stream.id = %self.stream.id, error = %Causes(&error), "the log does not answer");
                    sleep(self.pause(failures, None)).await;
                }
            }
        }
    }

    /// Delivers what comes next; says up to where, and whether more waits.
    async fn step(&self, position: Option<LogPosition>) -> Result<(LogPosition, bool), StoreError> {
        let log = &*self.world.log;
        let position = match position {
            Some(position) => position,
            None => self.position().await?,
        };
        let batch = Batch::read(log, &self.stream.settings, position).await?;
        if batch.skipped > 0 {
            self.counts.skipped.fetch_add(batch.skipped, Ordering::Relaxed);
            tracing::warn!(
                stream.id = %self.stream.id, entries = batch.skipped,
                "entries were removed by retention before a log stream delivered them"
            );
        }
        let mut noted = position;
        for events in self.deliveries(&batch) {
            self.deliver(events).await;
            if let Some(last) = events.last() {
                log.deliver(&self.stream.id, last.position).await?;
                noted = last.position;
            }
        }
        if batch.until > noted {
            log.deliver(&self.stream.id, batch.until).await?;
        }
        Ok((batch.until, batch.is_full))
    }

    /// Up to where it has delivered; of a new stream, up to where it does not.
    async fn position(&self) -> Result<LogPosition, StoreError> {
        let log = &*self.world.log;
        if let Some(position) = log.delivered(&self.stream.id).await? {
            return Ok(position);
        }
        // Asked first: an entry that comes after this is delivered whatever its date.
        let newest = log.newest().await?;
        let range = LogRange { from: Some(self.stream.start), ..LogRange::default() };
        let (mut first, mut until) = (None::<LogPosition>, None);
        let mut visit = |entry: grantd_model::LogEntry| {
            let until = *until.get_or_insert_with(|| entry.date.millis().saturating_add(DISORDER));
            first = Some(first.map_or(entry.position, |first| first.min(entry.position)));
            if entry.date.millis() > until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        log.scan(&range, Direction::Ascending, &mut visit).await?;
        let before = first.map(|first| LogPosition(first.0.saturating_sub(1)));
        let position = before.map_or(newest, |before| before.min(newest));
        log.deliver(&self.stream.id, position).await?;
        Ok(position)
    }

    /// The events in the pieces that they are delivered in.
    fn deliveries<'b>(&self, batch: &'b Batch) -> std::slice::Chunks<'b, Event> {
        let size = match self.format() {
            ContentFormat::JsonObject => 1,
            ContentFormat::JsonLines | ContentFormat::JsonArray => batch.events.len().max(1),
        };
        batch.events.chunks(size)
    }

    fn format(&self) -> ContentFormat {
        self.stream.settings.sink.http_content_format.unwrap_or_default()
    }

    /// Returns when the events are taken.
    async fn deliver(&self, events: &[Event]) {
        let mut failures = 0;
        while let Err(failure) = self.attempt(events).await {
            failures += 1;
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            let asked = if let Failure::Refused(_, asked) = failure { asked } else { None };
            let pause = self.pause(failures, asked);
            tracing::warn!(
                stream.id = %self.stream.id, error = %Causes(&failure), failures, events = events.len(), ?pause,
                "a log stream could not deliver and tries again"
            );
            sleep(pause).await;
        }
        if failures > 0 {
            tracing::info!(stream.id = %self.stream.id, failures, "a log stream delivers again");
        }
        self.counts.delivered.fetch_add(events.len() as u64, Ordering::Relaxed);
    }

    async fn attempt(&self, events: &[Event]) -> Result<(), Failure> {
        let body = webhook::body(self.format(), events);
        let destination = LogDestination::of(&self.stream.settings.sink.http_endpoint);
        match destination.map_err(|_| Failure::Definition)? {
            LogDestination::Webhook(url) => {
                let headers = webhook::headers(&self.stream, &body, self.world.clock.now());
                let headers = headers.ok_or(Failure::Definition)?;
                let answered = self.world.outbound.post(url, headers, body).await?;
                if answered.status.is_success() {
                    return Ok(());
                }
                Err(Failure::Refused(answered.status, answered.retry_after))
            }
            LogDestination::File(name) => {
                let files = self.world.files.as_ref().ok_or(Failure::NoFiles)?;
                Ok(files.append(name, body).await?)
            }
        }
    }

    fn pause(&self, failures: u32, asked: Option<Duration>) -> Duration {
        self.world.pace.pause(failures, asked, &*self.world.entropy)
    }
}
