//! What several rounds say together: the least, the middle and the most.

use std::time::Duration;

use serde::Serialize;

/// The figures of all rounds.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Spread {
    /// The least.
    pub(crate) least: f64,
    /// The median.
    pub(crate) middle: f64,
    /// The most.
    pub(crate) most: f64,
    #[serde(skip)]
    rounds: usize,
}

impl Spread {
    /// Of these figures, in any order.
    pub(crate) fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_unstable_by(f64::total_cmp);
        let end = |figure: Option<&f64>| figure.copied().unwrap_or_default();
        Self {
            least: end(figures.first()),
            middle: middle(&figures),
            most: end(figures.last()),
            rounds: figures.len(),
        }
    }

    /// From the least to the most, as a share of the middle. A single round says nothing about it.
    pub(crate) fn width(&self) -> Option<f64> {
        (self.rounds > 1).then(|| (self.most - self.least) / self.middle)
    }

    /// For people.
    pub(crate) fn shown(&self, digits: usize) -> String {
        format!("{:.digits$} / {:.digits$} / {:.digits$}", self.least, self.middle, self.most)
    }
}

/// Milliseconds after which so many in a thousand were answered, of latencies in order.
pub(crate) fn after(latencies: &[Duration], thousandths: usize) -> f64 {
    let place = (latencies.len() * thousandths / 1000).min(latencies.len().saturating_sub(1));
    latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
}

/// The median of figures in order.
pub(crate) fn middle(figures: &[f64]) -> f64 {
    let at = |place: usize| figures.get(place).copied().unwrap_or_default();
    f64::midpoint(at(figures.len().saturating_sub(1) / 2), at(figures.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert!((middle(&[1.0, 2.0, 9.0]) - 2.0).abs() < f64::EPSILON);
        assert!((middle(&[1.0, 2.0, 4.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!(middle(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn the_width_is_told_from_two_rounds_on() {
        assert!(Spread::of([5.0].into_iter()).width().is_none());
        let width = Spread::of([11.0, 9.0, 10.0].into_iter()).width();
        assert!(width.is_some_and(|width| (width - 0.2).abs() < 1e-9));
    }
}
