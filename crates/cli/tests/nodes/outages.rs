//! The database fails, stands still, or cannot be reached by one node: tokens go on by what is known for as long as the
//! ceiling says, and everything goes on when it is there again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use grantd_testbed::{Cluster, Durability, Network};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::bed::{DATABASES, MEASURING, Nodes, until};
use crate::load::{Asked, Load, assert_all_issued};
use crate::support::api::Answer;

/// Of the nodes that have one here, in seconds.
const CEILING: u64 = 5;
const CEILING_FLAG: &[&str] = &["--staleness-ceiling", "5"];
/// How long anything takes that should happen at once, on a machine with other things to do.
const SOON: Duration = Duration::from_secs(15);
/// How often the database is asked at least.
const INTERVAL: Duration = Duration::from_millis(500);

/// The names of organizations, and the statuses that their making was answered with.
type Made = Vec<(String, u16)>;

/// Makes organizations at a node, one after another. Each one is made, or refused for now.
async fn write(nodes: Arc<Nodes>, node: usize, writer: usize, stopped: Arc<AtomicBool>) -> Made {
    let mut made = Vec::new();
    for number in 0.. {
        if stopped.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("org-{writer}-{number}");
        let body = json!({"name": name});
        let begun = Instant::now();
        let answer = nodes.api(node).call(Method::POST, "/api/v2/organizations", Some(&body)).await;
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?} for {answer:?}", begun.elapsed());
        assert_made_or_refused_for_now(&answer);
        made.push((name, answer.status));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    made
}

fn assert_made_or_refused_for_now(answer: &Answer) {
    match answer.status {
        201 => {}
        503 => assert!(answer.headers.contains_key("retry-after"), "{answer:?}"),
        _ => panic!("{answer:?}"),
    }
}

/// Waits until a node takes writes.
async fn until_written(nodes: &Nodes, node: usize, name: &str) {
    let body = json!({"name": name});
    let written = async || {
        let answer = nodes.api(node).call(Method::POST, "/api/v2/organizations", Some(&body)).await;
        // One that was refused for now may have been kept.
        if answer.status != 409 {
            assert_made_or_refused_for_now(&answer);
        }
        answer.status != 503
    };
    until(SOON, &format!("node {node} takes no write"), written).await;
}

/// What is changed at one node, the others go by.
pub async fn assert_all_see_one_another(nodes: &Nodes, name: &str) {
    for node in 0..nodes.len() {
        let job = nodes.job_without_grant(&format!("{name}-{node}")).await;
        let grant = nodes.api(node).create("/api/v2/client-grants", job.grant()).await;
        for other in 0..nodes.len() {
            let answer = job.ask(&nodes.api(other)).await.unwrap();
            assert_eq!(answer.status, 200, "node {other} does not see what node {node} made: {answer:?}");
        }
        let path = format!("/api/v2/client-grants/{}", grant["id"].as_str().unwrap());
        assert_eq!(nodes.api(node).call(Method::DELETE, &path, None).await.status, 204);
        for other in 0..nodes.len() {
            let gone = async || job.ask(&nodes.api(other)).await.unwrap().status == 403;
            until(Duration::from_secs(1), &format!("node {other} goes by what is deleted"), gone).await;
        }
    }
}

/// Those asked of one node, in their order.
fn of(asked: &[Asked], node: usize) -> Vec<Asked> {
    let mut of: Vec<_> = asked.iter().filter(|asked| asked.node == node).copied().collect();
    of.sort_unstable_by_key(|asked| asked.begun);
    of
}

