//! Admission to the work of the token endpoint: who would wait for too long is told at once to come back.
//!
//! A token takes the processor and nothing else. When more are asked for than it can make, all requests would wait ever
//! longer, until their clients have given up and every token is made for nobody. So requests stand in a line between being
//! read and being worked on; where the line is longer than what can be done in [`PATIENCE`], a request is turned away for
//! the little that reading it has cost.

use std::future::poll_fn;
use std::num::NonZero;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// How long a request may have to wait before it is worked on.
const PATIENCE: Duration = Duration::from_millis(250);
/// The most that one request counts for: a machine that stood still meanwhile says nothing about the next one.
const MOST: Duration = Duration::from_millis(20);
/// The share of the latest request in what is expected of the next: one in so many.
const WEIGHT: u64 = 16;

/// The line is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are more requests than can be worked on")]
pub(crate) struct Overloaded;

/// The line before the work.
pub(crate) struct Admission {
    /// Requests that stand in it.
    waiting: AtomicU64,
    /// What a request takes, in nanoseconds: an average of the latest.
    cost: AtomicU64,
    /// How many are worked on at a time.
    workers: u64,
}

impl Default for Admission {
    fn default() -> Self {
        let workers = available_parallelism().map_or(1, NonZero::get);
        Self::with_workers(u64::try_from(workers).unwrap_or(1))
    }
}

/// A place in the line.
struct Place<'l>(&'l AtomicU64);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    fn with_workers(workers: u64) -> Self {
        Self { waiting: AtomicU64::new(0), cost: AtomicU64::new(0), workers }
    }

    /// Stands in line, unless that would take too long.
    pub(crate) async fn pass(&self) -> Result<(), Overloaded> {
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.waiting);
        if self.wait_behind(ahead) > PATIENCE {
            return Err(Overloaded);
        }
        // Whoever else can be read now is read, and stands behind.
        yield_now().await;
        drop(place);
        Ok(())
    }

    /// Works on a request that has passed, and learns what it takes: the time in which it is polled. While it waits for
    /// the store or the network, the processor is free for others. It is pinned by who asks, so that there is room for it
    /// once and not twice.
    pub(crate) async fn work<F: Future>(&self, mut request: Pin<&mut F>) -> F::Output {
        let mut spent = Duration::ZERO;
        let done = poll_fn(|context| {
            let begun = Instant::now();
            let polled = request.as_mut().poll(context);
            spent += begun.elapsed();
            polled
        })
        .await;
        self.learn(spent);
        done
    }

    fn wait_behind(&self, ahead: u64) -> Duration {
        let cost = self.cost.load(Ordering::Relaxed);
        Duration::from_nanos(ahead.saturating_mul(cost) / self.workers.max(1))
    }

    /// Two at a time may lose one of them: it is an average all the same.
    fn learn(&self, spent: Duration) {
        let spent = u64::try_from(spent.min(MOST).as_nanos()).unwrap_or(u64::MAX);
        let former = self.cost.load(Ordering::Relaxed);
        let cost = if former == 0 { spent } else { former - former / WEIGHT + spent / WEIGHT };
        self.cost.store(cost, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::task::JoinSet;

    use super::*;

    #[test]
    fn who_would_wait_for_too_long_is_turned_away() {
        let admission = Admission::with_workers(2);
        admission.learn(Duration::from_millis(1));
        assert_eq!(admission.wait_behind(500), PATIENCE);
        assert!(admission.wait_behind(502) > PATIENCE);
    }

    #[test]
    fn one_request_that_took_long_counts_for_little() {
        let admission = Admission::with_workers(1);
        admission.learn(Duration::from_micros(100));
        admission.learn(Duration::from_mins(1));
        assert!(admission.wait_behind(1) < Duration::from_millis(2));
        for _ in 0..200 {
            admission.learn(Duration::from_micros(100));
        }
        assert!(admission.wait_behind(1) < Duration::from_micros(110));
    }

    #[tokio::test]
    async fn requests_that_are_there_at_once_stand_in_line_before_the_first_is_worked_on() {
        let admission = std::sync::Arc::new(Admission::with_workers(1));
        admission.learn(Duration::from_millis(10));
        let mut requests = JoinSet::new();
        for _ in 0..40 {
            let admission = std::sync::Arc::clone(&admission);
            requests.spawn(async move { admission.pass().await });
        }
        let passed = requests.join_all().await.into_iter().flatten().count();
        // The one after 25 of them would wait for 250 ms.
        assert_eq!(passed, 26);
        assert!(admission.pass().await.is_ok(), "the line is empty again");
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_line() {
        let admission = Admission::with_workers(1);
        assert!(admission.pass().now_or_never().is_none());
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn waiting_for_others_is_no_work() {
        let admission = Admission::with_workers(1);
        let asked = pin!(async { tokio::time::sleep(Duration::from_millis(30)).await });
        admission.work(asked).await;
        assert!(admission.wait_behind(1) < Duration::from_millis(5));
    }
}
