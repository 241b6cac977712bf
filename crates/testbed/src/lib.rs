//! What tests stand on that is not grantd: a PostgreSQL of their own, a pooler in front of it, and a network that can be cut.

mod cluster;
mod network;
mod pooler;

pub use cluster::{Cluster, Durability};
pub use network::Network;
pub use pooler::Pooler;
