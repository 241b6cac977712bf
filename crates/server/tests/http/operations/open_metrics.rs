//! A strict reader of the text format of `OpenMetrics`: what it does not understand is a failed test.

use std::collections::{BTreeMap, BTreeSet};

/// The samples of a scrape, by name and labels as they are written.
pub struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// Reads a scrape, and checks that it is whole.
    pub fn read(text: &str) -> Self {
        let text = text.strip_suffix("# EOF\n").unwrap();
        let (mut kinds, mut helped) = (BTreeMap::new(), BTreeSet::new());
        let mut samples = BTreeMap::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(kinds.insert(name, kind).is_none(), "{name} comes twice");
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(help.ends_with('.') && helped.insert(name), "{line}");
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                assert!(belongs(name, &kinds), "{line} has no type");
                let value: f64 = value.parse().unwrap();
                assert!(value >= 0.0, "{line}");
                assert!(samples.insert(series.to_owned(), value).is_none(), "{line} comes twice");
            }
        }
        assert_eq!(kinds.keys().copied().collect::<BTreeSet<_>>(), helped);
        let scrape = Self(samples);
        scrape.check_histograms(&kinds);
        scrape
    }

    /// The value of a series; 0 if it is not there.
    pub fn value(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or_default()
    }

    /// All names, without those that only histograms have.
    pub fn names(&self) -> BTreeSet<String> {
        let names = self.0.keys().map(|series| series.split('{').next().unwrap());
        names
            .filter(|name| !name.ends_with("_bucket") && !name.ends_with("_sum"))
            .map(str::to_owned)
            .collect()
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Buckets grow, and the last holds all.
    fn check_histograms(&self, kinds: &BTreeMap<&str, &str>) {
        for (name, _) in kinds.iter().filter(|(_, kind)| **kind == "histogram") {
            let prefix = format!("{name}_bucket");
            let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
            for (labels, count) in self.0.iter().filter(|(series, _)| series.starts_with(&prefix)) {
                let (before, rest) = labels.split_once("le=\"").unwrap();
                let (end, after) = rest.split_once('"').unwrap();
                let end = if end == "+Inf" { f64::INFINITY } else { end.parse().unwrap() };
                series.entry(format!("{before}{after}")).or_default().push((end, *count));
            }
            assert!(!series.is_empty(), "{name} has no buckets");
            for (labels, mut buckets) in series {
                buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
                assert!(buckets.is_sorted_by(|one, next| one.1 <= next.1), "{labels}: {buckets:?}");
                assert!(buckets.last().unwrap().0.is_infinite(), "{labels}");
            }
        }
    }
}

fn belongs(name: &str, kinds: &BTreeMap<&str, &str>) -> bool {
    let of = |suffix: &str, kind: &str| {
        name.strip_suffix(suffix).is_some_and(|family| kinds.get(family) == Some(&kind))
    };
    of("", "gauge")
        || of("_total", "counter")
        || ["_sum", "_count", "_bucket"].iter().any(|suffix| of(suffix, "histogram"))
}
