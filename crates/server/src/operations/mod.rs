//! What watches a server asks: whether it lives, whether it is ready, and figures. On an address of its own, without TLS and
//! without authentication: it shows no secret, and is not for the world.

mod exposition;
mod figures;
mod health;

use std::sync::Arc;

use axum::Router;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use grantd_model::Timestamp;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::{LogStreams, State};

/// What the operating system knows of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessFigures {
    /// Seconds of CPU time, in user space and the kernel.
    pub cpu_seconds: f64,
    /// Bytes of memory that are resident.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub open_files: u64,
    /// When it began.
    pub started: Timestamp,
}

/// Reads the figures of this process; none where they are not known.
type ReadProcess = Arc<dyn Fn() -> Option<ProcessFigures> + Send + Sync>;

/// The endpoints for whoever watches a server.
#[derive(Clone)]
pub struct Operations {
    state: Arc<State>,
    streams: Option<Arc<LogStreams>>,
    process: ReadProcess,
}

impl Operations {
    /// Of this server.
    pub fn new(state: Arc<State>) -> Self {
        Self { state, streams: None, process: Arc::new(|| None) }
    }

    /// With its log streams.
    #[must_use]
    pub fn with_log_streams(self, streams: Option<Arc<LogStreams>>) -> Self {
        Self { streams, ..self }
    }

    /// With what the operating system knows.
    #[must_use]
    pub fn with_process(self, read: impl Fn() -> Option<ProcessFigures> + Send + Sync + 'static) -> Self {
        Self { process: Arc::new(read), ..self }
    }

    /// Every route.
    pub fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(|| async { health::live() }))
            .route("/health/ready", get(health::ready))
            .route("/metrics", get(metrics))
            .fallback(unknown_path)
            .with_state(self)
    }
}

/// In the text format of `OpenMetrics`, which Prometheus reads.
async fn metrics(Shared(operations): Shared<Operations>) -> Response {
    match exposition::text(figures::of(&operations).await) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn unknown_path() -> Response {
    (StatusCode::NOT_FOUND, "There are /health/live, /health/ready and /metrics here.\n").into_response()
}
