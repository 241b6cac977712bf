//! All nodes together keep to a rate limit, and each by itself where the database does not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantd_testbed::{Cluster, Durability};
use reqwest::Method;
use serde_json::json;
use tokio::task::{JoinSet, block_in_place};

use crate::bed::{DATABASES, Job, MEASURING, Node, Nodes, until};
use crate::support::Server;
use crate::support::api::Api;

/// What each client has at once, and in a second.
const BURST: u32 = 20;
const RATE: u32 = 20;
/// How much more comes back between two exchanges of the nodes.
const BETWEEN: u32 = RATE / 5;
/// How long is asked at a time.
const LENGTH: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_secs(15);

/// What came of asking for a while.
struct Asked {
    /// Requests that were let through, by node.
    passed: Vec<usize>,
    refused: usize,
    seconds: f64,
}

impl Asked {
    fn passed(&self) -> f64 {
        as_f64(self.passed.iter().sum())
    }

    /// What one node lets through in that time.
    fn of_one(&self) -> f64 {
        f64::from(BURST) + self.came_back()
    }

    /// What comes back in that time.
    fn came_back(&self) -> f64 {
        f64::from(RATE) * self.seconds
    }
}

fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// Asks all nodes in turns, for as long as is said.
async fn hammer(apis: &[Api], job: &Job, length: Duration) -> Asked {
    let begun = Instant::now();
    let apis = Arc::new(apis.to_vec());
    let ask = |asker: usize| {
        let (apis, job) = (Arc::clone(&apis), job.clone());
        async move {
            let (mut passed, mut refused) = (vec![0; apis.len()], 0);
            for turn in asker.. {
                if begun.elapsed() > length {
                    break;
                }
                let node = turn % apis.len();
                match job.ask(&apis[node]).await.unwrap().status {
                    200 => passed[node] += 1,
                    429 => refused += 1,
                    status => panic!("{status}"),
                }
            }
            (passed, refused)
        }
    };
    let askers: JoinSet<_> = (0..2 * apis.len()).map(ask).collect();
    let each = askers.join_all().await;
    let passed = (0..apis.len()).map(|node| each.iter().map(|(passed, _)| passed[node]).sum()).collect();
    let refused = each.iter().map(|(_, refused)| refused).sum();
    Asked { passed, refused, seconds: begun.elapsed().as_secs_f64() }
}

/// Sets the limit, and waits until all of these nodes go by it and have told of what this client asked them.
async fn set_limit(cluster: &Cluster, database: &str, all: &[Api], other: &Job) {
    let limit = json!({"burst": BURST, "per_second": RATE});
    let limits = json!({"rate_limits": {"token_endpoint": {"per_client": limit}}});
    let answer = all[0].call(Method::PATCH, "/grantd/v1/settings", Some(&limits)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for api in all {
        let limited = async || other.ask(api).await.unwrap().headers.contains_key("auth0-ratelimit");
        until(SOON, "a node has no limit", limited).await;
    }
    let database = database.rsplit('/').next().unwrap();
    let told = || cluster.sql(database, "SELECT COALESCE(SUM(requests), 0) FROM rate_counts");
    until(SOON, "a node tells nothing", async || told().trim() == all.len().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn three_nodes_let_through_what_one_would() {
    let _alone = MEASURING.lock().await;
    let nodes = Nodes::start(&DATABASES, [&[], &[], &[]]).await;
    let (job, other) = (nodes.job("limited").await, nodes.job("other").await);
    let apis: Vec<Api> = (0..nodes.len()).map(|node| nodes.api(node)).collect();
    set_limit(&DATABASES, &nodes.database, &apis, &other).await;
    // From the beginning, and when all that there is at once is used up.
    for begins in [true, false] {
        let asked = hammer(&apis, &job, LENGTH).await;
        let one = if begins { asked.of_one() } else { asked.came_back() };
        let overshoot = f64::from(2 * if begins { BURST + BETWEEN } else { BETWEEN });
        println!(
            "{:?} let through, {} in all, and {} refused in {:.2} s, where one node lets through {one:.0} and all may let \
             through {overshoot:.0} more before they hear of one another",
            asked.passed,
            asked.passed(),
            asked.refused,
            asked.seconds
        );
        assert!(as_f64(asked.refused) > 3.0 * one, "too little was asked to tell");
        assert!(asked.passed() >= 0.8 * one && asked.passed() <= 1.25 * one + overshoot);
    }
    for api in &apis {
        assert_eq!(other.ask(api).await.unwrap().status, 200, "another client is refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn the_database_stands_still_and_each_node_keeps_to_the_limit_by_itself() {
    let _alone = MEASURING.lock().await;
    let cluster = Cluster::start(Durability::Nothing);
    let nodes = Nodes::start(&cluster, [&[]]).await;
    let second = Node::new(&nodes.database, &[]);
    second.give_key(&nodes.node(0).key());
    let server = block_in_place(|| Server::start(second.command()).unwrap());
    let (job, other) = (nodes.job("limited").await, nodes.job("other").await);
    let apis = [nodes.api(0), nodes.api(0).at(&server.base.replace("localhost", "127.0.0.1"))];
    set_limit(&cluster, &nodes.database, &apis, &other).await;
    cluster.pause().unwrap();
    let asked = hammer(&apis, &job, LENGTH).await;
    println!("{:?} let through and {} refused in {:.2} s", asked.passed, asked.refused, asked.seconds);
    for passed in &asked.passed {
        let (passed, one) = (as_f64(*passed), asked.of_one());
        assert!(passed >= 0.8 * one && passed <= 1.25 * one, "{passed} of {one}");
    }
    let said = "this node counts requests for rate limits by itself for now";
    until(SOON, "it says nothing", async || server.log().contains(said)).await;
    cluster.resume().unwrap();
    let again = "rate limits are counted by all nodes together again";
    let together = async || {
        // Whoever asks nothing has nothing to tell.
        job.ask(&apis[1]).await.unwrap();
        server.log().contains(again)
    };
    until(SOON, "it does not go back to the others", together).await;
    let log = server.log();
    assert_eq!((log.matches(said).count(), log.matches(again).count()), (1, 1), "{log}");
    let asked = hammer(&apis, &job, LENGTH).await;
    println!(
        "{:?} let through and {} refused in {:.2} s afterwards",
        asked.passed, asked.refused, asked.seconds
    );
    assert!(asked.passed() <= 1.25 * asked.of_one() + f64::from(BURST + BETWEEN), "{}", asked.passed());
}
