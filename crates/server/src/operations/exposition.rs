//! From figures to the text of a scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use crate::metrics::Counted;

/// A figure with its labels.
#[derive(Debug)]
pub(super) struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Counter(u64),
    CounterOfSeconds(f64),
    Gauge(f64),
    Histogram(Counted),
}

/// All samples of one name.
#[derive(Debug)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    samples: Vec<Sample>,
}

/// Everything there is to say at one moment.
#[derive(Debug, Default)]
pub(super) struct Scrape(Vec<Family>);

/// What a sample's labels are.
type Labels<'l> = &'l [(&'static str, &'l str)];

impl Scrape {
    /// Numbers that only grow. `_total` is added to the name.
    pub(super) fn counters<'l>(
        &mut self,
        name: &'static str,
        help: &'static str,
        samples: impl IntoIterator<Item = (Labels<'l>, u64)>,
    ) {
        let samples = samples.into_iter().map(|(labels, value)| sample(labels, Value::Counter(value)));
        self.add(name, help, MetricType::Counter, samples.collect());
    }

    /// A number of its own that only grows.
    pub(super) fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.add(name, help, MetricType::Counter, vec![sample(&[], Value::Counter(value))]);
    }

    /// Seconds that only grow.
    pub(super) fn seconds(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.add(name, help, MetricType::Counter, vec![sample(&[], Value::CounterOfSeconds(value))]);
    }

    /// Numbers that go up and down.
    pub(super) fn gauges<'l>(
        &mut self,
        name: &'static str,
        help: &'static str,
        samples: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) {
        let samples = samples.into_iter().map(|(labels, value)| sample(labels, Value::Gauge(value)));
        self.add(name, help, MetricType::Gauge, samples.collect());
    }

    /// A number of its own that goes up and down.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.add(name, help, MetricType::Gauge, vec![sample(&[], Value::Gauge(value))]);
    }

    /// How long things take.
    pub(super) fn histograms<'l>(
        &mut self,
        name: &'static str,
        help: &'static str,
        samples: impl IntoIterator<Item = (Labels<'l>, Counted)>,
    ) {
        let samples = samples.into_iter().map(|(labels, counted)| sample(labels, Value::Histogram(counted)));
        self.add(name, help, MetricType::Histogram, samples.collect());
    }

    fn add(&mut self, name: &'static str, help: &'static str, kind: MetricType, samples: Vec<Sample>) {
        self.0.push(Family { name, help, kind, samples });
    }
}

fn sample(labels: Labels<'_>, value: Value) -> Sample {
    let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Sample { labels, value }
}

/// The text of a scrape.
pub(super) fn text(scrape: Scrape) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(scrape));
    let mut text = String::with_capacity(16 * 1024);
    encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in &self.0 {
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, family.kind)?;
            for sample in &family.samples {
                if sample.labels.is_empty() {
                    sample.value.encode(&mut metric)?;
                } else {
                    sample.value.encode(&mut metric.encode_family(&sample.labels)?)?;
                }
            }
        }
        Ok(())
    }
}

const NONE: Option<&Exemplar<[(&str, &str); 0], u64>> = None;

impl Value {
    fn encode(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(value) => metric.encode_counter(value, NONE),
            Self::CounterOfSeconds(value) => metric.encode_counter(value, NONE),
            Self::Gauge(value) => metric.encode_gauge(value),
            Self::Histogram(Counted { sum, count, buckets }) => {
                metric.encode_histogram::<[(&str, &str); 0]>(*sum, *count, buckets, None)
            }
        }
    }
}
