//! `grantd-bench nodes`: several servers on one PostgreSQL. What a deployment of so many clients costs to start and to
//! hold, how long a change takes until it is in force on another node, and how many tokens one, two and three nodes issue.
//! All nodes have one core together, and the load the other.
//!
//! The database is the machine's own PostgreSQL, durable as it ships, on the core of the load.

use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use grantd_store::{PostgresOptions, PostgresStore, Store};
use grantd_testbed::{Cluster, Durability};
use serde::Serialize;

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::{text, verified_answer};
use crate::connection::Connection;
use crate::fill::{APIS, Size, audience};
use crate::grantd::Grantd;
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::multitude::Template;
use crate::process::Server;
use crate::report::{megabytes, show};
use crate::spread::Spread;

/// The flags of `grantd-bench nodes`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients there are, each with one grant, one deployment after another.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000])]
    clients: Vec<u32>,
    /// How many changes are timed with each.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    changes: u32,
    /// Most nodes that issue tokens at a time.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    nodes: u32,
    /// Seconds that each number of nodes is measured for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Clients that the Management API makes.
const MADE: usize = 1_000;
/// Starts that are timed.
const STARTS: usize = 3;
/// Connections to each node.
const CONNECTIONS: usize = 16;
const WARM_UP: Duration = Duration::from_secs(2);
const ALGORITHM: Algorithm = Algorithm::Rs256;

#[derive(Serialize)]
struct Report {
    machine: Machine,
    deployments: Vec<Deployment>,
    tokens: Vec<Tokens>,
}

/// A deployment of so many clients with one grant each.
#[derive(Serialize)]
struct Deployment {
    clients: usize,
    /// From the start of the process until it is ready.
    start_ms: Spread,
    /// What a node holds in memory then.
    resident_mb: f64,
    /// The same for each client with its grant, beyond what a node holds that has none.
    bytes_per_grant: f64,
    /// From the answer to a deletion until another node refuses, median and the slowest of a hundred.
    in_force_ms: Spread,
    in_force_p99_ms: f64,
}

/// What so many nodes issue together.
#[derive(Serialize)]
struct Tokens {
    nodes: usize,
    per_second: f64,
    /// CPU time of the nodes for each.
    cpu_us: f64,
}

/// Several servers on one database.
struct Nodes {
    each: Vec<Grantd>,
    database: String,
    /// What the first of them has in memory without clients, in bytes.
    empty: u64,
}

impl Nodes {
    fn new(cluster: &Cluster, number: u32) -> Outcome<Self> {
        let database = cluster.database();
        let flags =
            ["--database", &database, "--issuer", crate::grantd::ISSUER, "--operations-listen", "off"];
        let flags: Vec<String> = flags.map(str::to_owned).into();
        let nodes = (0..number).map(|_| Ok(Grantd::new(&[])?.with_flags(flags.clone())));
        let nodes: Vec<Grantd> = nodes.collect::<Outcome<_>>()?;
        let (first, others) = nodes.split_first().ok_or("there are no nodes")?;
        first.start()?.stop()?;
        for node in others {
            fs::copy(first.data().join("key-encryption-key"), node.data().join("key-encryption-key"))?;
        }
        let server = first.start()?;
        let empty = server.memory()?.resident;
        server.stop()?;
        Ok(Self { each: nodes, database, empty })
    }

    fn first(&self) -> Outcome<&Grantd> {
        Ok(self.each.first().ok_or("there are no nodes")?)
    }

    fn start(&self, number: usize) -> Outcome<Vec<Server>> {
        self.each.iter().take(number).map(Grantd::start).collect()
    }

    /// The first clients are made through the Management API, those beyond are copies.
    async fn fill(&self, clients: u32) -> Outcome<Rc<[Caller]>> {
        let clients = usize::try_from(clients)?;
        let made = clients.min(MADE);
        let size = Size { clients: made, grants_per_client: 1, algorithm: ALGORITHM };
        let server = self.first()?.start()?;
        let data = self.first()?.data();
        let mut administrator = Administrator::log_in(server.address, data).await?;
        let mut callers = size.fill(administrator.again().await?).await?;
        if clients > made {
            let client = administrator.client("Template", serde_json::Value::Null).await?;
            let id = text(&client, "client_id")?;
            let grant = text(&administrator.grant(&id, &audience(0)).await?, "id")?;
            let key = self.first()?.key()?;
            let store = PostgresStore::open(&PostgresOptions::parse(&self.database)?, key).await?;
            let template = Template::read(&store, &id, &grant).await?;
            callers
                .extend(template.multiply(&store, clients - made, |number| audience(number % APIS)).await?);
            store.close().await;
        }
        server.stop()?;
        Ok(callers.into())
    }

