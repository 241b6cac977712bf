//! Live: the process answers. Ready: it can issue tokens and keep what it is told, so requests may be sent to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use grantd_model::Causes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use tokio::time::timeout;

use super::Operations;
use crate::State;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    checks: Checks,
}

/// Each `ok`, or what is wrong.
#[derive(Serialize)]
struct Checks {
    server: String,
    snapshot: String,
    store: String,
    event_log: String,
}

pub(super) fn live() -> Response {
    answer(StatusCode::OK, br#"{"status":"live"}"#.to_vec())
}

pub(super) async fn ready(Shared(operations): Shared<Operations>) -> Response {
    let checks = checks(&operations.state).await;
    let all = [&checks.server, &checks.snapshot, &checks.store, &checks.event_log];
    let is_ready = all.into_iter().all(|check| check == "ok");
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unready") };
    answer(status, serde_json::to_vec(&Ready { status: word, checks }).unwrap_or_default())
}

async fn checks(state: &State) -> Checks {
    let ok = || "ok".to_owned();
    let store = match timeout(PATIENCE, state.context.store.ping()).await {
        Ok(Ok(())) => ok(),
        Ok(Err(error)) => Causes(&error).to_string(),
        Err(_) => "the store does not answer".to_owned(),
    };
    let stopping = state.stopping.load(Ordering::Relaxed);
    Checks {
        server: if stopping { "it is stopping".to_owned() } else { ok() },
        snapshot: state.follower.current().map_or_else(|old| old.to_string(), |_| ok()),
        store,
        event_log: if state.recorder.is_full() {
            "events are lost: it cannot be written".to_owned()
        } else {
            ok()
        },
    }
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}
