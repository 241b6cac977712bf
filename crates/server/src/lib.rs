//! HTTP: translate, call, translate.
//!
//! [`router`] is one page with every route. A request to the Management API goes through
//! `management_api::endpoint` to its use case; a request for a token goes down the steps of `oauth::token`.
//! No rule is in here: what may be is decided in the crates below.

mod body;
mod listener;
mod management_api;
mod oauth;
mod router;
mod stall;
mod state;
mod well_known;

pub use listener::{Listener, Transport};
pub use router::router;
pub use state::State;