/// A node issued tokens until what it knew was `most` old, and none after; it knew the newest until `lost`. When the
/// database is there `again`, it goes on. What it took, from `lost` and from `again`.
fn assert_held_to(asked: &[Asked], most: Duration, lost: Instant, again: Instant) -> (Duration, Duration) {
    let refused: Vec<_> = asked.iter().filter(|asked| asked.status == Some(503)).collect();
    let strange = asked.iter().find(|asked| !matches!(asked.status, Some(200 | 503)));
    assert!(strange.is_none(), "{strange:?}");
    let first = refused.first().unwrap();
    assert!(first.ended > lost && refused.len() > 1);
    // What it knew when the database was lost was as old as it is between two questions, and somewhat older on a busy
    // machine.
    let began = first.ended - lost;
    assert!(began + 2 * INTERVAL > most, "refused already {began:?} after");
    let late = asked.iter().rfind(|asked| asked.status == Some(200) && asked.begun < again).unwrap();
    let late = late.begun.saturating_duration_since(lost);
    assert!(late < most + Duration::from_millis(100), "a token {late:?} after");
    let issued = asked.iter().find(|asked| asked.status == Some(200) && asked.begun > again);
    let took = issued.unwrap().ended - again;
    assert!(asked.last().unwrap().status == Some(200), "it does not go on");
    (began, took)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn the_database_starts_again_and_no_token_is_refused_meanwhile() {
    let _alone = MEASURING.lock().await;
    // What it has said to be kept has to be there when it starts again.
    let cluster = Cluster::start(Durability::Disk);
    let nodes = Arc::new(Nodes::start(&cluster, [&[], &[], &[]]).await);
    let job = nodes.job("steady").await;
    let load = Load::begin(&nodes, &job);
    let stopped = Arc::new(AtomicBool::new(false));
    let writers: JoinSet<Made> =
        (0..nodes.len()).map(|node| write(Arc::clone(&nodes), node, node, Arc::clone(&stopped))).collect();
    for away in [1, 4] {
        tokio::time::sleep(Duration::from_secs(2)).await;
        tokio::task::block_in_place(|| cluster.stop()).unwrap();
        tokio::time::sleep(Duration::from_secs(away)).await;
        tokio::task::block_in_place(|| cluster.start_again()).unwrap();
        let there = Instant::now();
        for node in 0..nodes.len() {
            until_written(&nodes, node, &format!("again-{away}-{node}")).await;
        }
        println!(
            "away for {away} s; all nodes take writes {:.2} s after it is there",
            there.elapsed().as_secs_f64()
        );
    }
    stopped.store(true, Ordering::SeqCst);
    let made: Made = writers.join_all().await.concat();
    assert_all_see_one_another(&nodes, "seen").await;
    let asked = load.end().await;
    let slowest = assert_all_issued(&asked, &[0, 1, 2]);

    let there = nodes.api(1).list("/api/v2/organizations", "organizations").await;
    let count = |name: &str| there.iter().filter(|found| found["name"] == *name).count();
    for (name, status) in &made {
        assert!(
            count(name) == 1 || (count(name) == 0 && *status == 503),
            "{name}, {status}: {}",
            count(name)
        );
    }
    let refused = made.iter().filter(|(_, status)| *status == 503).count();
    println!(
        "{} tokens, all issued, the slowest in {} ms; {} writes, of which {refused} were refused for now",
        asked.len(),
        slowest.as_millis(),
        made.len()
    );
    assert!(refused > 0 && made.len() > 20, "{refused} of {} writes were refused", made.len());
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn the_database_stands_still_and_each_node_goes_on_as_long_as_its_ceiling_says() {
    let _alone = MEASURING.lock().await;
    let cluster = Cluster::start(Durability::Nothing);
    let nodes = Arc::new(Nodes::start(&cluster, [&[], CEILING_FLAG, &["--staleness-ceiling", "0"]]).await);
    let job = nodes.job("steady").await;
    for node in 0..nodes.len() {
        nodes.until_issued(node, &job, SOON).await;
    }
    let load = Load::begin(&nodes, &job);
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.pause().unwrap();
    let lost = Instant::now();
    tokio::time::sleep(Duration::from_secs(CEILING + 3)).await;
    // A write is refused after a while, and a node that issues nothing says when to come again.
    let answer = job.ask(&nodes.api(1)).await.unwrap();
    assert_made_or_refused_for_now(&answer);
    assert_eq!(answer.status, 503);
    cluster.resume().unwrap();
    let again = Instant::now();
    for node in 0..nodes.len() {
        nodes.until_issued(node, &job, SOON).await;
        until_written(&nodes, node, &format!("again-{node}")).await;
    }
    assert_all_see_one_another(&nodes, "seen").await;
    let asked = load.end().await;
    let slowest = assert_all_issued(&asked, &[0]);
    let usual = assert_held_to(&of(&asked, 1), Duration::from_secs(CEILING), lost, again);
    // Without a ceiling, a database that says nothing has failed to answer when what is known is two seconds old.
    let zero = assert_held_to(&of(&asked, 2), Duration::from_secs(2), lost, again);
    println!(
        "{} tokens, the slowest at the node that goes on in {} ms; with a ceiling of {CEILING} s refused from {:.2} s on \
         and issued {:.2} s after the end; with 0 from {:.2} s on, and {:.2} s",
        asked.len(),
        slowest.as_millis(),
        usual.0.as_secs_f64(),
        usual.1.as_secs_f64(),
        zero.0.as_secs_f64(),
        zero.1.as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn a_node_that_cannot_reach_the_database_stops_at_its_ceiling_and_catches_up() {
    let _alone = MEASURING.lock().await;
    let database = DATABASES.database();
    let network = Network::to(DATABASES.port()).unwrap();
    let far = database.replace(&format!(":{}/", DATABASES.port()), &format!(":{}/", network.port()));
    let with_ceiling = |url: &str| (url.to_owned(), CEILING_FLAG);
    let arguments = [with_ceiling(&database), with_ceiling(&far), with_ceiling(&database)];
    let nodes = Arc::new(Nodes::start_at(&database, &arguments).await);
    let job = nodes.job("steady").await;
    let taken = nodes.job("taken").await;
    let given = nodes.job_without_grant("given").await;
    let api = nodes.api(0);
    let grants = api.list("/api/v2/client-grants", "client_grants").await;
    let grant = grants.iter().find(|grant| grant["audience"] == taken.audience).unwrap();
    for node in 0..nodes.len() {
        nodes.until_issued(node, &taken, SOON).await;
    }
    let load = Load::begin(&nodes, &job);
    tokio::time::sleep(Duration::from_secs(1)).await;
    network.cut();
    let lost = Instant::now();
    // What changes meanwhile.
    let path = format!("/api/v2/client-grants/{}", grant["id"].as_str().unwrap());
    assert_eq!(api.call(Method::DELETE, &path, None).await.status, 204);
    api.create("/api/v2/client-grants", given.grant()).await;
    until_written(&nodes, 2, "meanwhile").await;
    // By what the node knows the grant is there, up to the ceiling.
    assert_eq!(taken.ask(&nodes.api(1)).await.unwrap().status, 200);
    tokio::time::sleep(Duration::from_secs(CEILING + 3)).await;
    let body = json!({"name": "cut-off"});
    let answer = nodes.api(1).call(Method::POST, "/api/v2/organizations", Some(&body)).await;
    assert_eq!(answer.status, 503);
    assert_made_or_refused_for_now(&answer);
    network.mend();
    let again = Instant::now();
    nodes.until_issued(1, &job, SOON).await;
    // From the first token on, the node goes by what changed.
    assert_eq!(taken.ask(&nodes.api(1)).await.unwrap().status, 403);
    assert_eq!(given.ask(&nodes.api(1)).await.unwrap().status, 200);
    until_written(&nodes, 1, "mended").await;
    assert_all_see_one_another(&nodes, "seen").await;
    let asked = load.end().await;
    let slowest = assert_all_issued(&asked, &[0, 2]);
    let (stopped, took) = assert_held_to(&of(&asked, 1), Duration::from_secs(CEILING), lost, again);
    println!(
        "{} tokens, the slowest at the others in {} ms; the node that was cut off refused from {:.2} s on, and issued \
         {:.2} s after the end",
        asked.len(),
        slowest.as_millis(),
        stopped.as_secs_f64(),
        took.as_secs_f64()
    );
}

/// The database goes on waiting for the node, with what the node has locked, until it gives up the transaction.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn a_node_that_is_cut_off_in_the_middle_of_a_write_does_not_hold_up_the_others_for_long() {
    const PATIENCE: Duration = Duration::from_secs(15);
    let _alone = MEASURING.lock().await;
    let database = DATABASES.database();
    let network = Network::to(DATABASES.port()).unwrap();
    let far = database.replace(&format!(":{}/", DATABASES.port()), &format!(":{}/", network.port()));
    let arguments: [(String, &[&str]); 2] = [(database.clone(), &[]), (far, &[])];
    let nodes = Arc::new(Nodes::start_at(&database, &arguments).await);
    let job = nodes.job("steady").await;
    let load = Load::begin(&nodes, &job);
    let stopped = Arc::new(AtomicBool::new(false));
    let writers: JoinSet<Made> =
        (0..4).map(|writer| write(Arc::clone(&nodes), 1, writer, Arc::clone(&stopped))).collect();
    // Again until the node has just locked what all writes lock.
    let unlocked = "SELECT count(*) FROM (SELECT FROM revision FOR UPDATE SKIP LOCKED) AS free";
    let name = database.rsplit('/').next().unwrap();
    let caught = async || {
        network.cut();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let caught = DATABASES.sql(name, unlocked).trim() == "0";
        if !caught {
            network.mend();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        caught
    };
    until(Duration::from_secs(30), "the node is never caught in the middle", caught).await;
    let lost = Instant::now();
    until(PATIENCE + SOON, "the others are held up", async || {
        let body = json!({"name": format!("meanwhile-{}", lost.elapsed().as_millis())});
        let answer = nodes.api(0).call(Method::POST, "/api/v2/organizations", Some(&body)).await;
        assert_made_or_refused_for_now(&answer);
        answer.status == 201
    })
    .await;
    let held_up = lost.elapsed();
    assert!(held_up < PATIENCE + Duration::from_secs(6), "{held_up:?}");
    network.mend();
    stopped.store(true, Ordering::SeqCst);
    let made: Made = writers.join_all().await.concat();
    until_written(&nodes, 1, "mended").await;
    assert_all_see_one_another(&nodes, "seen").await;
    let slowest = assert_all_issued(&load.end().await, &[0, 1]);
    let there = nodes.api(0).list("/api/v2/organizations", "organizations").await;
    for (name, _) in made.iter().filter(|(_, status)| *status == 201) {
        assert_eq!(there.iter().filter(|found| found["name"] == **name).count(), 1, "{name}");
    }
    println!(
        "held up for {:.2} s; the slowest token in {} ms; {} writes at the node that was cut off, all of the \
         acknowledged ones there",
        held_up.as_secs_f64(),
        slowest.as_millis(),
        made.len()
    );
}
