//! The log in its file: what is appended is there, in order; what is too old or too much goes; and whatever is done to
//! the rows from outside is found.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod chain;
mod copy;
mod file;
mod reading;
mod retention;
