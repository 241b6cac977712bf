//! What tests stand on that is not grantd: a PostgreSQL of their own.

mod cluster;

pub use cluster::{Cluster, Durability};
