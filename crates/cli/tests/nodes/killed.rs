//! kill -9 of one node after another, under load: the others go on, nothing that was acknowledged is lost or there
//! twice, and no grant that was deleted gives tokens for long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bed::{DATABASES, Job, MEASURING, Nodes, is_long, seed};
use crate::load::{Load, assert_all_issued};
use crate::random::Random;

const WRITERS: usize = 3;
const APIS: u64 = 16;
/// Nothing is written at the last node: it hears of what happens at the others, and of nothing by its own doing.
const WRITTEN_AT: std::ops::Range<usize> = 0..2;
/// Between two kills.
const PERIOD: Duration = Duration::from_secs(2);
/// Within which every node knows that a grant is deleted.
const KNOWN: Duration = Duration::from_secs(1);
const GRANTS: &str = "/api/v2/client-grants";

/// What became of a grant of a client and an API.
#[derive(Clone, Debug)]
enum Fate {
    /// It was acknowledged, with this id.
    There(String),
    /// It was acknowledged that there is one.
    SomeId,
    /// Its deletion was acknowledged.
    Gone,
    /// The last write was not answered.
    Unknown,
}

type Pair = (String, String);

#[derive(Default)]
struct Figures {
    acknowledged: AtomicUsize,
    unanswered: AtomicUsize,
    asked_again: AtomicUsize,
    unavailable: AtomicUsize,
    deletions: AtomicUsize,
    /// The latest moment after a deletion's acknowledgement, in µs, at which a token was asked for and issued.
    late: AtomicU64,
}

struct Run {
    nodes: Arc<Nodes>,
    stopped: AtomicBool,
    figures: Figures,
}

fn audience(number: u64) -> String {
    format!("https://api-{number}")
}

