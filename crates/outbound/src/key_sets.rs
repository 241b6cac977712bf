//! The key sets of outside issuers, kept as long as they say and fetched by one request at a time.
//!
//! What a set is, is the caller's: here it is bytes that parse. Whoever sends a token can make this server ask an
//! issuer, so how often it does is bounded whatever is sent: by age, by a pause after a failure, and by a longer one
//! after a key that was not found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantd_model::{Causes, Timestamp};

use crate::discovery;
use crate::error::OutboundError;
use crate::fetch::Outbound;

/// A set is kept at least and at most so long, whatever its answer says.
const KEPT: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));
/// How long a set is kept whose answer does not say.
const KEPT_UNSAID: Duration = Duration::from_mins(5);
/// How long an issuer that failed is left alone.
const REST: Duration = Duration::from_secs(10);
/// How long an issuer is left alone after it was asked, when a key is not found: issuers publish a key before they
/// sign with it, and a token with an invented `kid` costs nothing to make.
const REST_UNKNOWN: Duration = Duration::from_secs(30);
/// How long a set serves while its issuer does not answer.
const STALE: Duration = Duration::from_hours(24);
/// What was noted by a clock further ahead than that is of a clock that was wrong. Requests that wait for each other
/// differ by less.
const AHEAD: Duration = Duration::from_mins(1);
/// How many sets are kept; the one that was used the longest ago goes.
const SETS: usize = 256;

/// Where a set of keys is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// Where the metadata of this issuer says (`OpenID` Connect Discovery §4).
    Issuer(String),
    /// At this URL.
    Url(String),
}

/// Sets of keys by their sources.
pub struct KeySets<K> {
    outbound: Arc<Outbound>,
    parse: fn(&[u8]) -> Result<K, String>,
    slots: Mutex<HashMap<KeySource, Arc<Slot<K>>>>,
}

/// One source.
struct Slot<K> {
    held: Mutex<Held<K>>,
    /// Held by the one request that is on its way.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is known of a source.
struct Held<K> {
    keys: Option<Arc<K>>,
    /// When they were fetched, and until when they are fresh.
    fetched: Timestamp,
    fresh_until: Timestamp,
    /// When the source was last asked, and whether that failed.
    asked: Option<Timestamp>,
    failed: bool,
    used: Timestamp,
}

impl<K> Held<K> {
    fn fresh(&self, now: Timestamp) -> Option<Arc<K>> {
        self.keys.clone().filter(|_| now < self.fresh_until)
    }

    fn stale(&self, now: Timestamp) -> Option<Arc<K>> {
        self.keys.clone().filter(|_| since(self.fetched, now) < STALE)
    }

    fn rests(&self, now: Timestamp) -> bool {
        self.failed && self.asked.is_some_and(|asked| since(asked, now) < REST)
    }

    /// Notes that somebody asks. Where the clock was ahead, nobody knows how old the set is, nor when the source was
    /// asked: it is out of date from now on, and its source may be asked.
    fn touch(&mut self, now: Timestamp) {
        let last = Timestamp::from_millis(now.millis().saturating_add(millis(AHEAD)));
        if self.fetched > last {
            self.fetched = now;
            self.fresh_until = now;
        }
        self.asked = self.asked.filter(|asked| *asked <= last);
        self.used = now;
    }

    /// Another set than this one, if there is one.
    fn other(&self, known: &Arc<K>) -> Option<Arc<K>> {
        self.keys.clone().filter(|keys| !Arc::ptr_eq(keys, known))
    }

    fn keep(&mut self, keys: K, max_age: Option<Duration>, now: Timestamp) {
        let kept = max_age.unwrap_or(KEPT_UNSAID).clamp(KEPT.0, KEPT.1);
        self.keys = Some(Arc::new(keys));
        self.fetched = now;
        self.fresh_until = Timestamp::from_millis(now.millis().saturating_add(millis(kept)));
        self.failed = false;
    }
}

impl<K: Send + Sync + 'static> KeySets<K> {
    /// No sets yet. `parse` makes one of the bytes of a JWKS, or says why not.
    pub fn new(outbound: Outbound, parse: fn(&[u8]) -> Result<K, String>) -> Self {
        Self { outbound: Arc::new(outbound), parse, slots: Mutex::default() }
    }

