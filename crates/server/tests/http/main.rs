//! The real router on a real database, with a frozen clock and counted randomness: one file an operation.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod access_tokens;
mod configuration;
mod management_api;
mod operations;
mod support;
mod token_endpoint;
