//! The report of the suite: a block for each case with a line for each server, and the ratios below.

use serde::Serialize;
use serde_json::json;

use super::rounds::{CaseReport, Figure, Rounds};
use crate::machine::Machine;
use crate::memory::Memory;
use crate::report::Measured;

/// Everything that a run found out.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// Its version; none where it is left out.
    pub(crate) oidc_provider: Option<String>,
    pub(crate) seconds: u64,
    pub(crate) rounds: u32,
    pub(crate) cases: Vec<CaseReport>,
    pub(crate) memory: Option<Memory>,
}

/// A column: its head, its width, its digits after the point, and the median that stands there.
type Column = (&'static str, usize, usize, Figure);

const COLUMNS: [Column; 6] = [
    ("tokens/s", 10, 0, |measured| measured.tokens_per_second),
    ("CPU µs", 9, 1, |measured| measured.cpu_us),
    ("p50 ms", 8, 2, |measured| measured.p50_ms),
    ("p99 ms", 8, 2, |measured| measured.p99_ms),
    ("p99.9 ms", 9, 2, |measured| measured.p999_ms),
    ("RSS MB", 8, 1, |measured| measured.resident_mb),
];

impl Report {
    /// For people.
    pub(crate) fn print(&self) {
        println!("\n{}", self.machine);
        println!("{} rounds of {} s for each server; medians of the rounds", self.rounds, self.seconds);
        println!("grantd: SQLite, event log, operations listener, two token quotas and two rate limits");
        println!(
            "32 connections; HTTP/2: 4 connections with 8 streams each; a ratio is one of CPU per token"
        );
        match &self.oidc_provider {
            Some(version) => println!("{version}, without organizations and without TLS"),
            None => println!("oidc-provider was left out"),
        }
        for case in &self.cases {
            case.print();
        }
        if let Some(memory) = &self.memory {
            memory.print();
        }
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "machine": self.machine,
            "oidc_provider": self.oidc_provider,
            "seconds": self.seconds,
            "rounds": self.rounds,
            "cases": self.cases.iter().map(CaseReport::json).collect::<Vec<_>>(),
            "memory": self.memory,
        })
        .serialize(serializer)
    }
}

impl CaseReport {
    fn print(&self) {
        let heads = COLUMNS.map(|(head, width, ..)| format!("{head:>width$}")).concat();
        println!("\n{}", self.case.name());
        println!("  {:14}{heads}{:>9}{:>6}{:>7}", "", "spread", "busy", "errors");
        self.grantd.print("grantd");
        self.ceiling.print("ceiling");
        if let Some(peer) = &self.oidc_provider {
            peer.print("oidc-provider");
        }
        println!("  grantd : ceiling {}", shown(&self.grantd.ratio_to(&self.ceiling), self.case.goal()));
        if let Some(peer) = &self.oidc_provider {
            println!("  grantd : oidc-provider {}", shown(&self.grantd.ratio_to(peer), None));
        }
    }
}

impl Rounds {
    fn print(&self, server: &str) {
        let figures = COLUMNS
            .map(|(_, width, digits, figure)| format!("{:>width$.digits$}", self.spread(figure).middle));
        let spread = self.cpu().width().map_or_else(|| "?".into(), |width| format!("{:.1} %", width * 100.0));
        let busy = format!("{:.0} %", self.spread(Measured::busy).middle * 100.0);
        println!("  {server:14}{}{spread:>9}{busy:>6}{:>7}", figures.concat(), self.errors);
        if let Some(error) = &self.first_error {
            println!("  {:14}the first error: {error}", "");
        }
    }
}

/// A ratio and what was aimed at, or why there is none.
fn shown(ratio: &Result<f64, String>, goal: Option<f64>) -> String {
    match (ratio, goal) {
        (Err(why), _) => format!("no ratio: {why}"),
        (Ok(ratio), None) => format!("{ratio:.3}"),
        (Ok(ratio), Some(goal)) => {
            let met = if *ratio <= goal { "met" } else { "missed" };
            format!("{ratio:.3}; the goal is at most {goal:.2}: {met}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_says_whether_the_goal_is_met() {
        assert_eq!(shown(&Ok(1.0949), Some(1.10)), "1.095; the goal is at most 1.10: met");
        assert_eq!(shown(&Ok(1.101), Some(1.10)), "1.101; the goal is at most 1.10: missed");
        assert_eq!(shown(&Ok(0.51), None), "0.510");
        assert_eq!(shown(&Err("there were errors".to_owned()), Some(1.5)), "no ratio: there were errors");
    }
}
