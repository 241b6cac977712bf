//! The real listener on a port of its own: slow, broken, greedy and idle clients, and stopping.
//!
//! Where a limit of time is at work the tests pause tokio's clock: it then jumps to the next timer as soon as
//! nothing else can happen, so that the limits of production are tested, in no time.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

mod bodies;
mod certificates;
mod client_certificates;
mod networks;
mod plain;
mod server;
mod stopping;
mod tls;
mod trusted_proxies;

#[expect(dead_code, reason = "the tests of the operations use the rest")]
#[path = "../http/support.rs"]
mod support;
