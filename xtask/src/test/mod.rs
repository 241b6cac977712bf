//! `test`: every test there is, in one order, with one count at the end. What cannot run on this machine is named in
//! one line; under CI=true leaving anything out is a failure.

mod deploy_cli;
mod go;
mod interop;
mod node;
mod outcome;
mod python;
mod rust;
mod schemathesis;
mod server;

use std::time::{Duration, Instant};

use crate::test::outcome::Outcome;
use crate::{Result, check_deps, generate};

/// How the steps are to run.
#[derive(Clone, Copy)]
pub struct Options {
    /// Proofs that take long run at full size.
    pub long: bool,
}

impl Options {
    /// `ordinary`, or a working day for the long run.
    pub fn limit(self, ordinary: Duration) -> Duration {
        if self.long { Duration::from_hours(12) } else { ordinary }
    }
}

type Step = (&'static str, fn(Options) -> Result<Outcome>);

const STEPS: &[Step] = &[
    ("check-deps", |_| Ok(Outcome::one(check_deps::run()?))),
    ("fmt", |_| rust::format()),
    ("clippy", |_| rust::clippy()),
    ("rust", rust::test),
    ("traces", |_| rust::traces()),
    ("generated", |_| Ok(Outcome::one(generate::run(generate::Mode::Check)?))),
    ("node", node::run),
    ("python", python::run),
    ("deploy-cli", deploy_cli::run),
    ("go", go::run),
    ("schemathesis", schemathesis::run),
    ("deny", |_| rust::deny()),
];

/// Runs the steps named in `arguments`, or all. `false` when anything failed.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let (options, names) = parse(arguments)?;
    let chosen = STEPS.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let mut table = Vec::new();
    for (name, step) in chosen {
        println!("\n==> {name}");
        let start = Instant::now();
        let outcome = step(options).unwrap_or_else(|error| {
            println!("{name}: {error}");
            Outcome::one(false)
        });
        println!("<== {name}: {} passed, {} failed", outcome.passed, outcome.failed);
        table.push((*name, outcome, start.elapsed()));
    }
    Ok(summarize(&table))
}

fn parse<'a>(arguments: &[&'a str]) -> Result<(Options, Vec<&'a str>)> {
    let mut options = Options { long: false };
    let mut names = Vec::new();
    for argument in arguments {
        if *argument == "--long" {
            options.long = true;
        } else if STEPS.iter().any(|(name, _)| name == argument) {
            names.push(*argument);
        } else {
            let steps: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
            return Err(format!("no step is called {argument}; there are {}", steps.join(", ")).into());
        }
    }
    Ok((options, names))
}

/// Prints the table, what was left out, and the line of counts. `false` when anything failed.
fn summarize(table: &[(&str, Outcome, Duration)]) -> bool {
    let left_out_fails = outcome::in_ci();
    println!("\n{:<14}{:>8}{:>8}{:>9}", "step", "passed", "failed", "seconds");
    for (name, outcome, took) in table {
        println!("{name:<14}{:>8}{:>8}{:>9.1}", outcome.passed, outcome.failed, took.as_secs_f64());
    }
    let left_out: Vec<_> = table.iter().flat_map(|(name, outcome, _)| outcome.lines(name)).collect();
    for line in &left_out {
        println!("left out: {line}");
    }
    let passed: u64 = table.iter().map(|(_, outcome, _)| outcome.passed).sum();
    let failed: u64 = table.iter().map(|(_, outcome, _)| outcome.failed).sum();
    let failed = failed + if left_out_fails { left_out.len() as u64 } else { 0 };
    println!("{passed} passed, {failed} failed");
    failed == 0
}
