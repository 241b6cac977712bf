//! What several rounds say together: the least, the middle and the most.

use std::time::Duration;

use serde::Serialize;

/// Rounds that lie further apart than this share of their median have said nothing, and compare with nothing.
pub(crate) const WIDEST: f64 = 0.15;

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

    /// Whether the rounds are close enough for their median to be compared.
    pub(crate) fn is_sound(&self) -> bool {
        self.width().is_some_and(|width| width <= WIDEST)
    }

    /// The ratio of the medians; none where the rounds of either lie too far apart.
    pub(crate) fn ratio_to(&self, other: &Self) -> Option<f64> {
        (self.is_sound() && other.is_sound()).then(|| self.middle / other.middle)
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

    #[test]
    fn there_is_no_ratio_where_the_rounds_of_either_lie_too_far_apart() {
        let [close, far] = [[98.0, 100.0, 104.0], [90.0, 100.0, 106.0]].map(|of| Spread::of(of.into_iter()));
        let twice = Spread::of([200.0, 201.0].into_iter());
        assert!(twice.ratio_to(&close).is_some_and(|ratio| (ratio - 2.005).abs() < 1e-9));
        assert!(twice.ratio_to(&far).is_none() && far.ratio_to(&twice).is_none());
        let alone = Spread::of([100.0].into_iter());
        assert!(twice.ratio_to(&alone).is_none(), "a single round says nothing about its spread");
    }
}