    /// Who asks.
    pub fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// The keys of a source: those that are held while they are fresh, others from there, and when nobody answers
    /// there the ones that were held, for a day.
    pub async fn keys(&self, source: &KeySource, now: Timestamp) -> Result<Arc<K>, OutboundError> {
        let slot = self.slot(source, now);
        if let Some(keys) = lock(&slot.held).fresh(now) {
            return Ok(keys);
        }
        let turn = Arc::clone(&slot.turn).lock_owned().await;
        {
            let held = lock(&slot.held);
            if let Some(keys) = held.fresh(now) {
                return Ok(keys);
            }
            if held.rests(now) {
                return held.stale(now).ok_or(OutboundError::Resting(REST));
            }
        }
        match self.ask(&slot, turn, source, now).await {
            Ok(keys) => Ok(keys),
            Err(error) => {
                let stale = lock(&slot.held).stale(now);
                if stale.is_some() {
                    tracing::warn!(?source, error = %Causes(&error), "keys are out of date and still used");
                }
                stale.ok_or(error)
            }
        }
    }

    /// The keys of a source, after `known` was found to lack one. None if there are no others, or if the source was
    /// asked so recently that it is not asked again.
    pub async fn keys_beyond(
        &self,
        source: &KeySource,
        known: &Arc<K>,
        now: Timestamp,
    ) -> Result<Option<Arc<K>>, OutboundError> {
        let slot = self.slot(source, now);
        let turn = Arc::clone(&slot.turn).lock_owned().await;
        {
            let held = lock(&slot.held);
            if let Some(keys) = held.other(known) {
                return Ok(Some(keys));
            }
            if held.asked.is_some_and(|asked| since(asked, now) < REST_UNKNOWN) {
                return Ok(None);
            }
        }
        self.ask(&slot, turn, source, now).await.map(Some)
    }

    fn slot(&self, source: &KeySource, now: Timestamp) -> Arc<Slot<K>> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(source) {
            lock(&slot.held).touch(now);
            return Arc::clone(slot);
        }
        if slots.len() >= SETS {
            let oldest = slots.iter().min_by_key(|(_, slot)| lock(&slot.held).used);
            if let Some(oldest) = oldest.map(|(source, _)| source.clone()) {
                slots.remove(&oldest);
            }
        }
        let slot = Arc::new(Slot::new(now));
        slots.insert(source.clone(), Arc::clone(&slot));
        slot
    }

    /// Asks the source, in a task of its own: who hangs up does not make the next one ask again.
    async fn ask(
        &self,
        slot: &Arc<Slot<K>>,
        turn: tokio::sync::OwnedMutexGuard<()>,
        source: &KeySource,
        now: Timestamp,
    ) -> Result<Arc<K>, OutboundError> {
        let (outbound, slot, source) = (Arc::clone(&self.outbound), Arc::clone(slot), source.clone());
        let parse = self.parse;
        let task = tokio::spawn(async move {
            let fetched = Box::pin(fetch(&outbound, &source, parse)).await;
            let outcome = slot.note(fetched, now);
            drop(turn);
            outcome
        });
        task.await.map_err(|_| OutboundError::Ended)?
    }
}

impl<K> Slot<K> {
    fn new(now: Timestamp) -> Self {
        let epoch = Timestamp::default();
        let held =
            Held { keys: None, fetched: epoch, fresh_until: epoch, asked: None, failed: false, used: now };
        Self { held: Mutex::new(held), turn: Arc::default() }
    }

    /// Keeps what came, or notes that nothing did.
    fn note(
        &self,
        fetched: Result<(K, Option<Duration>), OutboundError>,
        now: Timestamp,
    ) -> Result<Arc<K>, OutboundError> {
        let mut held = lock(&self.held);
        held.asked = Some(now);
        held.failed = true;
        let (keys, max_age) = fetched?;
        held.keep(keys, max_age, now);
        held.keys.clone().ok_or(OutboundError::Ended)
    }
}

async fn fetch<K>(
    outbound: &Outbound,
    source: &KeySource,
    parse: fn(&[u8]) -> Result<K, String>,
) -> Result<(K, Option<Duration>), OutboundError> {
    let asking = async {
        match source {
            KeySource::Url(url) => outbound.get(url).await,
            KeySource::Issuer(issuer) => outbound.get(&discovery::jwks_uri(outbound, issuer).await?).await,
        }
    };
    let fetched = outbound.in_time(Box::pin(asking)).await?;
    Ok((parse(&fetched.body).map_err(OutboundError::Keys)?, fetched.max_age))
}

/// Nothing here can panic while it holds a lock, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::from_millis(now.millis().saturating_sub(then.millis()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
