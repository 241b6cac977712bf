//! Starting: before the database is there, and all at once.

use std::time::Duration;

use grantd_testbed::{Cluster, Durability};
use tokio::task::block_in_place;

use crate::bed::{DATABASES, MEASURING, Node, Nodes, until};
use crate::support::{Process, Server};

const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_before_the_database_waits_for_it_and_says_so() {
    let _alone = MEASURING.lock().await;
    // What it has said to be kept has to be there when it starts again.
    let cluster = Cluster::start(Durability::Disk);
    // One whose database is new, and one whose database has been served.
    let database = cluster.database();
    let nodes = Nodes::start(&cluster, [&[], &[]]).await;
    let job = nodes.job("steady").await;
    nodes.node(1).kill();
    block_in_place(|| cluster.stop()).unwrap();
    let new = Node::new(&database, &[]);
    let processes = [nodes.node(1), &new].map(|node| Process::start(node.command()));
    for process in &processes {
        let said = async || process.log().contains("the database cannot be reached; waiting for it");
        until(SOON, "it says nothing", said).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let started = block_in_place(|| {
        cluster.start_again().unwrap();
        processes.map(|process| Server::of(process).unwrap_or_else(|ended| panic!("{ended:?}")))
    });
    for (node, server) in [nodes.node(1), &new].into_iter().zip(started) {
        assert_eq!(server.log().matches("waiting for it").count(), 1, "{}", server.log());
        node.runs(server);
    }
    assert_eq!(job.ask(&nodes.api(1)).await.unwrap().status, 200);
    let nodes = Nodes::of(&database, vec![new]).await;
    nodes.job("first").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_that_start_at_once_on_a_new_database_make_one_administration_client() {
    for round in 0..3_u8 {
        let database = DATABASES.database();
        let nodes = [(); 3].map(|()| Node::new(&database, &[]));
        for node in &nodes {
            node.give_key(&[round; 32]);
        }
        block_in_place(|| {
            let starting = nodes.each_ref().map(|node| Process::start(node.command()));
            for (node, process) in nodes.iter().zip(starting) {
                node.runs(Server::of(process).unwrap_or_else(|ended| panic!("{ended:?}")));
            }
        });
        let told = nodes.iter().filter(|node| node.data().join("admin.json").exists()).count();
        assert_eq!(told, 1, "one node knows the administration client");
        let nodes = Nodes::of(&database, nodes.into()).await;
        let job = nodes.job("steady").await;
        let keys = nodes.api(0).get("/api/v2/keys/signing").await;
        for number in 0..nodes.len() {
            let api = nodes.api(number);
            let clients = api.list("/api/v2/clients", "clients").await;
            let of = |name: &str| clients.iter().filter(|client| client["name"] == *name).count();
            assert_eq!((of("Administration"), of("All Applications")), (1, 1), "{clients:?}");
            let apis = api.list("/api/v2/resource-servers", "resource_servers").await;
            assert_eq!(apis.iter().filter(|api| api["is_system"] == true).count(), 1, "{apis:?}");
            assert_eq!(api.get("/api/v2/keys/signing").await, keys);
            assert_eq!(job.ask(&api).await.unwrap().status, 200);
        }
    }
}
