//! `grantd-bench suite`: everything that is claimed about what a token costs, in one run. grantd with all of its watching on,
//! the ceiling, and oidc-provider take turns in every case; memory comes last.
//!
//! An error is counted and shown, and ends nothing: a case with errors has no ratio.

mod case;
mod deployment;
mod report;
mod rounds;

use std::path::PathBuf;
use std::time::Duration;

use crate::load::Load;
use crate::machine::{self, Machine};
use crate::oidc_provider::OidcProvider;
use crate::report::show;
use crate::{Outcome, memory};

use case::{Case, Place};
use deployment::Deployment;
use report::Report;
use rounds::CaseReport;

/// The flags of `grantd-bench suite`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds that each server is measured for in each round.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How often the servers take turns in each case. The spread is told from two on.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=100))]
    rounds: u32,
    /// How many clients there are where there are many.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    clients: u32,
    /// Two rounds of one second, and fewer tokens before the memory is read again: whether all of it runs.
    #[arg(long)]
    quick: bool,
    /// Only cases whose name has this in it; `memory` is the last of them.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The folder with server.mjs of oidc-provider and its packages.
    #[arg(long, value_name = "DIR")]
    oidc_provider: Option<PathBuf>,
    /// Leave oidc-provider out.
    #[arg(long)]
    without_oidc_provider: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Connections of the load, or streams.
const CONNECTIONS: usize = 32;
/// What each server runs under load before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// Tokens after which a quick run reads the memory again.
const QUICK_TOKENS: usize = 100_000;

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let (seconds, rounds) = if options.quick { (1, 2) } else { (options.seconds, options.rounds) };
    let peer = options.peer()?;
    let mut report = Report {
        machine: Machine::read()?,
        oidc_provider: peer.as_ref().map(|peer| peer.version.clone()),
        seconds,
        rounds,
        cases: Vec::new(),
        memory: None,
    };
    let load = Load { connections: CONNECTIONS, warm_up: WARM_UP, measured: Duration::from_secs(seconds) };
    let chosen = |name: &str| options.only.as_ref().is_none_or(|only| name.contains(only));
    for place in Place::all(usize::try_from(options.clients)?) {
        let cases: Vec<Case> = place.cases().into_iter().filter(|case| chosen(&case.name())).collect();
        if cases.is_empty() {
            continue;
        }
        let peer = peer.as_ref().filter(|_| cases.iter().any(Case::has_peer));
        let mut deployment = Deployment::start(place, peer, &load).await?;
        for case in cases {
            let measured = deployment.measure(case, rounds, &load).await;
            report.cases.push(measured.unwrap_or_else(|error| CaseReport::failed(case, &error.to_string())));
        }
    }
    if chosen(memory::NAME) {
        let tokens = if options.quick { QUICK_TOKENS } else { memory::TOKENS };
        report.memory = Some(memory::measure(tokens).await?);
    }
    if report.cases.is_empty() && report.memory.is_none() {
        return Err("no case has that in its name".into());
    }
    show(&report, options.json, Report::print)
}

impl Options {
    fn peer(&self) -> Outcome<Option<OidcProvider>> {
        if self.without_oidc_provider {
            return Ok(None);
        }
        let Some(folder) = &self.oidc_provider else {
            eprintln!("oidc-provider is left out: nobody says where it is (`cargo xtask bench` does)");
            return Ok(None);
        };
        OidcProvider::find(folder).map(Some)
    }
}
