//! The report of `token`: per metric the least, the middle and the most of all rounds, for people or as JSON.

use std::io::IsTerminal;

use serde::Serialize;
use serde_json::json;

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::load::Window;
use crate::machine::Machine;
use crate::process::Memory;
use crate::spread::{Spread, after, middle};

/// Everything that a run found out.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) algorithm: Algorithm,
    pub(crate) clients: usize,
    pub(crate) grants: usize,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// Warm starts until ready, in order.
    pub(crate) start_ms: Vec<f64>,
    /// Resident memory of grantd before the first request.
    pub(crate) idle_mb: f64,
    /// Length of an answer.
    pub(crate) answer_bytes: usize,
    pub(crate) rounds: Vec<Round>,
}

/// Both servers, one after the other.
#[derive(Serialize)]
pub(crate) struct Round {
    pub(crate) grantd: Measured,
    pub(crate) ceiling: Measured,
}

/// One server in one round.
#[derive(Serialize)]
pub(crate) struct Measured {
    pub(crate) tokens_per_second: f64,
    pub(crate) cpu_us: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) resident_mb: f64,
    pub(crate) peak_mb: f64,
}

/// A line of the table: its name, and where its figure is.
type Metric = (&'static str, fn(&Measured) -> f64);

const METRICS: [Metric; 8] = [
    ("tokens/s", |measured| measured.tokens_per_second),
    ("CPU µs/token", |measured| measured.cpu_us),
    ("p50 ms", |measured| measured.p50_ms),
    ("p99 ms", |measured| measured.p99_ms),
    ("p99.9 ms", |measured| measured.p999_ms),
    ("max ms", |measured| measured.max_ms),
    ("resident MB", |measured| measured.resident_mb),
    ("peak MB", |measured| measured.peak_mb),
];

impl Measured {
    /// The figures of a window.
    pub(crate) fn new(window: &Window, memory: Memory) -> Outcome<Self> {
        let tokens = f64::from(u32::try_from(window.tokens)?);
        if window.tokens == 0 {
            return Err("no token was issued".into());
        }
        let after = |thousandths| after(&window.latencies, thousandths);
        Ok(Self {
            tokens_per_second: tokens / window.elapsed.as_secs_f64(),
            cpu_us: window.cpu.as_secs_f64() * 1e6 / tokens,
            p50_ms: after(500),
            p99_ms: after(990),
            p999_ms: after(999),
            max_ms: after(1000),
            resident_mb: megabytes(memory.resident),
            peak_mb: megabytes(memory.peak),
        })
    }

    /// A thousand tokens in a second, at so many microseconds each.
    #[cfg(test)]
    pub(crate) fn costing(cpu_us: f64) -> Self {
        let none = 0.0;
        Self {
            tokens_per_second: 1e3,
            cpu_us,
            p50_ms: none,
            p99_ms: none,
            p999_ms: none,
            max_ms: none,
            resident_mb: none,
            peak_mb: none,
        }
    }

    /// The share of one core that the server used.
    pub(crate) fn busy(&self) -> f64 {
        self.cpu_us * self.tokens_per_second / 1e6
    }
}

impl Report {
    /// For programs.
    pub(crate) fn print_json(&self) -> Outcome {
        let mut report = serde_json::to_value(self)?;
        let (grantd, ceiling) = self.cpu();
        if let Some(members) = report.as_object_mut() {
            members.insert("cpu_us".into(), json!({"grantd": grantd, "ceiling": ceiling}));
            members.insert("cpu_ratio".into(), json!(grantd / ceiling));
        }
        println!("{}", serde_json::to_string_pretty(&report)?);
        Ok(())
    }

    /// For people.
    pub(crate) fn print(&self) {
        self.print_conditions();
        println!("\n{:14} {:>27}   {:>27}", "", "grantd  min / median / max", "ceiling  min / median / max");
        for (name, figure) in METRICS {
            let grantd = self.spread(|round| figure(&round.grantd));
            let ceiling = self.spread(|round| figure(&round.ceiling));
            println!("{name:14} {:>27}   {:>27}", grantd.shown(1), ceiling.shown(1));
        }
        let ratios = self.spread(|round| round.grantd.cpu_us / round.ceiling.cpu_us);
        println!("CPU ratio      {:>27}", ratios.shown(3));
        println!("\nstart to ready: {:.0} ms, median of {}", middle(&self.start_ms), self.start_ms.len());
        println!("resident before the first token: {:.1} MB", self.idle_mb);
        let (grantd, ceiling) = self.cpu();
        let goal = if self.algorithm == Algorithm::Rs256 { " (goal 1.10)" } else { "" };
        let terminal = std::io::stdout().is_terminal();
        let (bold, plain) = if terminal { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        println!(
            "\n{bold}CPU per token: grantd {grantd:.1} µs, ceiling {ceiling:.1} µs, ratio {:.3}{goal}{plain}",
            grantd / ceiling
        );
    }

    fn print_conditions(&self) {
        println!("\n{}", self.machine);
        let Self { algorithm, clients, grants, answer_bytes, .. } = self;
        println!(
            "{}: {clients} clients, {grants} grants, answers of {answer_bytes} bytes",
            algorithm.as_str()
        );
        let Self { rounds, seconds, connections, .. } = self;
        println!("{} rounds of {seconds} s for each server, {connections} connections", rounds.len());
    }

    /// CPU time per token of both, in the middle round of each.
    fn cpu(&self) -> (f64, f64) {
        (self.spread(|round| round.grantd.cpu_us).middle, self.spread(|round| round.ceiling.cpu_us).middle)
    }

    fn spread(&self, figure: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(figure))
    }
}

/// Shows a report, to programs or to people.
pub(crate) fn show<R: Serialize>(report: &R, json: bool, print: impl FnOnce(&R)) -> Outcome {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        print(report);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no server here holds 9 petabytes")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
