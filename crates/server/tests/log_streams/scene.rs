//! A deployment with a log and streams, without anything else: what delivers can be stopped, killed and started again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantd_model::{
    Clock, Entropy, LogEvent, LogEventKind, LogStream, Secret, SigningSecrets, Timestamp, Versioned,
};
use grantd_outbound::{Outbound, Policy};
use grantd_server::{LogStreams, Pace, StreamFigures};
use grantd_snapshot::Follower;
use grantd_store::{ChainKey, Change, KeyEncryptionKey, Log, Retention, SqliteLog, SqliteStore, Store};
use rustls::RootCertStore;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::receiver::PATIENCE;

/// When everything happens that says no other time.
pub const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);
/// What deliveries are signed with: `whsec_` and the base64 of `the key`.
pub const SECRET: &str = "whsec_dGhlIGtleQ==";

/// A hundred times faster than in production.
pub const PACE: Pace = Pace {
    linger: Duration::from_millis(10),
    timeout: Duration::from_millis(300),
    first_pause: Duration::from_millis(10),
    longest_pause: Duration::from_millis(50),
    follow: Duration::from_millis(5),
};

pub struct FrozenClock(pub AtomicU64);

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(200);
    }
}

pub struct Scene {
    pub store: Arc<SqliteStore>,
    pub log: Arc<SqliteLog>,
    pub clock: Arc<FrozenClock>,
    pub folder: tempfile::TempDir,
    follower: Arc<Follower>,
    outbound: Outbound,
    running: Option<Delivering>,
}

struct Delivering {
    streams: Arc<LogStreams>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Scene {
    /// Receivers on loopback may be asked.
    pub async fn start() -> Self {
        let allowed = vec!["127.0.0.1".parse().unwrap()];
        Self::asking(Outbound::new(Policy { allowed }, RootCertStore::empty()).unwrap()).await
    }

    pub async fn asking(outbound: Outbound) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("grantd.db"), key).await.unwrap());
        let chain = ChainKey::new(&Secret::from(vec![3; 32]));
        let log = Arc::new(SqliteLog::open(&folder.path().join("events.db"), chain).await.unwrap());
        let clock = Arc::new(FrozenClock(AtomicU64::new(NOW.millis())));
        let seam: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
        let world: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let follower = Arc::new(Follower::load(seam, world).await.unwrap());
        let mut scene = Self { store, log, clock, folder, follower, outbound, running: None };
        scene.deliver().await;
        scene
    }

    /// The folder for files.
    pub fn files(&self) -> PathBuf {
        let files = self.folder.path().join("files");
        std::fs::create_dir_all(&files).unwrap();
        files
    }

    /// Begins to deliver, as a server that starts does.
    pub async fn deliver(&mut self) {
        self.stop().await;
        let log: Arc<dyn Log> = Arc::clone(&self.log) as Arc<dyn Log>;
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let streams =
            LogStreams::new(log, Arc::clone(&self.follower), &self.outbound, clock, Arc::new(Fixed));
        let streams = Arc::new(streams.at_pace(PACE).with_files(self.files()));
        let (stop, stopped) = oneshot::channel();
        let delivering = Arc::clone(&streams);
        let task = tokio::spawn(async move { delivering.run(async { drop(stopped.await) }).await });
        self.running = Some(Delivering { streams, stop, task });
    }

    pub fn is_stopped(&self) -> bool {
        self.running.is_none()
    }

    /// Stops in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop.send(()).unwrap();
            running.task.await.unwrap();
        }
    }

    /// Stops as a process that is gone.
    pub async fn kill(&mut self) {
        let running = self.running.take().unwrap();
        running.task.abort();
        drop(running.task.await);
    }

    /// The figures of the only stream.
    pub async fn figures(&self) -> StreamFigures {
        let streams = &self.running.as_ref().unwrap().streams;
        streams.figures().await.unwrap().remove(0)
    }

    /// Returns when the figures of the only stream are so; fails when it takes too long.
    pub async fn until(&self, what: &str, is_so: impl Fn(&StreamFigures) -> bool) {
        let asked = Instant::now();
        loop {
            let figures = self.figures().await;
            if is_so(&figures) {
                return;
            }
            assert!(asked.elapsed() < PATIENCE, "{what}: {figures:?}");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Returns when so many attempts have failed.
    pub async fn until_failed(&self, times: u64) {
        self.until("failures", |figures| figures.failures >= times).await;
    }

    /// Returns when it is written down that everything is delivered.
    pub async fn until_noted(&self) {
        self.until("everything is noted", |figures| figures.backlog == 0).await;
    }

    async fn commit(&self, change: Change) {
        self.store.commit(vec![change]).await.unwrap();
        self.follower.catch_up().await.unwrap();
    }

    /// A stream with this sink and these members beside.
    pub async fn stream(&self, id: &str, sink: Value, with: Value) {
        let mut settings = json!({"type": "http", "sink": sink});
        settings.as_object_mut().unwrap().extend(with.as_object().cloned().unwrap());
        let signing = SigningSecrets { current: Secret::from(SECRET), former: None };
        let settings = serde_json::from_value(settings).unwrap();
        let stream = LogStream { id: id.into(), settings, start: self.clock.now(), signing };
        self.commit(Change::CreateLogStream(stream)).await;
    }

    /// A stream to a receiver.
    pub async fn webhook(&self, url: &str) {
        self.stream("lst_1", json!({"httpEndpoint": url}), json!({})).await;
    }

    /// A stream into a file.
    pub async fn file(&self, name: &str) {
        self.stream("lst_1", json!({"httpEndpoint": format!("file:///{name}")}), json!({})).await;
    }

    pub async fn stored(&self, id: &str) -> Versioned<LogStream> {
        self.store.get_log_stream(&id.into()).await.unwrap().unwrap()
    }

    /// Changes a stream as PATCH does.
    pub async fn change(&self, id: &str, body: Value) {
        let former = self.stored(id).await;
        let record = former.record.updated(body.as_object().cloned().unwrap()).unwrap();
        self.commit(Change::UpdateLogStream(Versioned { record, ..former })).await;
    }

    pub async fn replace(&self, stream: Versioned<LogStream>) {
        self.commit(Change::UpdateLogStream(stream)).await;
    }

    pub async fn delete(&self, id: &str) {
        self.commit(Change::DeleteLogStream(id.into())).await;
    }

    /// So many events happen.
    pub async fn happen(&self, events: usize) {
        self.happen_of(LogEventKind::TokenIssued, events).await;
    }

    pub async fn happen_of(&self, kind: LogEventKind, events: usize) {
        let event = || LogEvent::new(kind, self.clock.now(), "It happened", "auth.test");
        self.log.append(&(0..events).map(|_| event()).collect()).await.unwrap();
    }

    /// Retention takes everything that has happened. It is a second later then.
    pub async fn forget(&self) {
        self.clock.0.fetch_add(1000, Ordering::Relaxed);
        self.follower.catch_up().await.unwrap();
        let retention = Retention { age: Duration::ZERO, bytes: u64::MAX };
        while self.log.trim(retention, self.clock.now()).await.unwrap() > 0 {}
    }
}
