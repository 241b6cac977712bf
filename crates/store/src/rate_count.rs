//! Counting the requests of all nodes together: what one tells of a bucket that all of them have.

/// Requests that a node has let through a bucket and not told of before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateCount {
    /// The bucket: a name that is the same on all nodes.
    pub bucket: String,
    /// How many; 0 from who only wants to hear.
    pub requests: u64,
    /// Microseconds until so many have come back.
    pub busy: u64,
}

impl RateCount {
    /// How many share a statement.
    pub(crate) const MOST: usize = 1_000;
}
