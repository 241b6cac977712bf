//! `grantd-bench operations`: what watching costs. One grantd with everything on (the event log, a line a request,
//! metrics, token quotas, rate limits) and one with all of it off take turns under the same load.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::verified_answer;
use crate::fill::Size;
use crate::grantd::Grantd;
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::process::Server;
use crate::report::{Measured, show};
use crate::spread::{Spread, WIDEST};
use crate::token::measure;

/// The flags of `grantd-bench operations`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients there are, each with one grant.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,
    /// Seconds that each server is measured for in each round.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Keep-alive connections of the load.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// How often the two servers take turns.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100))]
    rounds: u32,
    /// How tokens are signed.
    #[arg(long, value_enum, default_value = "rs256")]
    algorithm: Algorithm,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

const WARM_UP: Duration = Duration::from_secs(2);
/// The flags of a server with everything on.
pub(crate) const ON: &[&str] = &["--operations-listen", "127.0.0.1:0"];
const OFF: &[&str] = &["--operations-listen", "off", "--no-event-log"];

/// A server of the two, and who asks it.
struct Side {
    _grantd: Grantd,
    server: Server,
    callers: Rc<[Caller]>,
}

impl Side {
    async fn start(grantd: Grantd, size: Size, settings: &[(&str, Value)]) -> Outcome<Self> {
        let server = grantd.start()?;
        let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
        for (path, body) in settings {
            administrator.update(path, body).await?;
        }
        let callers: Rc<[Caller]> = size.fill(administrator).await?.into();
        verified_answer(&server, &callers, size.algorithm).await?;
        Ok(Self { _grantd: grantd, server, callers })
    }
}

/// Quotas and limits that are counted and never reached.
pub(crate) fn settings() -> [(&'static str, Value); 2] {
    let quota = json!({"client_credentials": {"per_hour": 2_000_000_000, "per_day": 2_000_000_000}});
    let limit = json!({"burst": 1_000_000, "per_second": 1_000_000});
    [
        ("/api/v2/tenants/settings", json!({"default_token_quota": {"clients": quota}})),
        (
            "/grantd/v1/settings",
            json!({"rate_limits": {"token_endpoint": {"global": limit, "per_client": limit}}}),
        ),
    ]
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    algorithm: Algorithm,
    clients: usize,
    seconds: u64,
    /// The round before all others, in which each client reserves its first tokens of the hour.
    first: Option<Measured>,
    on: Vec<Measured>,
    off: Vec<Measured>,
}

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let size = Size {
        clients: usize::try_from(options.clients)?,
        grants_per_client: 1,
        algorithm: options.algorithm,
    };
    let on = Side::start(Grantd::new(ON)?, size, &settings()).await?;
    let off = Side::start(Grantd::new(OFF)?.with_log("error"), size, &[]).await?;
    let load = Load {
        connections: usize::try_from(options.connections)?,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let (machine, algorithm, seconds) = (Machine::read()?, options.algorithm, options.seconds);
    let mut report = Report {
        machine,
        algorithm,
        clients: size.clients,
        seconds,
        first: None,
        on: Vec::new(),
        off: Vec::new(),
    };
    report.first = Some(measure(&load, &on.server, &on.callers).await?);
    measure(&load, &off.server, &off.callers).await?;
    for number in 1..=options.rounds {
        report.on.push(measure(&load, &on.server, &on.callers).await?);
        report.off.push(measure(&load, &off.server, &off.callers).await?);
        if let (Some(on), Some(off)) = (report.on.last(), report.off.last()) {
            eprintln!("round {number} of {}: {:.1} and {:.1} µs", options.rounds, on.cpu_us, off.cpu_us);
        }
    }
    for side in [&on, &off] {
        verified_answer(&side.server, &side.callers, options.algorithm).await?;
    }
    show(&report, options.json, Report::print)
}

impl Report {
    fn print(&self) {
        println!("\n{}", self.machine);
        let (algorithm, clients, rounds) = (self.algorithm.as_str(), self.clients, self.on.len());
        println!("{algorithm}, {clients} clients, {rounds} rounds of {} s; min / median / max", self.seconds);
        println!("{:14} {:>28} {:>28}", "", "everything on", "everything off");
        let row = |name: &str, digits, figure: fn(&Measured) -> f64| {
            let spread = |rounds: &[Measured]| Spread::of(rounds.iter().map(figure)).shown(digits);
            println!("{name:14} {:>28} {:>28}", spread(&self.on), spread(&self.off));
        };
        row("tokens/s", 0, |measured| measured.tokens_per_second);
        row("CPU µs/token", 1, |measured| measured.cpu_us);
        row("p50 ms", 1, |measured| measured.p50_ms);
        row("p99 ms", 1, |measured| measured.p99_ms);
        row("resident MB", 1, |measured| measured.resident_mb);
        if let Some(first) = &self.first {
            let reserving = "before these, with the first token of each client in the hour, which reserves";
            println!("{reserving}: {:.1} µs a token", first.cpu_us);
        }
        self.print_ratio();
    }

    fn print_ratio(&self) {
        let cpu = |rounds: &[Measured]| Spread::of(rounds.iter().map(|measured| measured.cpu_us));
        let (on, off) = (cpu(&self.on), cpu(&self.off));
        let Some(ratio) = on.ratio_to(&off) else {
            let widest = WIDEST * 100.0;
            println!("no ratio: the rounds of a server lie further apart than {widest:.0} % of their median");
            return;
        };
        let rounds = self.on.iter().zip(&self.off).map(|(on, off)| on.cpu_us / off.cpu_us);
        println!("ratio of CPU per token, round by round: {}", Spread::of(rounds).shown(3));
        println!(
            "ratio of the medians {ratio:.3}; the goal is at most 1.10: {} µs more",
            (on.middle - off.middle).round()
        );
    }
}