impl Run {
    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::SeqCst)
    }

    /// One write at a living node that is written at. None: there was no answer, or it was 503.
    async fn write(
        &self,
        random: &mut Random,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        let mut nodes = self.nodes.living();
        nodes.retain(|node| WRITTEN_AT.contains(node));
        let node = *random.one_of(&nodes)?;
        let life = self.nodes.node(node).life();
        let Ok(answer) = self.nodes.api(node).try_call(method, path, body).await else {
            assert_ne!(self.nodes.node(node).life(), life, "a living node broke a connection");
            self.figures.unanswered.fetch_add(1, Ordering::SeqCst);
            return None;
        };
        if answer.status == 503 {
            self.figures.unavailable.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        self.figures.acknowledged.fetch_add(1, Ordering::SeqCst);
        Some((answer.status, answer.body))
    }

    async fn new_client(&self, random: &mut Random, name: &str) -> Value {
        let body = json!({"name": name, "grant_types": ["client_credentials"]});
        loop {
            if let Some((status, client)) =
                self.write(random, Method::POST, "/api/v2/clients", Some(&body)).await
            {
                assert_eq!(status, 201, "{client}");
                return client;
            }
        }
    }

    /// Makes and deletes grants, each for a pair that never had one.
    async fn work(self: Arc<Self>, writer: usize, mut random: Random) -> BTreeMap<Pair, Fate> {
        let mut fates = BTreeMap::new();
        for round in 0.. {
            let client = self.new_client(&mut random, &format!("job-{writer}-{round}")).await;
            for number in 0..APIS {
                if !self.goes_on() {
                    return fates;
                }
                let job = Job { client: client.clone(), audience: audience(number).into() };
                let pair = (client["client_id"].as_str().unwrap().to_owned(), audience(number));
                let mut fate = self.make(&mut random, &job).await;
                if let Fate::There(id) = &fate
                    && random.below(2) == 0
                {
                    fate = self.delete(&mut random, id).await;
                }
                fates.insert(pair, fate);
            }
        }
        fates
    }

    async fn make(&self, random: &mut Random, job: &Job) -> Fate {
        let body = job.grant();
        let mut asked_before = false;
        loop {
            match self.write(random, Method::POST, GRANTS, Some(&body)).await {
                Some((201, grant)) => return Fate::There(grant["id"].as_str().unwrap().to_owned()),
                Some((409, _)) if asked_before => return Fate::SomeId,
                Some((status, answer)) => panic!("{status}: {answer}"),
                // Half of those who are not answered ask again, elsewhere.
                None if random.below(2) == 0 => return Fate::Unknown,
                None => {
                    self.figures.asked_again.fetch_add(1, Ordering::SeqCst);
                    asked_before = true;
                }
            }
        }
    }

    async fn delete(&self, random: &mut Random, id: &str) -> Fate {
        let path = format!("{GRANTS}/{id}");
        loop {
            match self.write(random, Method::DELETE, &path, None).await {
                Some((204, _)) => return Fate::Gone,
                Some((status, answer)) => panic!("{status}: {answer}"),
                None if random.below(2) == 0 => return Fate::Unknown,
                None => _ = self.figures.asked_again.fetch_add(1, Ordering::SeqCst),
            }
        }
    }

    /// Makes a grant, uses it at all nodes, deletes it, and asks each node for tokens until it refuses. A refusal makes a
    /// node ask the database, so none is asked for twice.
    async fn delete_and_ask(self: Arc<Self>, mut random: Random) {
        let client = self.new_client(&mut random, "deleted").await;
        let job = Job { client, audience: audience(0).into() };
        while self.goes_on() {
            let Fate::There(id) = self.make(&mut random, &job).await else {
                // Nobody knows whether there is one, so it goes on with another client.
                return Box::pin(self.delete_and_ask(random)).await;
            };
            for number in 0..self.nodes.len() {
                // What was acknowledged counts at every node at once.
                assert!(matches!(self.ask_at(number, &job).await, None | Some(200)), "node {number}");
            }
            if !matches!(self.delete(&mut random, &id).await, Fate::Gone) {
                return Box::pin(self.delete_and_ask(random)).await;
            }
            let acknowledged = Instant::now();
            self.figures.deletions.fetch_add(1, Ordering::SeqCst);
            let mut asked = self.nodes.living();
            while !asked.is_empty() {
                for number in std::mem::take(&mut asked) {
                    let after = acknowledged.elapsed();
                    match self.ask_at(number, &job).await {
                        Some(200) => {
                            assert!(
                                after < KNOWN,
                                "node {number} issued a token {after:?} after the deletion"
                            );
                            let after = u64::try_from(after.as_micros()).unwrap();
                            self.figures.late.fetch_max(after, Ordering::SeqCst);
                            asked.push(number);
                        }
                        None => {}
                        status => {
                            assert_eq!(status, Some(403), "node {number}, {after:?} after the deletion");
                        }
                    }
                }
            }
        }
    }

    /// The status of a request for a token; none if the node did not live all the time.
    async fn ask_at(&self, number: usize, job: &Job) -> Option<u16> {
        let node = self.nodes.node(number);
        let life = node.life()?;
        let answer = job.ask(&self.nodes.api(number)).await;
        (node.life() == Some(life)).then(|| answer.unwrap().status)
    }
}

