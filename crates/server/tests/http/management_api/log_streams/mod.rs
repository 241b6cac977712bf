//! `/log-streams` and the secrets that their deliveries are signed with. Delivery itself is in `tests/log_streams`.

mod create;
mod delete;
mod get;
mod list;
mod refused;
mod signing_secret;
mod update;

use http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, App};

/// A body with everything that a webhook can have.
fn everything() -> Value {
    json!({
        "sink": {
            "httpAuthorization": "Bearer s3cr3t", "httpContentFormat": "JSONARRAY",
            "httpContentType": "application/json; charset=utf-8",
            "httpEndpoint": "https://receiver.test/logs?key=1",
            "httpCustomHeaders": [{"header": "X-Tenant", "value": "one"}],
        },
        "type": "http", "name": "SIEM", "isPriority": true,
        "filters": [{"type": "category", "name": "management.success"}],
        "pii_config": {"log_fields": ["email"], "method": "hash", "algorithm": "xxhash"},
        "startFrom": "2026-01-01T00:00:00Z",
    })
}

/// Status, `errorCode` and message of a refusal.
fn refusal(answer: &Answer) -> String {
    let body = answer.json();
    let message = body["message"].as_str().unwrap_or_default();
    format!("{} {} {message}", answer.status.as_u16(), body["errorCode"].as_str().unwrap_or_default())
}

/// A request for the secret of a stream.
async fn secret(app: &App, token: &str, method: &str, id: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/grantd/v1/log-streams/{id}/signing-secret"))
        .header("authorization", format!("Bearer {token}"))
        .body("".into())
        .unwrap();
    app.send(request).await
}