    async fn measure(&self, clients: usize, changes: u32) -> Outcome<Deployment> {
        let mut starts = Vec::new();
        let mut resident = 0;
        for _ in 0..STARTS {
            let server = self.first()?.start()?;
            starts.push(server.start.as_secs_f64() * 1e3);
            resident = server.memory()?.resident;
            server.stop()?;
        }
        let mut times = self.changes(changes).await?;
        times.sort_unstable_by(f64::total_cmp);
        let last = times.len() * 99 / 100;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let bytes_per_grant = resident.saturating_sub(self.empty) as f64 / clients as f64;
        Ok(Deployment {
            clients,
            start_ms: Spread::of(starts.into_iter()),
            resident_mb: megabytes(resident),
            bytes_per_grant,
            in_force_p99_ms: times.get(last).copied().unwrap_or_default(),
            in_force_ms: Spread::of(times.into_iter()),
        })
    }

    /// Deletes a grant at one node, again and again, and asks the other until it refuses: milliseconds after the answer.
    async fn changes(&self, number: u32) -> Outcome<Vec<f64>> {
        let servers = self.start(2)?;
        let [one, other] = servers.as_slice() else { return Err("it takes two nodes".into()) };
        let mut administrator = Administrator::log_in(one.address, self.first()?.data()).await?;
        let audience = "https://changing.example.com/";
        administrator.resource_server(audience, ALGORITHM, serde_json::Value::Null).await?;
        let client = administrator.client("Changing", serde_json::Value::Null).await?;
        let (id, secret) = (text(&client, "client_id")?, text(&client, "client_secret")?);
        let caller = Caller::with_secret(&id, &secret, audience);
        let mut asking = Connection::open(other.address).await?;
        let mut times = Vec::new();
        for _ in 0..number {
            let grant = administrator.grant(&id, audience).await?;
            asking.token(caller.request()?).await?;
            administrator.delete(&format!("/api/v2/client-grants/{}", text(&grant, "id")?)).await?;
            let answered = Instant::now();
            while asking.token(caller.request()?).await.is_ok() {}
            times.push(answered.elapsed().as_secs_f64() * 1e3);
        }
        administrator.delete(&format!("/api/v2/clients/{id}")).await?;
        for server in servers {
            server.stop()?;
        }
        Ok(times)
    }

    async fn tokens(&self, number: usize, seconds: u64, callers: &Rc<[Caller]>) -> Outcome<Tokens> {
        let servers = self.start(number)?;
        let load =
            Load { connections: CONNECTIONS, warm_up: WARM_UP, measured: Duration::from_secs(seconds) };
        let hits = servers.iter().map(|server| load.hit(server, callers));
        let (mut tokens, mut cpu, mut elapsed) = (0, Duration::ZERO, Duration::ZERO);
        for window in futures_util::future::join_all(hits).await {
            let window = window?;
            tokens += window.tokens;
            cpu += window.cpu;
            elapsed = elapsed.max(window.elapsed);
        }
        for server in servers {
            verified_answer(&server, callers, ALGORITHM).await?;
            server.stop()?;
        }
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let tokens = tokens as f64;
        Ok(Tokens {
            nodes: number,
            per_second: tokens / elapsed.as_secs_f64(),
            cpu_us: cpu.as_secs_f64() * 1e6 / tokens,
        })
    }
}

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    // What is started from here shares the load's core: PostgreSQL too.
    machine::pin_load()?;
    let cluster = Cluster::start(Durability::Disk);
    let mut report = Report { machine: Machine::read()?, deployments: Vec::new(), tokens: Vec::new() };
    let number = options.nodes.max(2);
    let mut last = None;
    for clients in &options.clients {
        let nodes = Nodes::new(&cluster, number)?;
        let callers = nodes.fill(*clients).await?;
        report.deployments.push(nodes.measure(callers.len(), options.changes).await?);
        last = Some((nodes, callers));
    }
    let (nodes, callers) = last.ok_or("there is no number of clients")?;
    for number in 1..=usize::try_from(options.nodes)? {
        let tokens = nodes.tokens(number, options.seconds, &callers).await?;
        eprintln!("{number} nodes: {:.0} tokens a second", tokens.per_second);
        report.tokens.push(tokens);
    }
    show(&report, options.json, Report::print)
}

impl Report {
    fn print(&self) {
        println!("\n{}", self.machine);
        println!("PostgreSQL on core 1; {}", ALGORITHM.as_str());
        let head =
            ["clients", "ready after (ms)", "resident (MB)", "bytes each", "in force (ms)", "p99 (ms)"];
        let [clients, start, resident, bytes, in_force, p99] = head;
        println!("\n{clients:>9} {start:>26} {resident:>14} {bytes:>12} {in_force:>22} {p99:>9}");
        for of in &self.deployments {
            println!(
                "{:>9} {:>26} {:>14.1} {:>12.0} {:>22} {:>9.1}",
                of.clients,
                of.start_ms.shown(0),
                of.resident_mb,
                of.bytes_per_grant,
                of.in_force_ms.shown(1),
                of.in_force_p99_ms,
            );
        }
        println!("\n{:>9} {:>16} {:>16}", "nodes", "tokens/s", "CPU µs/token");
        for of in &self.tokens {
            println!("{:>9} {:>16.0} {:>16.1}", of.nodes, of.per_second, of.cpu_us);
        }
    }
}
