//! `grantd-bench management`: the Management API on SQLite. How many grants it makes in a second, each durable before it is
//! answered; and what reading one costs, and a page of a list, where there are very many.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use grantd_store::{SqliteStore, Store};
use serde::Serialize;
use serde_json::Value;
use tokio::task::{JoinSet, LocalSet};

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::check::text;
use crate::fill::{APIS, Size, audience};
use crate::grantd::Grantd;
use crate::machine::{self, Machine};
use crate::multitude::{Template, copied_grant};
use crate::report::show;
use crate::spread::{after, middle};

/// The flags of `grantd-bench management`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients get grants for all 16 APIs, through the Management API.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,
    /// Connections that make grants.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// How many grants there are when they are read.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    grants: u32,
    /// How many of them are read, each by itself.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    reads: u32,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Grants on a page, the most there may be.
const PAGE: usize = 100;
/// Pages that are timed at each depth.
const PAGES: usize = 50;

#[derive(Serialize)]
struct Report {
    machine: Machine,
    connections: u32,
    /// Grants that were made, and how many in a second.
    made: usize,
    made_per_second: f64,
    /// CPU time of the server for each.
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// What there is when it is read.
    grants: u32,
    read_p50_ms: f64,
    read_p99_ms: f64,
    /// The same of a document that is the same for all, and read from nowhere: what the machine takes.
    floor_p50_ms: f64,
    floor_p99_ms: f64,
    /// Milliseconds of a page of 100 by checkpoint, by how much of the list is before it, in per cent.
    pages: Vec<(u32, f64)>,
}

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let grantd = Grantd::new(&[])?;
    let server = grantd.start()?;
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let size = Size { clients: 0, grants_per_client: 0, algorithm: Algorithm::Rs256 };
    size.fill(administrator.again().await?).await?;
    let clients = clients(&administrator, options.clients).await?;
    let before = server.cpu()?;
    let (elapsed, latencies) = make_grants(&administrator, &clients, options.connections).await?;
    let cpu = server.cpu()?.saturating_sub(before);
    let made = f64::from(u32::try_from(latencies.len())?);
    eprintln!("{:.0} grants a second", made / elapsed.as_secs_f64());

    let client = administrator.client("Template", Value::Null).await?;
    let id = text(&client, "client_id")?;
    let grant = text(&administrator.grant(&id, &audience(0)).await?, "id")?;
    server.stop()?;
    let copies = usize::try_from(options.grants)?.saturating_sub(latencies.len());
    multiply(&grantd, (&id, &grant), copies).await?;
    let server = grantd.start()?;
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let grant = |number| format!("/api/v2/client-grants/{}", copied_grant(number * 7_919 % copies.max(1)));
    let reads = read_each(&mut administrator, options.reads, grant).await?;
    let keys = |_| "/.well-known/jwks.json".to_owned();
    let floor = read_each(&mut administrator, options.reads, keys).await?;
    let pages = read_pages(&mut administrator, options.grants).await?;
    server.stop()?;
    let report = Report {
        machine: Machine::read()?,
        connections: options.connections,
        made: latencies.len(),
        made_per_second: made / elapsed.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / made,
        p50_ms: after(&latencies, 500),
        p99_ms: after(&latencies, 990),
        grants: options.grants,
        read_p50_ms: after(&reads, 500),
        read_p99_ms: after(&reads, 990),
        floor_p50_ms: after(&floor, 500),
        floor_p99_ms: after(&floor, 990),
        pages,
    };
    show(&report, options.json, Report::print)
}

async fn clients(administrator: &Administrator, number: u32) -> Outcome<Rc<[String]>> {
    let mut administrator = administrator.again().await?;
    let mut ids = Vec::new();
    for number in 0..number {
        let client = administrator.client(&format!("Service {number}"), Value::Null).await?;
        ids.push(text(&client, "client_id")?);
    }
    Ok(ids.into())
}

