//! What holds of the PostgreSQL backend alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod log;
mod pooler;
mod schema;
mod stranded;
mod tls;

use std::sync::LazyLock;

use grantd_model::Secret;
use grantd_store::{KeyEncryptionKey, PostgresOptions, PostgresStore};
use grantd_testbed::{Cluster, Durability};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Nothing));

fn key() -> KeyEncryptionKey {
    KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap()
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresOptions::parse(url).unwrap(), key()).await.unwrap()
}
