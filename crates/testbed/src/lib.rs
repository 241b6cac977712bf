//! What tests stand on that is not grantd: a PostgreSQL of their own, and a network that can be cut.

mod cluster;
mod network;

pub use cluster::{Cluster, Durability};
pub use network::Network;
