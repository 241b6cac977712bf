//! Nodes on a database of their own, each with a data folder of its own and all with the same key.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use grantd_testbed::{Cluster, Durability, set_clock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::support::api::{Answer, Api, admin, client};
use crate::support::{Place, Server};

/// Who issues the tokens, whatever node they are asked of.
pub const ISSUER: &str = "https://grantd.test/";

/// For the tests that leave it alone.
pub static DATABASES: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Nothing));

/// Tests that measure do so one after another: the machine is one.
pub static MEASURING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A node, which runs or does not.
pub struct Node {
    place: Place,
    arguments: Vec<String>,
    /// By how many seconds its clock is ahead.
    ahead: i64,
    running: Mutex<Option<Server>>,
    base: RwLock<String>,
    /// How often it was started and ended. Odd: it runs.
    life: AtomicU64,
}

/// The nodes, and what an administrator asks them with.
pub struct Nodes {
    pub database: String,
    each: Vec<Node>,
    api: Api,
}

/// A client with a grant: whose tokens are asked for.
#[derive(Clone)]
pub struct Job {
    pub client: Value,
    pub audience: Value,
}

impl Node {
    /// A node that was never started, on the database of this URL.
    pub fn new(database: &str, arguments: &[&str]) -> Self {
        let usual = ["--plain-http", "--issuer", ISSUER, "--database", database];
        Self {
            place: Place::new(),
            arguments: usual.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect(),
            ahead: 0,
            running: Mutex::default(),
            base: RwLock::default(),
            life: AtomicU64::new(0),
        }
    }

    /// The same with a clock that is so many seconds ahead, or behind.
    pub fn with_clock(self, ahead: i64) -> Self {
        Self { ahead, ..self }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.place.data()
    }

    /// What starts it.
    pub fn command(&self) -> Command {
        let mut command = self.place.serve(&self.arguments.iter().map(String::as_str).collect::<Vec<_>>());
        if self.ahead != 0 {
            set_clock(&mut command, self.ahead);
        }
        command
    }

    /// Gives it the key that opens the secrets of its database.
    pub fn give_key(&self, key: &[u8]) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(self.data()).unwrap();
        let file = self.data().join("key-encryption-key");
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(file).unwrap();
        std::io::Write::write_all(&mut file, key).unwrap();
    }

    /// The key that it has.
    pub fn key(&self) -> Vec<u8> {
        fs::read(self.data().join("key-encryption-key")).unwrap()
    }

    /// Starts it, and waits until it serves.
    pub fn start(&self) {
        let server = block_in_place(|| Server::start(self.command()));
        self.runs(server.unwrap_or_else(|ended| panic!("{ended:?}")));
    }

    /// It was started, and serves.
    pub fn runs(&self, server: Server) {
        // The name leads to two addresses, and nobody listens on one of them.
        *self.base.write().unwrap() = server.base.replace("localhost", "127.0.0.1");
        *self.running.lock().unwrap() = Some(server);
        self.life.fetch_add(1, Ordering::SeqCst);
    }

    /// Kills it (kill -9).
    pub fn kill(&self) {
        // What is asked from here on is not asked of a living node.
        self.life.fetch_add(1, Ordering::SeqCst);
        self.running.lock().unwrap().take().unwrap().kill();
    }

    /// Which of its lives this is; none between two.
    pub fn life(&self) -> Option<u64> {
        let life = self.life.load(Ordering::SeqCst);
        (life % 2 == 1).then_some(life)
    }

    /// Where it is, or was.
    pub fn base(&self) -> String {
        self.base.read().unwrap().clone()
    }
}

impl Nodes {
    /// As many nodes as there are lists of arguments, on a new database of this server.
    pub async fn start<const N: usize>(cluster: &Cluster, arguments: [&[&str]; N]) -> Self {
        let database = cluster.database();
        let nodes: Vec<(String, &[&str])> = arguments.map(|more| (database.clone(), more)).into();
        Self::start_at(&database, &nodes).await
    }

    /// Nodes that reach the database each by a URL of its own.
    pub async fn start_at(database: &str, nodes: &[(String, &[&str])]) -> Self {
        let nodes = nodes.iter().map(|(url, arguments)| Node::new(url, arguments)).collect();
        Self::begin(database, nodes).await
    }

    /// Starts nodes that were never started, on an empty database.
    pub async fn begin(database: &str, nodes: Vec<Node>) -> Self {
        nodes[0].start();
        for node in &nodes[1..] {
            node.give_key(&nodes[0].key());
            node.start();
        }
        Self::of(database, nodes).await
    }

    /// Nodes that run. One of them has made the database.
    pub async fn of(database: &str, nodes: Vec<Node>) -> Self {
        let maker = nodes.iter().find(|node| node.data().join("admin.json").exists()).unwrap();
        let http = client().timeout(Duration::from_secs(30)).build().unwrap();
        let api = Api::open_with(http, &maker.base(), &admin(&maker.data())).await;
        Self { database: database.to_owned(), each: nodes, api }
    }

    pub fn len(&self) -> usize {
        self.each.len()
    }

    pub fn node(&self, number: usize) -> &Node {
        &self.each[number]
    }

    /// The numbers of those that run.
    pub fn living(&self) -> Vec<usize> {
        (0..self.len()).filter(|number| self.each[*number].life().is_some()).collect()
    }

    /// Asking a node.
    pub fn api(&self, number: usize) -> Api {
        self.api.at(&self.each[number].base())
    }

    /// A client, an API whose signatures cost little, and the grant.
    pub async fn job(&self, name: &str) -> Job {
        let job = self.job_without_grant(name).await;
        self.api(0).create("/api/v2/client-grants", job.grant()).await;
        job
    }

    pub async fn job_without_grant(&self, name: &str) -> Job {
        let audience = format!("https://{name}");
        let api = json!({"identifier": audience, "signing_alg": "HS256"});
        self.api(0).create("/api/v2/resource-servers", api).await;
        let client = json!({"name": name, "grant_types": ["client_credentials"]});
        let client = self.api(0).create("/api/v2/clients", client).await;
        Job { client, audience: audience.into() }
    }

    /// Waits until a node gives the job a token.
    pub async fn until_issued(&self, number: usize, job: &Job, within: Duration) {
        let issued = async || matches!(job.ask(&self.api(number)).await, Ok(answer) if answer.status == 200);
        until(within, &format!("node {number} gives no token"), issued).await;
    }
}

impl Job {
    /// What makes its grant.
    pub fn grant(&self) -> Value {
        json!({"client_id": self.client["client_id"], "audience": self.audience, "scope": []})
    }

    /// Asks for a token.
    pub async fn ask(&self, api: &Api) -> Result<Answer, reqwest::Error> {
        let body = json!({
            "grant_type": "client_credentials", "client_id": self.client["client_id"],
            "client_secret": self.client["client_secret"], "audience": self.audience,
        });
        api.try_call(Method::POST, "/oauth/token", Some(&body)).await
    }
}

/// Waits until something holds.
pub async fn until(within: Duration, otherwise: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < within, "{otherwise} within {within:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The system's clock, which the nodes have, too.
#[expect(clippy::disallowed_methods, reason = "the servers under test have the system's clock")]
pub fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// A seed that differs each time, unless one is given.
pub fn seed() -> u64 {
    let given = std::env::var("GRANTD_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| u64::try_from(unix_time().as_millis()).unwrap())
}

/// Whether there is time for a longer run.
pub fn is_long() -> bool {
    std::env::var_os("GRANTD_TEST_LONG").is_some()
}
