//! How often a stream tries, as numbers that a test can make small.

use std::time::Duration;

use grantd_model::Entropy;

/// The pace of delivery.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a stream that has nothing more to deliver lets entries gather.
    pub linger: Duration,
    /// How long one delivery may take, from the name to the status.
    pub timeout: Duration,
    /// The pause after a first failure; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause, whatever the receiver asks for.
    pub longest_pause: Duration,
    /// How often the configuration is looked at.
    pub follow: Duration,
}

impl Default for Pace {
    /// A second to gather, ten to deliver, pauses of one second to five minutes.
    fn default() -> Self {
        Self {
            linger: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(5),
            follow: Duration::from_millis(250),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures in a row: at least half of what doubling says, so that streams that
    /// failed together do not come back together, and at least what the receiver asks for.
    pub(super) fn pause(&self, failures: u32, asked: Option<Duration>, entropy: &dyn Entropy) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
        let most = self.first_pause.saturating_mul(doubled).min(self.longest_pause);
        let mut byte = [0_u8];
        entropy.fill(&mut byte);
        let spread = most / 2 * u32::from(byte[0]) / 255;
        (most / 2 + spread).max(asked.unwrap_or_default()).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always the same byte.
    struct Constant(u8);

    impl Entropy for Constant {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn millis(failures: u32, asked: Option<u64>, byte: u8) -> u128 {
        Pace::default().pause(failures, asked.map(Duration::from_secs), &Constant(byte)).as_millis()
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread_over_their_upper_half() {
        for (failures, most) in [(1, 1_000), (2, 2_000), (3, 4_000), (9, 256_000), (10, 300_000)] {
            assert_eq!((millis(failures, None, 0), millis(failures, None, 255)), (most / 2, most));
        }
        assert_eq!(millis(u32::MAX, None, 255), 300_000);
    }

    #[test]
    fn a_receiver_is_left_alone_as_long_as_it_asks_within_bounds() {
        assert_eq!(millis(1, Some(30), 255), 30_000);
        assert_eq!(millis(1, Some(0), 255), 1_000);
        assert_eq!(millis(10, Some(1), 255), 300_000);
        assert_eq!(millis(1, Some(u64::MAX), 0), 300_000);
    }
}
