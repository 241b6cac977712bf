//! The snapshot and its follower, on a real SQLite store: whatever happens in whichever order, the snapshot that
//! followed is the one that a fresh start would load.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod denylist;
mod equivalence;
mod reading;
mod records;
mod secrets;
mod sequences;
mod watched_store;