/// A grant for every pair of a client and an API, from so many connections: how long all of it took, and each, in order.
async fn make_grants(
    administrator: &Administrator,
    clients: &Rc<[String]>,
    connections: u32,
) -> Outcome<(Duration, Vec<Duration>)> {
    let next = Rc::new(Cell::new(0));
    let latencies = Rc::new(RefCell::new(Vec::with_capacity(clients.len() * APIS)));
    let (mut writers, local) = (JoinSet::new(), LocalSet::new());
    for _ in 0..connections {
        let mut administrator = administrator.again().await?;
        let (clients, next, latencies) = (Rc::clone(clients), Rc::clone(&next), Rc::clone(&latencies));
        let write = async move {
            loop {
                let number = next.replace(next.get() + 1);
                let Some(client) = clients.get(number / APIS) else { return Ok::<_, String>(()) };
                let begun = Instant::now();
                let made = administrator.grant(client, &audience(number % APIS)).await;
                made.map_err(|error| error.to_string())?;
                latencies.borrow_mut().push(begun.elapsed());
            }
        };
        writers.spawn_local_on(write, &local);
    }
    let begun = Instant::now();
    let written = local.run_until(writers.join_all()).await;
    let elapsed = begun.elapsed();
    written.into_iter().collect::<Result<Vec<()>, String>>()?;
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    Ok((elapsed, latencies))
}

async fn multiply(grantd: &Grantd, (client, grant): (&str, &str), copies: usize) -> Outcome {
    let store = SqliteStore::open(&grantd.data().join("grantd.db"), grantd.key()?).await?;
    let template = Template::read(&store, client, grant).await?;
    template.multiply(&store, copies, |number| audience(number % APIS)).await?;
    store.close().await;
    Ok(())
}

/// Reads so often, each time at the path of that number, one after the other: how long each took, in order.
async fn read_each(
    administrator: &mut Administrator,
    reads: u32,
    path: impl Fn(usize) -> String,
) -> Outcome<Vec<Duration>> {
    let mut latencies = Vec::new();
    for number in 0..usize::try_from(reads)? {
        let path = path(number);
        let begun = Instant::now();
        administrator.get(&path).await?;
        latencies.push(begun.elapsed());
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// Walks through the whole list by checkpoint, and times some pages every fifth of the way.
async fn read_pages(administrator: &mut Administrator, grants: u32) -> Outcome<Vec<(u32, f64)>> {
    let all = usize::try_from(grants)? / PAGE;
    let mut from = String::new();
    let (mut timed, mut current) = (Vec::new(), Vec::new());
    for number in 0..all {
        let path = format!("/api/v2/client-grants?take={PAGE}{from}");
        let begun = Instant::now();
        let page = administrator.get(&path).await?;
        let took = begun.elapsed();
        let fifth = (all / 5).max(PAGES);
        if number % fifth < PAGES {
            current.push(took.as_secs_f64() * 1e3);
            if current.len() == PAGES {
                current.sort_unstable_by(f64::total_cmp);
                let before = u32::try_from((number + 1 - PAGES) * 100 / all)?;
                timed.push((before, middle(&current)));
                current.clear();
            }
        }
        let Some(next) = page.get("next").and_then(Value::as_str) else { break };
        from = format!("&from={next}");
    }
    Ok(timed)
}

impl Report {
    fn print(&self) {
        println!("\n{}", self.machine);
        println!("\nPOST /client-grants, {} connections: {} grants", self.connections, self.made);
        println!("  {:.0} a second, {:.1} µs of CPU each", self.made_per_second, self.cpu_us);
        println!("  p50 {:.1} ms, p99 {:.1} ms", self.p50_ms, self.p99_ms);
        println!("\nGET /client-grants/{{id}}, one after the other, with {} grants", self.grants);
        println!("  p50 {:.2} ms, p99 {:.2} ms", self.read_p50_ms, self.read_p99_ms);
        let (p50, p99) = (self.floor_p50_ms, self.floor_p99_ms);
        println!(
            "  the key set in the same way, which is read from nowhere: p50 {p50:.2} ms, p99 {p99:.2} ms"
        );
        println!("\nGET /client-grants, pages of {PAGE} by checkpoint, medians of {PAGES}");
        for (before, took) in &self.pages {
            println!("  behind {before:>2} % of the list: {took:.2} ms");
        }
    }
}
