//! Asking others: where this server lets itself be sent, what it takes from there, and how often it asks.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

mod addresses;
mod caching;
mod guard;
mod limits;
mod site;
