//! Connections that fall silent for good, as when a firewall has forgotten them: what hangs on them is given up, and what
//! comes after has new ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantd_model::{OrganizationFilter, Paging};
use grantd_store::{PostgresOptions, PostgresStore, Store};
use grantd_testbed::Network;
use tokio::task::JoinSet;

use crate::{CLUSTER, key};

/// A read is given up after ten seconds, and its connection five later. TCP itself would take a quarter of an hour.
const SOON: Duration = Duration::from_secs(40);
/// More than there are connections.
const READS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_when_all_connections_have_fallen_silent() {
    let url = CLUSTER.database();
    let network = Network::to(CLUSTER.port()).unwrap();
    let through = url.replace(&format!(":{}/", CLUSTER.port()), &format!(":{}/", network.port()));
    let options = PostgresOptions::parse(&through).unwrap();
    let store = Arc::new(PostgresStore::open(&options, key()).await.unwrap());
    let read = |store: Arc<PostgresStore>| async move {
        let all = Paging::Offset { page: 0, per_page: 1, include_totals: true };
        let filter = OrganizationFilter::default();
        let (listed, revision) = tokio::join!(store.list_organizations(&filter, &all), store.revision());
        listed.map(drop).and(revision.map(drop))
    };
    let all = async || (0..READS).map(|_| read(Arc::clone(&store))).collect::<JoinSet<_>>().join_all().await;
    // There are as many connections as there may be.
    assert!(all().await.iter().all(Result::is_ok));
    network.strand();
    let begun = Instant::now();
    assert!(all().await.iter().any(Result::is_err), "no connection has fallen silent");
    while !all().await.iter().all(Result::is_ok) {
        assert!(begun.elapsed() < SOON, "reads do not go on");
    }
}