/// Compares the grants that are there, but for those of some other clients, with what was acknowledged. How many unanswered writes left one.
fn compare(there: &[Value], fates: &BTreeMap<Pair, Fate>, others: &[String]) -> usize {
    let mut found: BTreeMap<Pair, String> = BTreeMap::new();
    for grant in there.iter().filter(|grant| grant["audience"].as_str().unwrap().starts_with("https://api-"))
    {
        let text = |name: &str| grant[name].as_str().unwrap().to_owned();
        let pair = (text("client_id"), text("audience"));
        if others.contains(&pair.0) {
            continue;
        }
        assert!(fates.contains_key(&pair), "nobody made {grant}");
        assert!(found.insert(pair, text("id")).is_none(), "there are two of {grant}");
    }
    let mut unanswered = 0;
    for (pair, fate) in fates {
        match (fate, found.get(pair)) {
            (Fate::There(id), found) => assert_eq!(found, Some(id), "{pair:?} was acknowledged"),
            (Fate::SomeId, found) => assert!(found.is_some(), "{pair:?} was acknowledged"),
            (Fate::Gone, found) => assert_eq!(found, None, "the deletion of {pair:?} was acknowledged"),
            (Fate::Unknown, found) => unanswered += usize::from(found.is_some()),
        }
    }
    unanswered
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the seed repeats a failure, the figures are for the record")]
async fn one_node_after_another_is_killed_and_nothing_acknowledged_is_lost() {
    let _alone = MEASURING.lock().await;
    let (length, seed) = (Duration::from_secs(if is_long() { 60 } else { 20 }), seed());
    println!("seed {seed}, {} s", length.as_secs());
    let mut random = Random::new(seed);
    let nodes = Arc::new(Nodes::start(&DATABASES, [&[], &[], &[]]).await);
    let job = nodes.job("steady").await;
    for number in 0..APIS {
        let api = json!({"identifier": audience(number), "signing_alg": "HS256"});
        nodes.api(0).create("/api/v2/resource-servers", api).await;
    }
    let figures = Figures::default();
    let run = Arc::new(Run { nodes: Arc::clone(&nodes), stopped: AtomicBool::new(false), figures });
    let load = Load::begin(&nodes, &job);
    let writers: JoinSet<_> =
        (0..WRITERS).map(|writer| Arc::clone(&run).work(writer, random.split())).collect();
    let deleting = tokio::spawn(Arc::clone(&run).delete_and_ask(random.split()));

    let (begun, mut kills) = (Instant::now(), 0);
    while begun.elapsed() < length {
        let killing = Instant::now();
        nodes.node(kills % nodes.len()).kill();
        tokio::time::sleep(PERIOD / 4).await;
        nodes.node(kills % nodes.len()).start();
        kills += 1;
        tokio::time::sleep(PERIOD.saturating_sub(killing.elapsed())).await;
    }
    run.stopped.store(true, Ordering::SeqCst);
    let fates: BTreeMap<Pair, Fate> = writers.join_all().await.into_iter().flatten().collect();
    deleting.await.unwrap();
    let asked = load.end().await;
    let slowest = assert_all_issued(&asked, &[0, 1, 2]);
    let there = nodes.api(0).list(GRANTS, "client_grants").await;
    let clients = nodes.api(0).list("/api/v2/clients", "clients").await;
    let others = clients.iter().filter(|client| client["name"] == "deleted");
    let others: Vec<String> = others.map(|client| client["client_id"].as_str().unwrap().to_owned()).collect();
    let kept = compare(&there, &fates, &others);
    let figure = |figure: &AtomicUsize| figure.load(Ordering::SeqCst);
    println!(
        "{kills} kills in {:.1} s: {} tokens, all issued, the slowest in {} ms; {} acknowledged writes, {} unanswered, {} \
         refused as unavailable, {} asked again; {} pairs, {kept} grants kept of unanswered writes; {} deletions asked \
         for, the last token {:.1} ms after one",
        begun.elapsed().as_secs_f64(),
        asked.len(),
        slowest.as_millis(),
        figure(&run.figures.acknowledged),
        figure(&run.figures.unanswered),
        figure(&run.figures.unavailable),
        figure(&run.figures.asked_again),
        fates.len(),
        figure(&run.figures.deletions),
        Duration::from_micros(run.figures.late.load(Ordering::SeqCst)).as_secs_f64() * 1_000.0,
    );
    assert!(figure(&run.figures.acknowledged) > 10 * kills, "there was no load");
    assert!(figure(&run.figures.deletions) > kills, "nothing was deleted");
}
