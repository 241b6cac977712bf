//! Every figure by its name. docs/OPERATIONS.md has the table; a test holds the two together.

use grantd_decision::RULES;
use grantd_model::Causes;

use super::Operations;
use super::exposition::Scrape;
use crate::State;
use crate::metrics::{ALGORITHMS, ENTITIES, ERRORS, Endpoint, LIMITS, Metrics, STATUSES};
use crate::rate_limits::{Limited, TooMany};

/// What there is to say now.
pub(super) async fn of(operations: &Operations) -> Scrape {
    let state = &operations.state;
    let mut scrape = Scrape::default();
    scrape.gauges("grantd_build_info", "The version that runs.", [(&[("version", VERSION)][..], 1.0)]);
    requests(&mut scrape, &state.metrics);
    tokens(&mut scrape, &state.metrics);
    limits(&mut scrape, state);
    configuration(&mut scrape, state);
    event_log(&mut scrape, state);
    log_streams(&mut scrape, operations).await;
    process(&mut scrape, operations);
    scrape
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Only what has happened: of most endpoints, most statuses never do.
fn requests(scrape: &mut Scrape, metrics: &Metrics) {
    let codes = STATUSES.map(|status| status.to_string());
    let names: Vec<&str> = codes.iter().map(String::as_str).chain(["other"]).collect();
    let of_endpoints = || Endpoint::ALL.iter().map(|endpoint| endpoint.as_str()).zip(&metrics.requests);
    let mut counted = Vec::new();
    for (endpoint, of) in of_endpoints() {
        for (status, counter) in names.iter().zip(&of.statuses).filter(|(_, counter)| counter.value() > 0) {
            counted.push(([("endpoint", endpoint), ("status", *status)], counter.value()));
        }
    }
    let samples = counted.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters("grantd_http_requests", "Requests by endpoint and status.", samples);
    let durations: Vec<_> =
        of_endpoints().map(|(endpoint, of)| ([("endpoint", endpoint)], of.duration.counted())).collect();
    let samples = durations.iter().map(|(labels, counted)| (&labels[..], counted.clone()));
    let help = "How long requests took, with the reading of their bodies.";
    scrape.histograms("grantd_http_request_duration_seconds", help, samples);
    let help = "Requests that changed something through the Management API or the extensions.";
    scrape.counter("grantd_management_writes", help, metrics.management_writes.value());
}

fn tokens(scrape: &mut Scrape, metrics: &Metrics) {
    let issued = ALGORITHMS.iter().zip(&metrics.issued);
    let issued: Vec<_> = issued.map(|(alg, counter)| ([("alg", alg.as_str())], counter.value())).collect();
    let samples = issued.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters("grantd_tokens_issued", "Tokens by the algorithm that signs them.", samples);
    let signing = [(&[][..], metrics.signing.counted())];
    scrape.histograms("grantd_token_signing_seconds", "How long it took to make and sign a token.", signing);
    let denials = RULES.iter().zip(&metrics.denials);
    let denials: Vec<_> =
        denials.map(|((rule, _), counter)| ([("rule", rule.as_str())], counter.value())).collect();
    let samples = denials.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters("grantd_token_denials", "Denials of the decision by its rule.", samples);
    let refusals: Vec<_> = ERRORS
        .iter()
        .zip(&metrics.refusals)
        .map(|(error, counter)| ([("error", *error)], counter.value()))
        .collect();
    let samples = refusals.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters(
        "grantd_token_refusals",
        "Token requests that got none, by the error of the answer.",
        samples,
    );
}

fn limits(scrape: &mut Scrape, state: &State) {
    let metrics = &state.metrics;
    let limited: Vec<_> = LIMITS
        .iter()
        .zip(&metrics.limited)
        .map(|((endpoint, whose), counter)| {
            let endpoint = match endpoint {
                Limited::TokenEndpoint => "token",
                Limited::ManagementApi => "management_api",
            };
            let limit = match whose {
                TooMany::OfAll => "global",
                TooMany::OfClient => "per_client",
            };
            ([("endpoint", endpoint), ("limit", limit)], counter.value())
        })
        .collect();
    let samples = limited.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters("grantd_rate_limited", "Requests beyond a rate limit.", samples);
    let help = "Token requests that were turned away because there were too many to work on.";
    scrape.counter("grantd_overloaded", help, metrics.overloaded.value());
    let help = "Tokens that count in a quota.";
    scrape.counter("grantd_quota_tokens", help, metrics.quota_counted.value());
    let exceeded = ENTITIES.iter().zip(&metrics.quota_exceeded);
    let exceeded: Vec<_> =
        exceeded.map(|(entity, counter)| ([("entity", entity.as_str())], counter.value())).collect();
    let samples = exceeded.iter().map(|(labels, value)| (&labels[..], *value));
    scrape.counters("grantd_quota_exceeded", "Token requests beyond a quota, by whose it is.", samples);
    let help = "Blocks of tokens that were asked for from the store.";
    scrape.counter("grantd_quota_reservations", help, metrics.quota_reservations.value());
    scrape.gauge(
        "grantd_quota_windows",
        "Windows that tokens are counted in.",
        whole(state.quotas.windows()),
    );
}

fn configuration(scrape: &mut Scrape, state: &State) {
    let snapshot = state.follower.newest();
    let help = "The revision of the configuration that tokens are issued by.";
    scrape.gauge("grantd_snapshot_revision", help, number(snapshot.revision().0));
    let help = "Seconds since the store last said that there is no newer one.";
    scrape.gauge("grantd_snapshot_age_seconds", help, state.follower.age().as_secs_f64());
    let sizes = snapshot.sizes();
    let records: [(&[(&'static str, &str)], usize); 5] = [
        (&[("kind", "client")], sizes.clients),
        (&[("kind", "resource_server")], sizes.resource_servers),
        (&[("kind", "client_grant")], sizes.client_grants),
        (&[("kind", "organization")], sizes.organizations),
        (&[("kind", "revoked_token")], sizes.revoked_tokens),
    ];
    let samples = records.into_iter().map(|(labels, size)| (labels, whole(size)));
    scrape.gauges("grantd_records", "Records of the configuration in memory.", samples);
}

fn event_log(scrape: &mut Scrape, state: &State) {
    let recorder = &state.recorder;
    scrape.counter("grantd_log_events", "Events that were recorded.", recorder.recorded());
    scrape.counter("grantd_log_events_lost", "Events that no log could take.", recorder.lost());
    scrape.gauge("grantd_log_events_waiting", "Events that are not written yet.", whole(recorder.waiting()));
}

/// A log that does not answer has no figures; that it does not answer is in the health check and in the log.
async fn log_streams(scrape: &mut Scrape, operations: &Operations) {
    let Some(streams) = &operations.streams else { return };
    let figures = streams.figures().await.unwrap_or_else(|error| {
        tracing::warn!(error = %Causes(&error), "there are no figures of log streams");
        Vec::new()
    });
    let labels: Vec<_> = figures.iter().map(|figures| [("stream_id", figures.id.as_str())]).collect();
    let each = |value: fn(&crate::StreamFigures) -> u64| {
        labels.iter().zip(&figures).map(move |(labels, figures)| (&labels[..], value(figures)))
    };
    let backlog = each(|figures| figures.backlog).map(|(labels, value)| (labels, number(value)));
    scrape.gauges(
        "grantd_log_stream_backlog",
        "Entries of the log that a stream has not looked at.",
        backlog,
    );
    let help = "Events that a stream has delivered.";
    scrape.counters("grantd_log_stream_delivered", help, each(|figures| figures.delivered));
    let help = "Deliveries that failed and are tried again.";
    scrape.counters("grantd_log_stream_failures", help, each(|figures| figures.failures));
    let help = "Entries that retention removed before a stream came to them.";
    scrape.counters("grantd_log_stream_skipped", help, each(|figures| figures.skipped));
}

fn process(scrape: &mut Scrape, operations: &Operations) {
    let Some(figures) = (operations.process)() else { return };
    scrape.seconds("process_cpu_seconds", "CPU time of the process.", figures.cpu_seconds);
    let started = number(figures.started.millis()) / 1e3;
    scrape.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", started);
    let resident = number(figures.resident_bytes);
    scrape.gauge("process_resident_memory_bytes", "Memory of the process that is resident.", resident);
    scrape.gauge("process_open_fds", "Open file descriptors.", number(figures.open_files));
}

fn whole(size: usize) -> f64 {
    number(size as u64)
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn number(value: u64) -> f64 {
    value as f64
}
