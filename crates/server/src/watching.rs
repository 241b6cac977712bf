//! Every request is watched here: counted, timed, and told of in one event of the process's log.
//!
//! What a handler alone knows (the client, the reason of a refusal) it leaves with its answer as [`Told`]. Nothing of a
//! request is in the event but its method, the template of its path and its sender: no query, no header, no body.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use grantd_decision::Rule;
use grantd_model::ClientId;
use http::{Extensions, Method, StatusCode};
use tracing::field::Empty;
use tracing::{Instrument, Level, Span};

use crate::State;
use crate::events::sender;
use crate::metrics::Endpoint;

/// Characters of a text that an event repeats.
const LONGEST: usize = 600;

/// What a handler knows of a request that its answer does not show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The client that asked, or that was named.
    pub(crate) client_id: Option<ClientId>,
    /// The `error` or `errorCode` of the answer.
    pub(crate) error: Option<&'static str>,
    /// The rule that denied.
    pub(crate) rule: Option<Rule>,
    /// The true reason, on one line.
    pub(crate) reason: Option<String>,
}

impl Told {
    /// A client was served.
    pub(crate) fn of_client(client_id: ClientId) -> Self {
        Self { client_id: Some(client_id), ..Self::default() }
    }

    /// Leaves it with the answer.
    pub(crate) fn with(self, mut answer: Response) -> Response {
        answer.extensions_mut().insert(self);
        answer
    }
}

/// The middleware around all endpoints.
pub(crate) async fn watch(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let tells = tracing::enabled!(target: "grantd::request", Level::INFO);
    let asked = tells.then(|| {
        let from = sender(request.headers(), request.extensions());
        (request.method().clone(), from)
    });
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = span(&request, route.as_ref());
    let mut answer = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();
    let endpoint = Endpoint::of(route.as_ref().map_or("", MatchedPath::as_str));
    state.metrics.answered(endpoint, answer.status(), took);
    let told = answer.extensions_mut().remove::<Told>().unwrap_or_default();
    finish(&span, &told, answer.status());
    if let (Endpoint::Token, Some(error)) = (endpoint, told.error) {
        state.metrics.refused(error, told.rule);
    }
    if let Some((method, from)) = asked {
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tell(&told, &method, route, answer.status().as_u16(), microseconds, from);
    }
    answer
}

/// The span of a request, where somebody collects spans; with the feature `otlp` a part of the caller's trace (W3C Trace
/// Context).
fn span(request: &Request, route: Option<&MatchedPath>) -> Span {
    let route = route.map_or("none", MatchedPath::as_str);
    let span = tracing::debug_span!(
        "request",
        otel.name = format!("{} {route}", name(request.method())),
        otel.kind = "server",
        http.method = name(request.method()),
        http.route = route,
        http.status = Empty,
        client.id = Empty,
        error = Empty,
        otel.status_code = Empty,
    );
    #[cfg(feature = "otlp")]
    trace_context::adopt(&span, request.headers());
    span
}

/// What is known of a request in the end.
fn finish(span: &Span, told: &Told, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    span.record("http.status", status.as_u16());
    if let Some(client) = &told.client_id {
        span.record("client.id", client.as_str());
    }
    if let Some(error) = told.error {
        span.record("error", error);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

#[cfg(feature = "otlp")]
mod trace_context {
    //! The caller's trace, from its `traceparent`.

    use http::HeaderMap;
    use opentelemetry::propagation::Extractor;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    struct Headers<'h>(&'h HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(http::HeaderName::as_str).collect()
        }
    }

    /// The span goes on with the caller's trace, if it named one. A span that nobody collects has no parent.
    pub(super) fn adopt(span: &Span, headers: &HeaderMap) {
        if span.is_disabled() || !headers.contains_key("traceparent") {
            return;
        }
        let context =
            opentelemetry::global::get_text_map_propagator(|context| context.extract(&Headers(headers)));
        drop(span.set_parent(context));
    }
}

/// A method that somebody has invented has any length and is in no log.
fn name(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if known.contains(method) { method.as_str() } else { "other" }
}

/// One event: of the server's own failures an error.
fn tell(told: &Told, method: &Method, route: &str, status: u16, microseconds: u64, from: Option<IpAddr>) {
    macro_rules! tell {
        ($level:ident) => {
            tracing::$level!(
                target: "grantd::request",
                {
                http.method = name(method),
                http.route = route,
                http.status = status,
                duration_us = microseconds,
                client.ip = from.map(tracing::field::display),
                client.id = told.client_id.as_ref().map(ClientId::as_str),
                error = told.error,
                rule = told.rule.map(Rule::as_str),
                reason = told.reason,
                },
                "request"
            )
        };
    }
    if status >= 500 { tell!(error) } else { tell!(info) }
}

/// The template of a request's path.
pub(crate) fn route(extensions: &Extensions) -> &str {
    extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}

/// What strangers send, for the log: a part of it, without what could end the line or move the cursor.
pub(crate) fn printable(text: &str) -> String {
    let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    let shown = text.chars().map(|letter| if breaks(letter) { char::REPLACEMENT_CHARACTER } else { letter });
    shown.take(LONGEST).collect()
}
