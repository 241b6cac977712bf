//! What tests stand on that is not grantd: a PostgreSQL of their own, and a pooler in front of it.

mod cluster;
mod pooler;

pub use cluster::{Cluster, Durability};
pub use pooler::Pooler;
