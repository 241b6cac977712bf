//! What the rounds of a case have shown, server by server, and what may be said of it.

use serde_json::{Value, json};

use super::case::Case;
use crate::Outcome;
use crate::load::Window;
use crate::process::Memory;
use crate::report::Measured;
use crate::spread::{Spread, WIDEST};

/// One server in all rounds of a case.
#[derive(Default)]
pub(crate) struct Rounds {
    measured: Vec<Measured>,
    /// Requests that led to no token of their own.
    pub(crate) errors: usize,
    /// What the first of them came to.
    pub(crate) first_error: Option<String>,
}

/// A case, and who took part.
pub(crate) struct CaseReport {
    pub(crate) case: Case,
    pub(crate) grantd: Rounds,
    pub(crate) ceiling: Rounds,
    pub(crate) oidc_provider: Option<Rounds>,
}

/// A figure of a round.
pub(crate) type Figure = fn(&Measured) -> f64;

/// The figures of a server, as they are called in JSON.
const FIGURES: [(&str, Figure); 7] = [
    ("tokens_per_second", |measured| measured.tokens_per_second),
    ("cpu_us", |measured| measured.cpu_us),
    ("p50_ms", |measured| measured.p50_ms),
    ("p99_ms", |measured| measured.p99_ms),
    ("p999_ms", |measured| measured.p999_ms),
    ("resident_mb", |measured| measured.resident_mb),
    ("busy", Measured::busy),
];

impl Rounds {
    /// One round more.
    pub(crate) fn add(&mut self, window: Outcome<Window>, memory: Memory) {
        let measured = window.and_then(|window| {
            self.errors += window.errors;
            if let (1.., Some(error)) = (window.errors, &window.first_error) {
                self.first_error.get_or_insert_with(|| error.clone());
            }
            Measured::new(&window, memory)
        });
        match measured {
            Ok(measured) => self.measured.push(measured),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// A round without a token is an error, even if nothing in it was.
    fn fail(&mut self, error: &str) {
        self.errors = self.errors.max(1);
        self.first_error.get_or_insert_with(|| error.to_owned());
    }

    /// Of all rounds.
    pub(crate) fn spread(&self, figure: Figure) -> Spread {
        Spread::of(self.measured.iter().map(figure))
    }

    /// CPU time per token.
    pub(crate) fn cpu(&self) -> Spread {
        self.spread(|measured| measured.cpu_us)
    }

    /// CPU time per token beside another's, or why there is no ratio.
    pub(crate) fn ratio_to(&self, other: &Self) -> Result<f64, String> {
        if self.errors + other.errors > 0 {
            return Err("there were errors".to_owned());
        }
        let too_wide =
            || format!("the rounds of one lie further apart than {:.0} % of their median", WIDEST * 100.0);
        self.cpu().ratio_to(&other.cpu()).ok_or_else(too_wide)
    }

    fn last(&self) -> String {
        let cpu =
            self.measured.last().map_or_else(|| "-".into(), |measured| format!("{:.1}", measured.cpu_us));
        if self.errors > 0 { format!("{cpu} ({} errors)", self.errors) } else { cpu }
    }

    fn json(&self) -> Value {
        let figures = FIGURES.map(|(name, figure)| (name.to_owned(), json!(self.spread(figure))));
        let errors = [("errors", json!(self.errors)), ("first_error", json!(self.first_error))];
        let errors = errors.map(|(name, value)| (name.to_owned(), value));
        Value::Object(figures.into_iter().chain(errors).collect())
    }
}

impl CaseReport {
    /// Nothing measured yet.
    pub(crate) fn new(case: Case, has_peer: bool) -> Self {
        let oidc_provider = has_peer.then(Rounds::default);
        Self { case, grantd: Rounds::default(), ceiling: Rounds::default(), oidc_provider }
    }

    /// A case that did not come to its rounds, or not to their end.
    pub(crate) fn failed(case: Case, error: &str) -> Self {
        let mut report = Self::new(case, false);
        report.grantd.fail(error);
        report
    }

    /// CPU time per token in the round that was last, for those who wait.
    pub(crate) fn last(&self) -> String {
        let all = [Some(&self.grantd), Some(&self.ceiling), self.oidc_provider.as_ref()];
        let all: Vec<String> = all.into_iter().flatten().map(Rounds::last).collect();
        format!("{} µs", all.join(", "))
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let ratio = self.grantd.ratio_to(&self.ceiling).ok();
        json!({
            "name": self.case.name(),
            "case": self.case,
            "grantd": self.grantd.json(),
            "ceiling": self.ceiling.json(),
            "oidc_provider": self.oidc_provider.as_ref().map(Rounds::json),
            "ratio_to_ceiling": ratio,
            "goal": self.case.goal(),
            "met": ratio.zip(self.case.goal()).map(|(ratio, goal)| ratio <= goal),
            "ratio_to_oidc_provider":
                self.oidc_provider.as_ref().and_then(|peer| self.grantd.ratio_to(peer).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Rounds whose tokens cost so many microseconds each.
    fn costing(cpu_us: &[f64]) -> Rounds {
        Rounds { measured: cpu_us.iter().copied().map(Measured::costing).collect(), ..Rounds::default() }
    }

    #[test]
    fn a_ratio_needs_rounds_that_agree() {
        let (grantd, ceiling) = (costing(&[38.0, 40.0, 41.0]), costing(&[30.0, 31.0, 32.0]));
        assert!(grantd.ratio_to(&ceiling).is_ok_and(|ratio| (ratio - 40.0 / 31.0).abs() < 1e-9));
        let noisy = costing(&[30.0, 31.0, 36.0]);
        assert_eq!(
            grantd.ratio_to(&noisy),
            Err("the rounds of one lie further apart than 15 % of their median".to_owned())
        );
        assert!(noisy.ratio_to(&grantd).is_err());
    }

    #[test]
    fn an_error_leaves_no_ratio() {
        let (grantd, mut ceiling) = (costing(&[40.0, 40.0]), costing(&[30.0, 30.0]));
        let memory = Memory { resident: 0, peak: 0 };
        ceiling.add(Err("connection refused".into()), memory);
        assert_eq!((ceiling.errors, ceiling.first_error.as_deref()), (1, Some("connection refused")));
        assert_eq!(grantd.ratio_to(&ceiling), Err("there were errors".to_owned()));
        let window = Window {
            tokens: 2,
            elapsed: Duration::from_secs(1),
            cpu: Duration::from_micros(60),
            latencies: vec![Duration::from_millis(1); 2],
            errors: 1,
            first_error: Some("a token came twice".to_owned()),
        };
        let mut ceiling = costing(&[30.0]);
        ceiling.add(Ok(window), memory);
        assert!(ceiling.cpu().ratio_to(&grantd.cpu()).is_some() && ceiling.ratio_to(&grantd).is_err());
    }
}
