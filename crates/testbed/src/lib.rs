//! What tests stand on that is not grantd: a PostgreSQL of their own, a pooler in front of it, a network that can be cut,
//! and a clock that is wrong.

mod clock;
mod cluster;
mod network;
mod pooler;

pub use clock::set_clock;
pub use cluster::{Cluster, Durability};
pub use network::Network;
pub use pooler::Pooler;
