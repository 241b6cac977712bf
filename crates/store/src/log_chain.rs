//! The hash chain of the log: each entry is bound to all before it, under a key that the log's file does not have.
//!
//! Pure arithmetic. HMAC and not a bare hash, so that who can write the file cannot make another chain that fits; the
//! two ends are sealed, so that rows cut off at either end are missed.

use std::fmt;

use aws_lc_rs::hmac;
use grantd_model::{LogPosition, Secret, Timestamp};

/// The key of a chain. It does not show.
#[derive(Clone)]
pub struct ChainKey(hmac::Key);

impl ChainKey {
    /// Bytes of a key.
    pub const LENGTH: usize = 32;

    /// From its bytes.
    pub fn new(bytes: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.expose()))
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey")
    }
}

/// The value of the chain at an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub(crate) [u8; 32]);

impl ChainHash {
    /// Before the first entry.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// As it is stored; none if it has another length.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits; none from anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.bytes().filter_map(|byte| char::from(byte).to_digit(16)?.try_into().ok()).collect();
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        Self::from_bytes(&bytes).filter(|_| rest.is_empty() && text.len() == 64)
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A row of the log, as far as the chain binds it: all of it.
pub(crate) struct Row<'r> {
    pub(crate) position: LogPosition,
    pub(crate) at: Timestamp,
    pub(crate) kind: &'r str,
    pub(crate) client_id: Option<&'r str>,
    pub(crate) text: &'r str,
}

/// The two ends of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainEnd {
    /// The last entry that retention has removed.
    Anchor,
    /// The newest entry.
    Head,
}

impl ChainEnd {
    /// Its name in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Anchor => "anchor",
            Self::Head => "head",
        }
    }
}

/// An end of a chain, and what proves it.
#[derive(Clone, Copy)]
pub(crate) struct SealedEnd {
    pub(crate) position: LogPosition,
    pub(crate) hash: ChainHash,
    pub(crate) seal: ChainHash,
}

impl SealedEnd {
    /// Whether it was written by who has the key.
    pub(crate) fn is_sealed(&self, key: &ChainKey, end: ChainEnd) -> bool {
        key.seal(end, self.position, self.hash) == self.seal
    }
}

impl ChainKey {
    /// The value at a row that follows an entry with this value. Each part has its length before it, so that no two
    /// rows are the same bytes.
    pub(crate) fn link(&self, previous: ChainHash, row: &Row<'_>) -> ChainHash {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"row");
        context.update(&previous.0);
        context.update(&row.position.0.to_be_bytes());
        context.update(&row.at.millis().to_be_bytes());
        context.update(&[u8::from(row.client_id.is_some())]);
        for part in [row.kind, row.client_id.unwrap_or_default(), row.text] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        finish(context)
    }

    /// What proves that an end of the chain was written by who has the key.
    pub(crate) fn seal(&self, end: ChainEnd, position: LogPosition, hash: ChainHash) -> ChainHash {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(end.as_str().as_bytes());
        context.update(&position.0.to_be_bytes());
        context.update(&hash.0);
        finish(context)
    }
}

fn finish(context: hmac::Context) -> ChainHash {
    let tag = context.sign();
    ChainHash::from_bytes(tag.as_ref()).unwrap_or(ChainHash::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'r>(kind: &'r str, client_id: Option<&'r str>, text: &'r str) -> Row<'r> {
        Row { position: LogPosition(7), at: Timestamp::from_seconds(1), kind, client_id, text }
    }

    #[test]
    fn no_two_rows_are_the_same_bytes() {
        let key = ChainKey::new(&Secret::from(vec![7; 32]));
        let rows = [
            row("ab", Some("c"), "d"),
            row("a", Some("bc"), "d"),
            row("a", Some("b"), "cd"),
            row("ab", None, "d"),
            row("ab", Some(""), "d"),
            Row { at: Timestamp::from_seconds(2), ..row("ab", Some("c"), "d") },
            Row { position: LogPosition(8), ..row("ab", Some("c"), "d") },
        ];
        let mut links: Vec<String> =
            rows.iter().map(|row| key.link(ChainHash::NONE, row).to_string()).collect();
        links.push(
            key.link(key.link(ChainHash::NONE, &row("a", None, "b")), &row("ab", Some("c"), "d")).to_string(),
        );
        links.push(key.seal(ChainEnd::Head, LogPosition(7), ChainHash::NONE).to_string());
        links.push(key.seal(ChainEnd::Anchor, LogPosition(7), ChainHash::NONE).to_string());
        let all = links.len();
        links.sort_unstable();
        links.dedup();
        assert_eq!(links.len(), all);
        let read = |link: &String| ChainHash::from_hex(link).is_some_and(|hash| hash.to_string() == *link);
        assert!(links.iter().all(read));
    }

    #[test]
    fn only_64_digits_are_a_hash() {
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
            assert_eq!(ChainHash::from_hex(text), None);
        }
    }
}
