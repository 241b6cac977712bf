//! How long things take, counted in buckets: three atomic additions an observation, no lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets, in microseconds. A signature takes from 20 µs (`EdDSA`) to 1 ms (RSA); a management write waits
/// for the disk.
const BOUNDS: [u64; 17] = [
    25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// Counts of what took how long.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// What a histogram has counted, for one scrape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counted {
    /// Seconds in all.
    pub(crate) sum: f64,
    /// How many.
    pub(crate) count: u64,
    /// How many are in each bucket, by its upper end in seconds.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Counts one.
    pub(crate) fn observe(&self, took: Duration) {
        let microseconds = took.as_nanos().div_ceil(1_000);
        let bucket = BOUNDS.partition_point(|bound| u128::from(*bound) < microseconds);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What is counted by now.
    pub(crate) fn counted(&self) -> Counted {
        let ends = BOUNDS.iter().map(|bound| seconds(*bound * 1_000)).chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = ends.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        Counted { sum: seconds(self.nanoseconds.load(Ordering::Relaxed)), count, buckets }
    }
}

#[expect(clippy::cast_precision_loss, reason = "53 bits of nanoseconds are a hundred days of work")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_duration_is_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for microseconds in [1, 25, 26, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(microseconds));
        }
        histogram.observe(Duration::from_nanos(25_001));
        let counted = histogram.counted();
        let filled: Vec<_> = counted.buckets.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [&(25e-6, 2), &(50e-6, 2), &(10.0, 1), &(f64::INFINITY, 1)]);
        assert_eq!(counted.count, 6);
        assert!((counted.sum - 20.000_078).abs() < 1e-3, "{}", counted.sum);
    }
}
