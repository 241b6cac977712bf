//! Several nodes on one PostgreSQL database: what one is told, all go by; what befalls one, or the database, or the
//! network between them, befalls no token that need not be refused.
//!
//! The ordinary run takes some minutes. `GRANTD_TEST_LONG=1` takes longer over nodes that are killed, and
//! `GRANTD_TEST_SEED` repeats a run's choices.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "nodes/asking.rs"]
mod asking;
#[path = "nodes/bed.rs"]
mod bed;
#[path = "nodes/clocks.rs"]
mod clocks;
#[path = "nodes/commands.rs"]
mod commands;
#[path = "nodes/killed.rs"]
mod killed;
#[path = "nodes/linearizability.rs"]
mod linearizability;
#[path = "nodes/load.rs"]
mod load;
#[path = "nodes/order.rs"]
mod order;
#[path = "nodes/outages.rs"]
mod outages;
#[path = "kill/random.rs"]
mod random;
#[path = "nodes/rate_limits.rs"]
mod rate_limits;
#[path = "nodes/shared.rs"]
mod shared;
#[path = "nodes/starts.rs"]
mod starts;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
