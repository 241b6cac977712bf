//! Introspection and revocation of access tokens.

mod attacks;
mod introspection;
mod keys;
mod nodes;
pub mod questions;
mod revocation;
