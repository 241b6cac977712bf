//! Tokens from the outside: what is issued, what is accepted, what is published.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and one that is skipped says so"
)]

mod assertions;
mod attacks;
mod certificate_forms;
mod certificates;
mod corpus;
mod curves;
mod dpop;
mod encryption;
mod fixtures;
mod inspecting;
mod issuing;
mod keys;
mod others;
mod outside;
mod public_keys;
mod verifying;
