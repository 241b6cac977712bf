//! Everything that this server asks of others, and how it keeps itself from being sent anywhere.
//!
//! Who may configure a URL may not choose what this machine can reach: the name is resolved here, every address is
//! checked, and the connection is made to a checked address and to no other. Nothing is followed, everything is
//! bounded in size and time, and what the operator allows besides is a flag of the process.

mod address;
mod discovery;
mod error;
mod fetch;
mod key_sets;
mod network;
mod policy;

pub use address::is_public;
pub use error::OutboundError;
pub use fetch::{Answered, Fetched, Limits, Outbound};
pub use key_sets::{KeySets, KeySource};
pub use network::{Network, SystemNetwork};
pub use policy::{AllowedHost, Forbidden, Policy};
