//! Time as a parameter.

use std::fmt;

use serde::{Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Before 1970 nothing happened here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From seconds since the epoch.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From a date and time with its offset (RFC 3339 §5.6); none if the text is no such date, or one before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        u64::try_from(date.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, as `iat` and `exp` count (RFC 7519 §2).
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// Writes a number over the noughts that end at a place. Every answer and every event has a time in it, and the formatter for
/// all formats takes ten times as long.
fn put(text: &mut [u8], mut number: u32, last: usize) {
    for digit in text.iter_mut().take(last + 1).rev() {
        if number == 0 {
            return;
        }
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// ISO 8601 in UTC with milliseconds, as Auth0 writes dates: `2026-05-08T16:00:56.685Z`. What lies beyond the
/// year 9999 is written as its end.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(PrimitiveDateTime::MAX.assume_utc());
        let year = u32::try_from(date.year()).unwrap_or_default();
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let parts = [
            (year, 3),
            (u8::from(date.month()).into(), 6),
            (date.day().into(), 9),
            (date.hour().into(), 12),
            (date.minute().into(), 15),
            (date.second().into(), 18),
            (date.millisecond().into(), 22),
        ];
        for (number, last) in parts {
            put(&mut text, number, last);
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where the time comes from. Production reads the system clock; tests hold it still.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}
