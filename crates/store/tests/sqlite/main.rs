//! What is special to the SQLite file: what stands in it, what it refuses to open, and what happens when the database
//! itself fails. The tests look into the file with a connection of their own.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod copy;
mod denylist;
mod failures;
mod file;
mod rewrap;
mod schema;
mod sealed;
mod secret_uses;
