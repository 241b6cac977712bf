//! `grantd-bench methods`: one grantd that every kind of client gets its tokens from, and a ceiling for each way to
//! sign them. What a token costs beyond its ceiling is what the client's authentication costs, and all the rest.

use std::time::Duration;

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::grantd::{BEHIND_A_PROXY, Grantd};
use crate::group::{Group, Turn};
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::method::Method;
use crate::methods_report::Report;

/// The flags of `grantd-bench methods`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients each way has, with keys of their own.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clients: u32,
    /// Seconds that each way is measured for in each round.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Keep-alive connections of the load.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// How often everything takes turns. The spread is told from two on.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// What each way runs under load before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// How tokens are signed besides RS256, for clients with a secret.
const OTHER_SIGNATURES: [Algorithm; 5] =
    [Algorithm::Rs512, Algorithm::Ps256, Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa];

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let grantd = Grantd::new(BEHIND_A_PROXY)?;
    let groups = fill(&grantd, options.clients).await?;
    let server = grantd.start()?;
    let mut turns = Vec::new();
    for group in groups {
        turns.push(group.beside_its_ceiling(&server, &grantd).await?);
    }
    let load = Load {
        connections: usize::try_from(options.connections)?,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let mut report = Report {
        machine: Machine::read()?,
        clients_per_way: options.clients,
        connections: load.connections,
        seconds: options.seconds,
        rounds: options.rounds,
        signed: turns.iter().map(Turn::signed).collect(),
    };
    for number in 1..=options.rounds {
        for (turn, signed) in turns.iter().zip(&mut report.signed) {
            turn.take(&load, &server, signed).await?;
        }
        eprintln!("round {number} of {}", options.rounds);
    }
    // What was measured issued real tokens to the end.
    for turn in &turns {
        turn.check(&server).await?;
    }
    if options.json {
        return report.print_json();
    }
    report.print();
    Ok(())
}

/// Everybody that there is.
async fn fill(grantd: &Grantd, clients: u32) -> Outcome<Vec<Group>> {
    let server = grantd.start()?;
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let mut groups =
        vec![Group::register(&mut administrator, Algorithm::Rs256, &Method::ALL, clients).await?];
    for algorithm in OTHER_SIGNATURES {
        let methods = [Method::SecretPost];
        groups.push(Group::register(&mut administrator, algorithm, &methods, clients).await?);
    }
    server.stop()?;
    Ok(groups)
}
