//! `grantd-bench overload`: what the server can do at most, how long tokens take at 80 % of it, and how many still come in
//! time when twice as many are asked for as there can be.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::verified_answer;
use crate::fill::Size;
use crate::grantd::Grantd;
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::open_load::{OpenLoad, Seen};
use crate::process::Server;
use crate::report::show;
use crate::spread::after;

/// The flags of `grantd-bench overload`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients there are, each with grants for all 16 APIs.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clients: u32,
    /// Seconds that each load lasts.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How often all of it is done.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many milliseconds a client waits for an answer.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    patience: u64,
    /// How tokens are signed.
    #[arg(long, value_enum, default_value = "rs256")]
    algorithm: Algorithm,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

const WARM_UP: Duration = Duration::from_secs(2);
/// Keep-alive connections that find out what the server can do.
const CONNECTIONS: usize = 32;

#[derive(Serialize)]
struct Report {
    machine: Machine,
    algorithm: Algorithm,
    patience_ms: u64,
    rounds: Vec<Round>,
}

#[derive(Serialize)]
struct Round {
    /// Tokens a second with 32 connections that wait for their answers.
    peak: f64,
    loads: Vec<Figures>,
}

/// One load.
#[derive(Serialize)]
struct Figures {
    /// Requests, as a share of the peak.
    share: f64,
    due: usize,
    tokens: usize,
    turned_away: usize,
    late: usize,
    /// Tokens in time, as a share of what the peak would be.
    goodput: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    turned_away_p99_ms: f64,
}

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let grantd = Grantd::new(&[])?;
    let clients = usize::try_from(options.clients)?;
    let size = Size { clients, grants_per_client: 16, algorithm: options.algorithm };
    let server = grantd.start()?;
    let administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let callers: Rc<[Caller]> = size.fill(administrator).await?.into();
    server.stop()?;
    let server = grantd.start()?;
    let (algorithm, patience_ms) = (options.algorithm, options.patience);
    let mut report = Report { machine: Machine::read()?, algorithm, patience_ms, rounds: Vec::new() };
    for number in 1..=options.rounds {
        let round = round(options, &server, &callers).await?;
        eprintln!("round {number} of {}: at most {:.0} tokens a second", options.rounds, round.peak);
        report.rounds.push(round);
    }
    verified_answer(&server, &callers, options.algorithm).await?;
    server.stop()?;
    show(&report, options.json, Report::print)
}

async fn round(options: &Options, server: &Server, callers: &Rc<[Caller]>) -> Outcome<Round> {
    let measured = Duration::from_secs(options.seconds);
    let closed = Load { connections: CONNECTIONS, warm_up: WARM_UP, measured };
    let window = closed.hit(server, callers).await?;
    let peak = f64::from(u32::try_from(window.tokens)?) / window.elapsed.as_secs_f64();
    let mut loads = Vec::new();
    for share in [0.8, 2.0] {
        let patience = Duration::from_millis(options.patience);
        let open = OpenLoad { rate: peak * share, warm_up: WARM_UP, measured, patience };
        loads.push(Figures::of(share, peak, measured, &open.hit(server.address, callers).await?)?);
    }
    Ok(Round { peak, loads })
}

impl Figures {
    fn of(share: f64, peak: f64, measured: Duration, seen: &Seen) -> Outcome<Self> {
        let tokens = seen.tokens.len();
        Ok(Self {
            share,
            due: seen.due,
            tokens,
            turned_away: seen.turned_away.len(),
            late: seen.late,
            goodput: f64::from(u32::try_from(tokens)?) / measured.as_secs_f64() / peak,
            p50_ms: after(&seen.tokens, 500),
            p99_ms: after(&seen.tokens, 990),
            p999_ms: after(&seen.tokens, 999),
            turned_away_p99_ms: after(&seen.turned_away, 990),
        })
    }
}

impl Report {
    fn print(&self) {
        println!("\n{}", self.machine);
        println!("{}; clients go away after {} ms", self.algorithm.as_str(), self.patience_ms);
        println!(
            "\n{:>8} {:>6} {:>7} {:>7} {:>7} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
            "peak/s",
            "load",
            "due",
            "tokens",
            "503",
            "late",
            "goodput",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "p99/p50",
            "503 p99"
        );
        for round in &self.rounds {
            for of in &round.loads {
                println!(
                    "{:>8.0} {:>5.0}% {:>7} {:>7} {:>7} {:>6} {:>7.1}% {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>9.1}",
                    round.peak,
                    of.share * 100.0,
                    of.due,
                    of.tokens,
                    of.turned_away,
                    of.late,
                    of.goodput * 100.0,
                    of.p50_ms,
                    of.p99_ms,
                    of.p999_ms,
                    of.p99_ms / of.p50_ms,
                    of.turned_away_p99_ms,
                );
            }
        }
    }
}
