//! One run: fill, start both servers, hit them in turns, report.

use std::rc::Rc;
use std::time::Duration;

use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::verified_answer;
use crate::fill::Size;
use crate::grantd::Grantd;
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::process::Server;
use crate::report::{Measured, Report, Round, megabytes};
use crate::{Outcome, ceiling};

/// The flags of `grantd-bench token`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients there are.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clients: u32,
    /// How many of the 16 APIs each client has a grant for.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=16))]
    grants_per_client: u32,
    /// Seconds that each server is measured for in each round.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Keep-alive connections of the load.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// How often the two servers take turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How tokens are signed.
    #[arg(long, value_enum, default_value = "rs256")]
    algorithm: Algorithm,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// What each server runs under load before it is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let grantd = Grantd::new(&[])?;
    let size = Size {
        clients: usize::try_from(options.clients)?,
        grants_per_client: usize::try_from(options.grants_per_client)?,
        algorithm: options.algorithm,
    };
    let server = grantd.start()?;
    let administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let callers: Rc<[Caller]> = size.fill(administrator).await?.into();
    server.stop()?;
    let starts = grantd.warm_starts()?;

    let server = grantd.start()?;
    let idle = server.memory()?;
    let sample = verified_answer(&server, &callers, options.algorithm).await?;
    let ceiling = ceiling::start(&sample, options.algorithm, &grantd.log(), None)?;
    let load = Load {
        connections: usize::try_from(options.connections)?,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let mut report = Report {
        machine: Machine::read()?,
        algorithm: options.algorithm,
        clients: size.clients,
        grants: size.clients * size.grants_per_client,
        connections: load.connections,
        seconds: options.seconds,
        start_ms: starts.iter().map(|start| start.as_secs_f64() * 1e3).collect(),
        idle_mb: megabytes(idle.resident),
        answer_bytes: sample.len(),
        rounds: Vec::new(),
    };
    for number in 1..=options.rounds {
        let grantd = measure(&load, &server, &callers).await?;
        let ceiling = measure(&load, &ceiling, &callers).await?;
        eprintln!("round {number} of {}: {:.1} and {:.1} µs", options.rounds, grantd.cpu_us, ceiling.cpu_us);
        report.rounds.push(Round { grantd, ceiling });
    }
    // What was measured issued real tokens to the end.
    verified_answer(&server, &callers, options.algorithm).await?;
    if options.json {
        return report.print_json();
    }
    report.print();
    Ok(())
}

/// One turn of one server.
pub(crate) async fn measure(load: &Load, server: &Server, callers: &Rc<[Caller]>) -> Outcome<Measured> {
    let window = load.hit(server, callers).await?;
    Measured::new(&window, server.memory()?)
}
