//! HTTP: translate, call, translate.
//!
//! [`router`] is one page with every route. A request to the Management API goes through
//! `management_api::endpoint` to its use case; a request for a token goes down the steps of `oauth::token`.
//! No rule is in here: what may be is decided in the crates below.

mod admission;
mod arrival;
mod body;
mod client_certificate;
mod events;
mod listener;
mod log_streams;
mod management_api;
mod metrics;
mod oauth;
mod operations;
mod rate_limits;
mod recorder;
mod retention;
mod rotation;
mod router;
mod stall;
mod state;
mod trusted_proxies;
mod watching;
mod well_known;

pub use arrival::PeerAddress;
pub use client_certificate::{
    AuthorityError, CertificateFault, ClientCertificate, ClientCertificates, presented,
};
pub use listener::{Listener, Transport};
pub use log_streams::{LogStreams, Pace, StreamFigures};
pub use operations::{Operations, ProcessFigures};
pub use rate_limits::share_rate_limits;
pub use recorder::Recorder;
pub use retention::trim_log;
pub use rotation::rotate_on_schedule;
pub use router::router;
pub use state::State;
pub use trusted_proxies::{Network, NetworkError};
