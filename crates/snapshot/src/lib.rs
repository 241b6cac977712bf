//! The configuration in memory, as the token path reads it: immutable, at one revision, swapped whole.
//!
//! A [`Snapshot`] answers every question of one request, so that all answers are about the same revision. The
//! [`Follower`] keeps the newest one: it reads what changed from the store, and knows how old its knowledge is.

mod denylist;
mod follower;
mod secrets;
mod snapshot;

pub use follower::{Follower, TooOld};
pub use secrets::SecretDigest;
pub use snapshot::{KnownClient, Sizes, Snapshot};
