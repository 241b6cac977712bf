//! Keeping the newest snapshot.
//!
//! The store is the truth: what is followed is read from it, by revision. Reading is single-flight: whoever
//! asks while a read is under way that began before the question waits for one that begins after it, and all
//! who wait share that one.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use arc_swap::ArcSwap;
use grantd_model::{Causes, Clock, Timestamp};
use grantd_store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::Snapshot;
use crate::secrets::DigestKey;

/// How old the knowledge of a node may be before it says so instead of answering, unless something else is said.
const CEILING: Duration = Duration::from_secs(10);
/// How often the store is asked without a reason.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long the store may take to answer; who waits for the answer has to be told something.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long loading everything may take, which is done when most of it has changed.
const LOADING: Duration = Duration::from_mins(2);
/// How old what is known is as a matter of course, under a ceiling that is lower.
const USUAL: Duration = Duration::from_secs(2);

/// The node cannot tell whether what it knows still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the store was last read {0:?} ago")]
pub struct TooOld(pub Duration);

/// The newest snapshot, and how it is kept so.
pub struct Follower {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    current: ArcSwap<Snapshot>,
    ceiling: Duration,
    /// When the store last said that the current snapshot is the newest, in milliseconds.
    confirmed: AtomicU64,
    /// The same since this began to follow, in milliseconds.
    confirmed_after: AtomicU64,
    begun_at: Instant,
    digest_key: DigestKey,
    /// Whether the last read failed.
    fails: AtomicBool,
    /// Reads that have begun.
    begun: AtomicU64,
    /// The last read that has ended.
    last: Mutex<Read>,
}

/// A read that has ended: its number among those that have begun, and what came of it.
struct Read {
    number: u64,
    outcome: Result<(), Arc<StoreError>>,
}

impl Follower {
    /// Loads the whole configuration.
    pub async fn load(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let digest_key = DigestKey::generate().ok_or(StoreError::Stopped)?;
        let now = clock.now();
        let begun_at = Instant::now();
        let snapshot = Snapshot::new(store.load().await?, digest_key.clone());
        let follower = Self {
            store,
            clock,
            current: ArcSwap::from_pointee(snapshot),
            ceiling: CEILING,
            confirmed: AtomicU64::new(now.millis()),
            confirmed_after: AtomicU64::new(0),
            begun_at,
            digest_key,
            fails: AtomicBool::new(false),
            begun: AtomicU64::new(0),
            last: Mutex::new(Read { number: 0, outcome: Ok(()) }),
        };
        // It is as old as its loading took, which is too old where there is very much of it. What comes of asking once more
        // is known to whoever asks then.
        if follower.age() > USUAL {
            drop(follower.catch_up().await);
        }
        Ok(follower)
    }

    /// Says so when what is known may be older than this, instead of answering. 0: as soon as the store does not answer.
    #[must_use]
    pub fn with_ceiling(self, ceiling: Duration) -> Self {
        Self { ceiling, ..self }
    }

    /// The newest snapshot, unless it may be older than the ceiling.
    pub fn current(&self) -> Result<Arc<Snapshot>, TooOld> {
        let age = self.age();
        let closed = self.ceiling.is_zero() && self.fails.load(Acquire);
        if closed || age > self.ceiling.max(USUAL) { Err(TooOld(age)) } else { Ok(self.current.load_full()) }
    }

    /// The newest snapshot, however old: for who looks at it and issues nothing by it.
    pub fn newest(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// How long ago the store confirmed the current snapshot: by the clock, unless that has gone back meanwhile, which makes
    /// nothing younger.
    pub fn age(&self) -> Duration {
        let confirmed = Timestamp::from_millis(self.confirmed.load(Acquire));
        let by_clock = Duration::from_millis(self.clock.now().millis().saturating_sub(confirmed.millis()));
        let confirmed_after = Duration::from_millis(self.confirmed_after.load(Acquire));
        let elapsed = self.begun_at.elapsed().saturating_sub(confirmed_after);
        if elapsed > by_clock + USUAL { elapsed } else { by_clock }
    }

    /// Returns when the snapshot holds every commit that was answered before the call. All who wait for one
    /// read share what comes of it, a failure too.
    pub async fn catch_up(&self) -> Result<(), Arc<StoreError>> {
        let begun_before = self.begun.load(Acquire);
        let mut last = self.last.lock().await;
        if last.number > begun_before {
            return last.outcome.clone();
        }
        let number = self.begun.fetch_add(1, AcqRel) + 1;
        let outcome = self.read().await.map_err(Arc::new);
        self.fails.store(outcome.is_err(), Release);
        *last = Read { number, outcome: outcome.clone() };
        outcome
    }

    /// Follows the store until the task is dropped. A store that does not answer is logged once, and again
    /// when it does.
    pub async fn follow(&self) {
        let mut answers = true;
        loop {
            drop(timeout(INTERVAL, self.store.news()).await);
            let outcome = self.catch_up().await;
            match &outcome {
                Ok(()) if !answers => tracing::info!("the store answers again"),
                Err(error) if answers => {
                    tracing::error!(error = %Causes(&**error), "the store does not answer");
                }
                _ => {}
            }
            answers = outcome.is_ok();
        }
    }

    async fn read(&self) -> Result<(), StoreError> {
        let (now, begun) = (self.clock.now(), Instant::now());
        let snapshot = self.current.load_full();
        let revision = timeout(PATIENCE, self.store.revision()).await;
        let revision = revision.unwrap_or(Err(StoreError::TooSlow(PATIENCE)))?;
        match revision.cmp(&snapshot.revision()) {
            Ordering::Equal => {}
            Ordering::Greater => match self.store.changes_since(snapshot.revision()).await {
                Ok(changes) => self.current.store(Arc::new(snapshot.with(changes, now))),
                Err(StoreError::TooManyChanges) => self.load_anew().await?,
                Err(error) => return Err(error),
            },
            Ordering::Less => {
                let (known, found) = (snapshot.revision().0, revision.0);
                tracing::error!(
                    known,
                    found,
                    "the database has lost commits that it had answered; loading it anew"
                );
                self.load_anew().await?;
            }
        }
        self.confirmed.store(now.millis(), Release);
        let elapsed = begun.duration_since(self.begun_at).as_millis();
        self.confirmed_after.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Release);
        Ok(())
    }

    async fn load_anew(&self) -> Result<(), StoreError> {
        let configuration = timeout(LOADING, self.store.load()).await;
        let configuration = configuration.unwrap_or(Err(StoreError::TooSlow(LOADING)))?;
        self.current.store(Arc::new(Snapshot::new(configuration, self.digest_key.clone())));
        Ok(())
    }
}
