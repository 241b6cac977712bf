//! The event log of a server: its flags, its file, and what runs as long as the server does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use grantd_model::{Clock, Entropy};
use grantd_outbound::Outbound;
use grantd_server::{LogStreams, Recorder, trim_log};
use grantd_snapshot::Follower;
use grantd_store::{Log, Retention, Store};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Outcome;
use crate::data::DataFolder;
use crate::database::Place;

/// The flags of the event log.
#[derive(clap::Args)]
pub(crate) struct LogFlags {
    /// Days after which events are removed from the log.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=3650),
        env = "GRANTD_LOG_RETENTION_DAYS"
    )]
    pub(crate) log_retention_days: u16,
    /// Megabytes of events that are kept at most; the oldest go first.
    #[arg(
        long,
        value_name = "MB",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        env = "GRANTD_LOG_RETENTION_MB"
    )]
    pub(crate) log_retention_mb: u32,
    /// A folder into which log streams may write files. It is made if it is not there. Without it none may.
    #[arg(long, value_name = "DIR", env = "GRANTD_LOG_FILES")]
    pub(crate) log_files: Option<PathBuf>,
    /// Keep no event log: no exchange and no management write is recorded, and log streams deliver nothing.
    #[arg(long, env = "GRANTD_NO_EVENT_LOG")]
    pub(crate) no_event_log: bool,
}

/// Of a server that nobody has given flags.
impl Default for LogFlags {
    fn default() -> Self {
        Self { log_retention_days: 30, log_retention_mb: 1024, log_files: None, no_event_log: false }
    }
}

/// The open log.
pub(crate) struct EventLog {
    log: Arc<dyn Log>,
    retention: Retention,
    /// The folder for files of log streams.
    pub(crate) files: Option<PathBuf>,
    /// The way of events to it.
    pub(crate) recorder: Arc<Recorder>,
}

impl LogFlags {
    /// Opens the log, unless none is to be kept.
    pub(crate) async fn open(
        &self,
        place: &Place,
        folder: &DataFolder,
        store: &dyn Store,
        entropy: &dyn Entropy,
    ) -> Outcome<Option<EventLog>> {
        if self.no_event_log {
            return Ok(None);
        }
        let key = Place::log_key(store, entropy).await?;
        let log = place.open_log(folder, key).await?;
        let retention = Retention {
            age: Duration::from_hours(24 * u64::from(self.log_retention_days)),
            bytes: u64::from(self.log_retention_mb) * 1_000_000,
        };
        let recorder = Arc::new(Recorder::to(Arc::clone(&log)));
        let files = self.log_files.as_deref().map(make_folder).transpose()?;
        Ok(Some(EventLog { log, retention, files, recorder }))
    }
}

/// Makes a folder for files, for its owner alone, unless it is there.
fn make_folder(folder: &Path) -> Outcome<PathBuf> {
    let unusable = |error: std::io::Error| format!("--log-files {}: {error}", folder.display());
    if !folder.is_dir() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(unusable)?;
    }
    Ok(folder.canonicalize().map_err(unusable)?)
}

impl EventLog {
    /// What delivers the log to the streams that are configured.
    pub(crate) fn streams(
        &self,
        follower: Arc<Follower>,
        outbound: &Outbound,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> LogStreams {
        let streams = LogStreams::new(Arc::clone(&self.log), follower, outbound, clock, entropy);
        match &self.files {
            Some(folder) => streams.with_files(folder.clone()),
            None => streams,
        }
    }

    /// What runs as long as the server does: events are written, and old ones removed, until the other end of `stop` is
    /// dropped.
    pub(crate) fn tasks(&self, clock: Arc<dyn Clock>, stop: &watch::Receiver<()>) -> [JoinHandle<()>; 2] {
        let (recorder, log, retention) = (Arc::clone(&self.recorder), Arc::clone(&self.log), self.retention);
        let stopped = |mut stop: watch::Receiver<()>| async move { while stop.changed().await.is_ok() {} };
        let (one, other) = (stopped(stop.clone()), stopped(stop.clone()));
        [
            tokio::spawn(async move { recorder.write(one).await }),
            tokio::spawn(async move { trim_log(&*log, retention, &*clock, other).await }),
        ]
    }

    /// Writes what waits still and closes the file; called when nothing records any more and no task runs.
    pub(crate) async fn close(self) {
        self.recorder.finish().await;
        drop(self.recorder);
        self.log.close().await;
    }
}
