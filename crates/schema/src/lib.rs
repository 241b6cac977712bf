//! What the Management API accepts, said in Auth0's words.
//!
//! This crate owns the table of operations, the embedded JSON schemas of their paths, queries and bodies, and the walker
//! that finds the first fault in a request and words it as Auth0 does. It stands apart so that everything behind it can
//! turn a checked body into types without a second way to fail, and so that the published document and the check are fed
//! by the same files. It knows no HTTP and reads no clock.

mod coerce;
mod compile;
mod documents;
mod fault;
mod form;
mod format;
mod javascript;
pub mod json;
mod openapi;
mod operation;
mod pattern;
pub mod urlencoded;
mod violation;
mod walk;

pub use compile::Schema;
pub use javascript::integral_numbers;
pub use openapi::openapi;
pub use operation::Operation;
pub use violation::{Part, SchemaFault, Violation};
