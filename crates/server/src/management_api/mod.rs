//! The Management API over HTTP: one way from a request to its use case and back, for all operations.
//!
//! Operations differ only in their use case, so there is one endpoint and not one handler each: who calls is
//! found out, the request is taken apart, the use case is called, and its result is written down.

mod authentication;
mod client_errors;
mod elsewhere;
mod endpoint;
mod errors;
mod known_tokens;
mod respond;
mod signing_key_errors;

pub(crate) use elsewhere::elsewhere;
pub(crate) use endpoint::{document, endpoint, linked, operation, unknown_path};
pub(crate) use known_tokens::KnownTokens;
