//! The world outside: the clock and the randomness of the operating system.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use grantd_model::{Clock, Entropy, Timestamp};

use crate::complain;

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The system's randomness.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if rand::fill(buffer).is_err() {
            // Going on with identifiers and secrets that others can guess is worse than stopping.
            complain(&io::Error::other("the operating system has no randomness"));
            std::process::abort();
        }
    }
}
