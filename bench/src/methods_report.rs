//! The report of `methods`: one table, a line for each way to a token, beside what its signature costs anybody.

use serde::Serialize;
use serde_json::{Value, json};

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::machine::Machine;
use crate::method::Method;
use crate::report::Measured;
use crate::spread::{Spread, WIDEST};

/// The head of the table, in Markdown.
const HEAD: &str = "\
| how the client proves itself | tokens | CPU µs | spread | ceiling | spread | ratio | more µs | busy |
|---|---|---:|---:|---:|---:|---:|---:|---:|";

/// Everything that a run found out.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) clients_per_way: u32,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    pub(crate) rounds: u32,
    pub(crate) signed: Vec<Signed>,
}

/// All that is signed in one way.
pub(crate) struct Signed {
    /// The signature.
    pub(crate) algorithm: Algorithm,
    /// The ceiling, round by round.
    pub(crate) ceiling: Vec<Measured>,
    /// What leads to such tokens.
    pub(crate) ways: Vec<Way>,
}

/// One way to a token, round by round.
pub(crate) struct Way {
    /// Its name.
    pub(crate) method: String,
    /// What was measured.
    pub(crate) rounds: Vec<Measured>,
}

/// A line of the table.
#[derive(Serialize)]
struct Line<'a> {
    method: &'a str,
    signing_alg: Algorithm,
    cpu_us: Spread,
    ceiling_cpu_us: Spread,
    /// Of the medians; none where the rounds are too far apart.
    ratio: Option<f64>,
    /// What the token costs beyond its ceiling; none where the rounds are too far apart.
    difference_us: Option<f64>,
    /// The share of its core that the server used: below 1 the load was the slower one.
    busy: f64,
    tokens_per_second: f64,
}

impl Signed {
    /// Nothing measured yet.
    pub(crate) fn new(algorithm: Algorithm, methods: impl Iterator<Item = Method>) -> Self {
        let ways = methods.map(|method| Way { method: method.name(), rounds: Vec::new() });
        Self { algorithm, ceiling: Vec::new(), ways: ways.collect() }
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.ways.iter().map(|way| Line::new(self.algorithm, &self.ceiling, way))
    }
}

impl<'a> Line<'a> {
    fn new(signing_alg: Algorithm, ceiling: &[Measured], way: &'a Way) -> Self {
        let cpu = |rounds: &[Measured]| Spread::of(rounds.iter().map(|round| round.cpu_us));
        let (cpu_us, ceiling_cpu_us) = (cpu(&way.rounds), cpu(ceiling));
        let ratio = cpu_us.ratio_to(&ceiling_cpu_us);
        Self {
            method: &way.method,
            signing_alg,
            cpu_us,
            ceiling_cpu_us,
            ratio,
            difference_us: ratio.map(|_| cpu_us.middle - ceiling_cpu_us.middle),
            busy: Spread::of(way.rounds.iter().map(Measured::busy)).middle,
            tokens_per_second: Spread::of(way.rounds.iter().map(|round| round.tokens_per_second)).middle,
        }
    }

    /// The cells of a table in Markdown.
    fn shown(&self) -> String {
        let width = |spread: &Spread| {
            spread.width().map_or_else(|| "?".to_owned(), |width| format!("{:.1} %", width * 100.0))
        };
        let or_none = |figure: Option<String>| figure.unwrap_or_else(|| "-".to_owned());
        format!(
            "| {:30} | {:6} | {:8.1} | {:>7} | {:8.1} | {:>7} | {:>6} | {:>7} | {:4.0} % |",
            self.method,
            self.signing_alg.as_str(),
            self.cpu_us.middle,
            width(&self.cpu_us),
            self.ceiling_cpu_us.middle,
            width(&self.ceiling_cpu_us),
            or_none(self.ratio.map(|ratio| format!("{ratio:.3}"))),
            or_none(self.difference_us.map(|difference| format!("{difference:+.1}"))),
            self.busy * 100.0,
        )
    }
}

impl Report {
    /// For programs.
    pub(crate) fn print_json(&self) -> Outcome {
        let report = json!({
            "machine": self.machine,
            "clients_per_way": self.clients_per_way,
            "connections": self.connections,
            "seconds": self.seconds,
            "rounds": self.rounds,
            "ways": self.lines().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
        Ok(())
    }

    /// For people, and for the documentation: Markdown.
    pub(crate) fn print(&self) {
        let Self { clients_per_way, connections, seconds, rounds, .. } = self;
        println!("\n{}", self.machine);
        println!(
            "{clients_per_way} clients for each way, {rounds} rounds of {seconds} s, {connections} connections"
        );
        println!("certificates arrive in the headers of a trusted proxy, over plain HTTP\n");
        println!("{HEAD}");
        for line in self.lines() {
            println!("{}", line.shown());
        }
        println!(
            "\nno ratio where the rounds are further apart than {:.0} % of their median",
            WIDEST * 100.0
        );
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.signed.iter().flat_map(Signed::lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(cpu: [f64; 3]) -> Vec<Measured> {
        cpu.map(Measured::costing).into()
    }

    #[test]
    fn a_line_says_what_a_token_costs_beyond_its_ceiling() {
        let way = Way { method: "by hand".to_owned(), rounds: rounds([380.0, 370.0, 390.0]) };
        let line = Line::new(Algorithm::Rs256, &rounds([350.0, 352.0, 345.0]), &way);
        assert_eq!(
            line.shown(),
            "| by hand                        | RS256  |    380.0 |   5.3 % |    350.0 |   2.0 % |  1.086 |   +30.0 |   38 % |"
        );
    }

    #[test]
    fn rounds_too_far_apart_compare_with_nothing() {
        let far_apart = Way { method: "by hand".to_owned(), rounds: rounds([340.0, 370.0, 400.0]) };
        let line = Line::new(Algorithm::Rs256, &rounds([350.0, 352.0, 345.0]), &far_apart);
        assert!(line.ratio.is_none() && line.difference_us.is_none());
        let way = Way { method: "by hand".to_owned(), rounds: rounds([380.0, 370.0, 390.0]) };
        assert!(Line::new(Algorithm::Rs256, &rounds([300.0, 350.0, 353.0]), &way).ratio.is_none());
    }
}
