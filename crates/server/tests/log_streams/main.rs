//! Delivery of log streams: to receivers that fail, hang and restart, and into files, by servers that restart too.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod definitions;
mod failures;
mod files;
mod receiver;
mod restarts;
mod scene;
mod signatures;
mod unreachable;
