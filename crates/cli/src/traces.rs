//! Traces for `OpenTelemetry`, in binaries that are built with the feature `otlp`: a span for each request and one for each
//! step of the token endpoint, sent to a collector in batches by a thread of its own.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::Outcome;

/// The flag for traces.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct TraceFlags {
    /// Send a trace of every request to this collector (OTLP over HTTP, protobuf): its address without a path, as
    /// http://localhost:4318. Without it none are made.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,
}

/// Sends what is left when it goes.
pub(crate) struct Sent(SdkTracerProvider);

impl Drop for Sent {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

impl TraceFlags {
    /// The layer that makes traces out of spans, if anybody wants them.
    pub(crate) fn layer<S>(&self) -> Outcome<Option<(Box<dyn Layer<S> + Send + Sync>, Sent)>>
    where
        S: Subscriber + for<'s> LookupSpan<'s> + Send + Sync,
    {
        let Some(endpoint) = self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty()) else {
            return Ok(None);
        };
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()
            .map_err(|error| format!("--otlp-endpoint {endpoint}: {error}"))?;
        let resource = Resource::builder().with_attribute(version()).with_service_name("grantd").build();
        let provider =
            SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        let tracer = provider.tracer("grantd");
        let ours = Targets::new().with_target("grantd_server", Level::DEBUG);
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours);
        Ok(Some((Box::new(layer), Sent(provider))))
    }
}

fn version() -> KeyValue {
    KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))
}
