//! `grantd-bench instructions`: how many instructions a token takes, counted by Valgrind's callgrind. Times differ from one
//! minute to the next, and this figure hardly does, so that a change to the token path shows. It is of processors of one
//! architecture; on another nothing is compared.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::connection::Connection;
use crate::fill::Size;
use crate::grantd::Grantd;
use crate::operations::settings;
use crate::process::Server;

/// The flags of `grantd-bench instructions`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fail when a token takes more than this file says, and its margin.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Write what was counted into this file.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,
    /// Keep callgrind's own report there, for `callgrind_annotate`.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

/// What a token may take.
#[derive(Serialize, Deserialize)]
struct Baseline {
    /// Which processor's they are, as Rust names it.
    architecture: String,
    /// Instructions of the whole process for each token: HS256, everything on.
    instructions_per_token: u64,
    /// What more is no reason to fail.
    margin_per_cent: u64,
}

/// What is in a new file: where batches begin and end is chance, and moves the figure by up to two per cent.
const MARGIN: u64 = 5;
/// Clients, each with one grant.
const CLIENTS: usize = 20;
/// Tokens before anything is counted: each client has reserved its quotas, and everything is loaded.
const BEFORE: usize = 200;
/// Tokens that are counted.
const COUNTED: u32 = 2_000;
/// How often. The least counts: whatever else the server had to do meanwhile is no part of a token.
const ROUNDS: usize = 3;

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    let size = Size { clients: CLIENTS, grants_per_client: 1, algorithm: Algorithm::Hs256 };
    let grantd = Grantd::new(&[])?;
    let server = grantd.start()?;
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    for (path, body) in settings() {
        administrator.update(path, &body).await?;
    }
    let callers = size.fill(administrator).await?;
    server.stop()?;

    let report = grantd.data().join("callgrind");
    let server = grantd.under_callgrind(&report)?;
    let mut callers = callers.iter().cycle();
    let mut connection = Connection::open(server.address).await?;
    ask(&mut connection, &mut callers, BEFORE).await?;
    let mut counts = Vec::with_capacity(ROUNDS);
    for round in 1..=ROUNDS {
        control(&server, "--zero")?;
        ask(&mut connection, &mut callers, usize::try_from(COUNTED)?).await?;
        control(&server, "--dump")?;
        let dumped = report.with_extension(round.to_string());
        let written = fs::read_to_string(&dumped)
            .map_err(|error| format!("callgrind wrote no report; may it be traced here? {error}"))?;
        counts.push(total(&written)? / u64::from(COUNTED));
        eprintln!("round {round} of {ROUNDS}: {} instructions a token", counts.iter().last().unwrap_or(&0));
        if let Some(profile) = &options.profile {
            fs::copy(&dumped, profile)?;
        }
    }
    server.stop()?;
    let counted = counts.into_iter().min().ok_or("nothing was counted")?;
    println!("{counted} instructions a token: HS256, the event log, a line of log, quotas and limits");
    if let Some(file) = &options.write {
        let architecture = ARCH.to_owned();
        let baseline = Baseline { architecture, instructions_per_token: counted, margin_per_cent: MARGIN };
        fs::write(file, serde_json::to_string_pretty(&baseline)? + "\n")?;
    }
    match &options.check {
        Some(file) => check(file, counted),
        None => Ok(()),
    }
}

async fn ask<'c>(
    connection: &mut Connection,
    callers: &mut impl Iterator<Item = &'c Caller>,
    tokens: usize,
) -> Outcome {
    for caller in callers.take(tokens) {
        connection.token(caller.request()?).await?;
    }
    Ok(())
}

/// Tells callgrind to forget what it has counted, or to write it down.
fn control(server: &Server, what: &str) -> Outcome {
    let mut command = Command::new("callgrind_control");
    command.args([what, &server.id().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status()?.success() { Ok(()) } else { Err(format!("callgrind_control {what} failed").into()) }
}

/// The instructions in a report of callgrind.
fn total(report: &str) -> Outcome<u64> {
    let line = report.lines().find_map(|line| line.strip_prefix("totals: "));
    let line = line.or_else(|| report.lines().find_map(|line| line.strip_prefix("summary: ")));
    Ok(line.ok_or("callgrind's report has no total")?.trim().parse()?)
}

fn check(file: &Path, counted: u64) -> Outcome {
    let baseline: Baseline = serde_json::from_str(&fs::read_to_string(file)?)?;
    if baseline.architecture != ARCH {
        println!(
            "{} is for {}, and this is {ARCH}: nothing is compared",
            file.display(),
            baseline.architecture
        );
        return Ok(());
    }
    let (expected, margin) = (baseline.instructions_per_token, baseline.margin_per_cent);
    let per_cent = |of: u64| expected.saturating_mul(of) / 100;
    println!("{} allows {expected}, and {margin} % more", file.display());
    if counted > per_cent(100 + margin) {
        let advice =
            "find out what is done that was not done before; if it is worth it, write the new figure";
        return Err(format!("a token takes more instructions than it did: {advice}").into());
    }
    if counted < per_cent(100_u64.saturating_sub(margin)) {
        println!("a token takes fewer: write the new figure down, so that it stays so");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(architecture: &str) -> Outcome<tempfile::NamedTempFile> {
        let file = tempfile::NamedTempFile::new()?;
        let architecture = architecture.to_owned();
        let baseline = Baseline { architecture, instructions_per_token: 100_000, margin_per_cent: 5 };
        fs::write(file.path(), serde_json::to_string(&baseline)?)?;
        Ok(file)
    }

    #[test]
    fn more_than_the_margin_fails_and_fewer_never_does() -> Outcome {
        let file = baseline(ARCH)?;
        assert!(check(file.path(), 105_000).is_ok());
        assert!(check(file.path(), 105_001).is_err());
        assert!(check(file.path(), 50_000).is_ok());
        Ok(())
    }

    #[test]
    fn another_architecture_is_not_compared() -> Outcome {
        assert!(check(baseline("another")?.path(), 1_000_000).is_ok());
        Ok(())
    }

    #[test]
    fn a_report_without_a_total_is_an_error() {
        assert!(total("events: Ir\nfn=(1) main\n16 400\n").is_err());
        assert_eq!(total("events: Ir\ntotals: 1120452439\n").ok(), Some(1_120_452_439));
    }
}
