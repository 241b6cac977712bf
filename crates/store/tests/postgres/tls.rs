//! TLS to the database: verified where that is asked for.

use grantd_store::{PostgresOptions, PostgresStore, Store, StoreError};
use grantd_testbed::{Cluster, Durability};

use crate::key;

/// A certificate for a host, signed by itself, and its key.
fn certificate(host: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

async fn open(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(&PostgresOptions::parse(url).unwrap(), key()).await
}

#[tokio::test]
async fn a_certificate_is_verified_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (folder.path().join("own.pem"), folder.path().join("other.pem"));
    let (pem, private) = certificate("localhost");
    std::fs::write(&own, &pem).unwrap();
    std::fs::write(&other, certificate("localhost").0).unwrap();
    let cluster = Cluster::start(Durability::Nothing);
    let url = |host: &str, mode: &str, root: &std::path::Path| {
        let port = cluster.port();
        format!("postgres://postgres@{host}:{port}/postgres?sslmode={mode}&sslrootcert={}", root.display())
    };
    assert!(open(&url("localhost", "verify-full", &own)).await.is_err(), "the server speaks no TLS");
    cluster.take_tls(&pem, &private).unwrap();
    open(&url("localhost", "verify-full", &own)).await.unwrap().close().await;
    assert!(open(&url("localhost", "verify-full", &other)).await.is_err(), "nobody knows who signed it");
    assert!(open(&url("127.0.0.1", "verify-full", &own)).await.is_err(), "it is for another host");
    open(&url("127.0.0.1", "verify-ca", &own)).await.unwrap().close().await;
}
