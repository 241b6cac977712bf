//! `test`: every test there is, in one order, with one count at the end. What cannot run on this machine is named in
//! one line; under CI=true leaving anything out is a failure.

mod deploy_cli;
mod go;
mod instructions;
mod interop;
pub mod node;
mod outcome;
mod python;
mod rust;
mod schemathesis;
mod server;

use std::thread;
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

/// One after the other; those in one line at the same time, because none of them keeps two cores busy by itself.
const STEPS: &[&[Step]] = &[
    &[("check-deps", |_| Ok(Outcome::one(check_deps::run()?)))],
    &[("fmt", |_| rust::format())],
    &[("clippy", |_| rust::clippy())],
    &[("rust", rust::test)],
    &[("postgres", rust::postgres)],
    &[("traces", |_| rust::traces())],
    &[("generated", |_| Ok(Outcome::one(generate::run(generate::Mode::Check)?)))],
    &[("node", node::run)],
    &[("python", python::run)],
    &[("go", go::run)],
    &[("deploy-cli", deploy_cli::run), ("schemathesis", schemathesis::run)],
    &[("instructions", instructions::run)],
    &[("deny", |_| rust::deny())],
];

fn steps() -> impl Iterator<Item = &'static Step> {
    STEPS.iter().copied().flatten()
}

/// Runs the steps named in `arguments`, or all. `false` when anything failed.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let (options, names) = parse(arguments)?;
    let mut table = Vec::new();
    for line in STEPS {
        let chosen: Vec<&Step> =
            line.iter().filter(|(name, _)| names.is_empty() || names.contains(name)).collect();
        table.extend(side_by_side(&chosen, options)?);
    }
    Ok(summarize(&table))
}

type Ended = (&'static str, Outcome, Duration);

fn side_by_side(steps: &[&'static Step], options: Options) -> Result<Vec<Ended>> {
    if let [step] = steps {
        return Ok(vec![ended(step, options)]);
    }
    thread::scope(|scope| {
        // What a step prints has the name of its thread before it.
        let spawn = |step: &'static Step| {
            let named = thread::Builder::new().name(step.0.to_owned());
            named.spawn_scoped(scope, move || ended(step, options))
        };
        let running = steps.iter().map(|step| spawn(step)).collect::<std::io::Result<Vec<_>>>()?;
        running.into_iter().map(|step| step.join().map_err(|_| "a step has panicked".into())).collect()
    })
}

fn ended((name, step): &'static Step, options: Options) -> Ended {
    println!("\n==> {name}");
    let start = Instant::now();
    let outcome = step(options).unwrap_or_else(|error| {
        println!("{name}: {error}");
        Outcome::one(false)
    });
    println!("<== {name}: {} passed, {} failed", outcome.passed, outcome.failed);
    (name, outcome, start.elapsed())
}

fn parse<'a>(arguments: &[&'a str]) -> Result<(Options, Vec<&'a str>)> {
    let mut options = Options { long: false };
    let mut names = Vec::new();
    for argument in arguments {
        if *argument == "--long" {
            options.long = true;
        } else if steps().any(|(name, _)| name == argument) {
            names.push(*argument);
        } else {
            let steps: Vec<&str> = steps().map(|(name, _)| *name).collect();
            return Err(format!("no step is called {argument}; there are {}", steps.join(", ")).into());
        }
    }
    Ok((options, names))
}

/// Prints the table, what was left out, and the line of counts. `false` when anything failed.
fn summarize(table: &[Ended]) -> bool {
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
