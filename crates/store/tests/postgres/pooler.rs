//! Through PgBouncer in transaction mode: each transaction may be given another connection, and listening goes past it.

use std::sync::Arc;
use std::time::Duration;

use grantd_model::{Organization, OrganizationFilter, Paging};
use grantd_store::{Change, PostgresOptions, PostgresStore, RateCount, Store};
use grantd_testbed::Pooler;
use serde_json::json;

use crate::{CLUSTER, key};

fn organization(name: &str) -> Organization {
    let body = json!({"name": name, "display_name": name});
    Organization::from_request(&name.into(), body.as_object().unwrap().clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_and_read_through_a_pooler_with_fewer_connections_than_they_have() {
    let url = CLUSTER.database();
    let name = url.rsplit('/').next().unwrap();
    let pooler = Pooler::start(&CLUSTER, 3);
    let options = PostgresOptions::parse(&pooler.url(name)).unwrap().with_listener(&url).unwrap();
    let mut nodes: Vec<Arc<PostgresStore>> = Vec::new();
    for _ in 0..2 {
        nodes.push(Arc::new(PostgresStore::open(&options, key()).await.unwrap()));
    }
    let mut working = Vec::new();
    for number in 0..40 {
        let node = Arc::clone(&nodes[number % 2]);
        working.push(tokio::spawn(async move {
            let name = format!("organization {number}");
            node.commit(vec![Change::CreateOrganization(organization(&name))]).await.unwrap();
            assert!(node.find_organization(&name).await.unwrap().is_some());
            let count = |bucket: &str, requests| RateCount { bucket: bucket.to_owned(), requests, busy: 1 };
            node.count_requests(vec![count("a", 1), count(&name, 1), count("b", 0)]).await.unwrap();
        }));
    }
    for task in working {
        task.await.unwrap();
    }
    let all = Paging::Offset { page: 0, per_page: 100, include_totals: true };
    for node in &nodes {
        let page = node.list_organizations(&OrganizationFilter::default(), &all).await.unwrap();
        assert_eq!((page.total, page.items.len()), (Some(40), 40));
        assert_eq!(node.revision().await.unwrap().0, 40);
        let count = RateCount { bucket: "a".to_owned(), requests: 0, busy: 0 };
        assert_eq!(node.count_requests(vec![count]).await.unwrap()["a"].total, 40);
    }
}

#[tokio::test]
async fn a_commit_is_heard_of_past_the_pooler() {
    let url = CLUSTER.database();
    let pooler = Pooler::start(&CLUSTER, 3);
    let options = PostgresOptions::parse(&pooler.url(url.rsplit('/').next().unwrap())).unwrap();
    let options = options.with_listener(&url).unwrap();
    let one = PostgresStore::open(&options, key()).await.unwrap();
    let other = PostgresStore::open(&options, key()).await.unwrap();
    // That it listens now is the first news.
    other.news().await;
    one.commit(vec![Change::CreateOrganization(organization("acme"))]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), other.news()).await.unwrap();
    assert!(other.find_organization("acme").await.unwrap().is_some());
}
