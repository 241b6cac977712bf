//! Delivering the log: each active stream has a task of its own, and the log itself is its backlog.
//!
//! How far a stream has delivered is written down in the log after each delivery that was taken, so every entry comes
//! at least once and in order, whoever restarts. One supervisor follows the configuration: it starts a stream's task
//! anew when its definition changes, and ends it when the stream is paused or gone. Of several servers on one log, the
//! one that holds the lease delivers.

mod backoff;
mod batch;
mod courier;
mod file;
mod webhook;

pub use backoff::Pace;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grantd_model::{Causes, Clock, Entropy, LogStream, LogStreamId};
use grantd_outbound::{Limits, Outbound};
use grantd_snapshot::Follower;
use grantd_store::{Log, StoreError};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::courier::Courier;
use self::file::LogFiles;

/// What every stream's task uses.
struct World {
    log: Arc<dyn Log>,
    outbound: Outbound,
    files: Option<LogFiles>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pace: Pace,
    /// This server among those on the log.
    holder: String,
}

/// What one server does for all.
const DELIVERING: &str = "log streams";
/// How long a server that is gone keeps the others from delivering.
const LEASE: Duration = Duration::from_secs(10);

/// The streams of a deployment, as they are delivered by this process.
pub struct LogStreams {
    world: Arc<World>,
    follower: Arc<Follower>,
    counts: Mutex<HashMap<LogStreamId, Arc<Counts>>>,
}

/// What has happened to a stream since the process began.
#[derive(Default)]
struct Counts {
    delivered: AtomicU64,
    failures: AtomicU64,
    skipped: AtomicU64,
}

/// What there is to say of a stream, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFigures {
    /// Which stream.
    pub id: LogStreamId,
    /// Entries of the log that it has not looked at; some of them may not pass its filters.
    pub backlog: u64,
    /// Events that were delivered since the process began.
    pub delivered: u64,
    /// Attempts to deliver that failed since the process began.
    pub failures: u64,
    /// Entries that retention removed before they were delivered, since the process began.
    pub skipped: u64,
}

/// A task that ends with its owner.
struct Running {
    stream: LogStream,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl LogStreams {
    /// For the streams that the follower knows, out of this log. Webhooks are asked within the outbound policy.
    pub fn new(
        log: Arc<dyn Log>,
        follower: Arc<Follower>,
        outbound: &Outbound,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let pace = Pace::default();
        let outbound = within(outbound, pace);
        let holder = grantd_model::alphanumeric(&*entropy, 16);
        let world = World { log, outbound, files: None, clock, entropy, pace, holder };
        Self { world: Arc::new(world), follower, counts: Mutex::default() }
    }

    /// The same, where files are in this folder.
    #[must_use]
    pub fn with_files(self, folder: PathBuf) -> Self {
        self.in_world(|world| World { files: Some(LogFiles::new(folder)), ..world })
    }

    /// The same at another pace.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Self {
        self.in_world(|world| World { outbound: within(&world.outbound, pace), pace, ..world })
    }

    fn in_world(self, change: impl FnOnce(World) -> World) -> Self {
        match Arc::try_unwrap(self.world) {
            Ok(world) => Self { world: Arc::new(change(world)), ..self },
            // Nothing runs before it is built.
            Err(world) => Self { world, ..self },
        }
    }

    /// Delivers until `stop` is done. When this returns nothing of it is left running.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut running = HashMap::new();
        tokio::select! {
            () = self.supervise(&mut running) => {}
            () = stop => {}
        }
        for (_, stream) in running {
            end(stream).await;
        }
    }

    /// What there is to say of each stream, in order of creation.
    pub async fn figures(&self) -> Result<Vec<StreamFigures>, StoreError> {
        let Ok(snapshot) = self.follower.current() else { return Ok(Vec::new()) };
        let newest = self.world.log.newest().await?;
        let mut figures = Vec::new();
        for stream in snapshot.log_streams().iter() {
            let position = self.world.log.delivered(&stream.id).await?.unwrap_or(newest);
            let counts = self.counts(&stream.id);
            let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
            figures.push(StreamFigures {
                id: stream.id.clone(),
                backlog: newest.0.saturating_sub(position.0),
                delivered: read(&counts.delivered),
                failures: read(&counts.failures),
                skipped: read(&counts.skipped),
            });
        }
        Ok(figures)
    }

    async fn supervise(&self, running: &mut HashMap<LogStreamId, Running>) {
        loop {
            // A snapshot that is too old changes nothing: what runs goes on.
            if let Ok(snapshot) = self.follower.current() {
                let streams = snapshot.log_streams();
                let delivers = !streams.is_empty() && self.delivers().await;
                self.adopt(running, if delivers { streams } else { &[] }).await;
                let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.retain(|id, _| streams.iter().any(|stream| stream.id == *id));
            }
            sleep(self.world.pace.follow).await;
        }
    }

    /// Whether this server is the one that delivers now. Who cannot tell does not.
    async fn delivers(&self) -> bool {
        let lease = self.world.log.lease(DELIVERING, &self.world.holder, LEASE).await;
        lease.unwrap_or_else(|error| {
            tracing::warn!(error = %Causes(&error), "whether this server delivers the log streams is not known");
            false
        })
    }

    /// Ends what is not wanted any more, or not so, and starts what is.
    async fn adopt(&self, running: &mut HashMap<LogStreamId, Running>, streams: &[LogStream]) {
        let is_wanted = |held: &Running| {
            let wanted = streams.iter().find(|stream| stream.id == held.stream.id);
            wanted.is_some_and(|stream| stream.settings.is_active() && *stream == held.stream)
        };
        let ended: Vec<LogStreamId> = running
            .iter()
            .filter(|(_, held)| held.task.is_finished() || !is_wanted(held))
            .map(|(id, _)| id.clone())
            .collect();
        for stream in ended.iter().filter_map(|id| running.remove(id)).collect::<Vec<_>>() {
            end(stream).await;
        }
        for stream in streams.iter().filter(|stream| stream.settings.is_active()) {
            if !running.contains_key(&stream.id) {
                running.insert(stream.id.clone(), self.start(stream.clone()));
            }
        }
    }

    fn start(&self, stream: LogStream) -> Running {
        tracing::info!(stream.id = %stream.id, "a log stream delivers");
        let courier = Courier {
            world: Arc::clone(&self.world),
            counts: self.counts(&stream.id),
            stream: stream.clone(),
        };
        Running { stream, task: tokio::spawn(async move { courier.run().await }) }
    }

    fn counts(&self, id: &LogStreamId) -> Arc<Counts> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(counts.entry(id.clone()).or_default())
    }
}

/// Ends a task and waits until it is gone: two must never deliver one stream.
async fn end(mut stream: Running) {
    stream.task.abort();
    if let Err(error) = (&mut stream.task).await
        && error.is_panic()
    {
        tracing::error!(stream.id = %stream.stream.id, "the task of a log stream has failed");
    }
}

fn within(outbound: &Outbound, pace: Pace) -> Outbound {
    let limits = Limits { total: pace.timeout, connect: pace.timeout / 2, ..Limits::default() };
    outbound.clone().within(limits)
}
