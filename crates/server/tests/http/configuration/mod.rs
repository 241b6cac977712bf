//! POST /grantd/v1/plan and /apply, GET /grantd/v1/export: a whole configuration, declared.

mod authority;
mod convergence;
mod faults;
mod ownership;
mod steps;

use http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, App};

pub async fn call(app: &App, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/grantd/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map(|body| body.to_string()).unwrap_or_default().into())
        .unwrap();
    app.send(request).await
}

pub async fn plan(app: &App, body: Value) -> Answer {
    call(app, &app.token(), "POST", "/plan", Some(body)).await
}

pub async fn apply(app: &App, body: Value) -> Answer {
    call(app, &app.token(), "POST", "/apply", Some(body)).await
}

/// Applies a document, which has to succeed.
pub async fn applied(app: &App, document: Value) -> Value {
    let answer = apply(app, json!({ "document": document })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

pub async fn export(app: &App, query: &str) -> Value {
    let answer = call(app, &app.token(), "GET", &format!("/export{query}"), None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// What is done to whom: `create client Worker`.
pub fn steps(answer: &Value) -> Vec<String> {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    let steps = answer["steps"].as_array().unwrap().iter();
    steps.map(|step| ["action", "kind", "name"].map(|name| text(step, name)).join(" ")).collect()
}

/// Where what is wrong: `/clients/0: …`.
pub fn faults(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["errorCode"], "invalid_configuration");
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let answer = answer.json();
    let mut faults: Vec<String> = answer["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| format!("{}: {}", text(fault, "pointer"), text(fault, "message")))
        .collect();
    faults.sort();
    faults
}

/// A team's configuration, with one of everything.
pub fn payments() -> Value {
    json!({
        "version": 1,
        "owner": "payments",
        "tenant": {"friendly_name": "Payments"},
        "settings": {"scope_handling": "rfc6749"},
        "organizations": [{"name": "acme", "display_name": "Acme"}, {"name": "globex"}],
        "resource_servers": [{
            "identifier": "https://payments.test/",
            "name": "Payments",
            "scopes": [{"value": "read:payments"}, {"value": "write:payments", "description": "Pay"}],
        }],
        "clients": [
            {
                "name": "Worker",
                "app_type": "non_interactive",
                "client_secret": "a secret of the worker's own",
                "grant_types": ["client_credentials"],
                "default_organization": {"organization": "acme", "flows": ["client_credentials"]},
            },
            {"name": "Partner", "is_first_party": false, "app_type": "regular_web"},
        ],
        "client_grants": [
            {
                "client": "Worker",
                "audience": "https://payments.test/",
                "scope": ["read:payments"],
                "organization_usage": "allow",
                "organizations": ["acme", "globex"],
            },
            {"client": "Worker", "audience": "https://payments.test/", "subject_type": "user", "scope": []},
            {"client": "Worker", "audience": "@management-api", "scope": ["read:clients"]},
            {"default_for": "third_party_clients", "audience": "https://payments.test/", "scope": ["read:payments"]},
        ],
    })
}
