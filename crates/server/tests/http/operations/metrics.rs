//! GET /metrics

use std::collections::BTreeSet;

use serde_json::json;

use super::open_metrics::Scrape;
use crate::support::App;
use crate::token_endpoint::scene::{Scene, Stage};

async fn scrape(app: &App) -> Scrape {
    Scrape::read(&app.watched("/metrics").await.text)
}

/// How much each of these series has grown while something happened.
async fn grown(stage: &Stage, series: &[&str], happens: impl AsyncFnOnce()) -> Vec<f64> {
    let before = scrape(&stage.app).await;
    happens().await;
    let after = scrape(&stage.app).await;
    series.iter().map(|series| after.value(series) - before.value(series)).collect()
}

const ISSUED: &str = r#"grantd_tokens_issued_total{alg="RS256"}"#;
const SIGNED: &str = "grantd_token_signing_seconds_count";
const GOOD: &str = r#"grantd_http_requests_total{endpoint="token",status="200"}"#;
const TIMED: &str = r#"grantd_http_request_duration_seconds_count{endpoint="token"}"#;

#[tokio::test]
async fn a_token_is_counted_and_timed() {
    let stage = Stage::usual().await;
    let grown = grown(&stage, &[ISSUED, SIGNED, GOOD, TIMED], async || {
        assert_eq!(stage.ask(&[]).await.status, 200);
    });
    assert_eq!(grown.await, [1.0; 4]);
}

#[tokio::test]
async fn a_denial_is_counted_by_its_rule_and_its_error() {
    let stage = Stage::usual().await;
    let series = [
        r#"grantd_token_denials_total{rule="scope"}"#,
        r#"grantd_token_refusals_total{error="access_denied"}"#,
        r#"grantd_http_requests_total{endpoint="token",status="403"}"#,
        ISSUED,
    ];
    let grown = grown(&stage, &series, async || {
        assert_eq!(stage.ask(&[("scope", "delete")]).await.status, 403);
    });
    assert_eq!(grown.await, [1.0, 1.0, 1.0, 0.0]);
}

#[tokio::test]
async fn every_rule_is_there_before_it_has_denied_anything() {
    let text = App::start().await.watched("/metrics").await.text;
    for (rule, _) in grantd_decision::RULES {
        let line = format!("grantd_token_denials_total{{rule=\"{}\"}} 0\n", rule.as_str());
        assert!(text.contains(&line), "{line}");
    }
}

/// What strangers send differs each time; the series that it is counted in do not.
#[tokio::test]
async fn strangers_invent_no_series() {
    let stage = Stage::usual().await;
    let mut series = Vec::new();
    for round in 0..3 {
        for name in 0..20 {
            let name = format!("{round}-{name}");
            stage.ask(&[("client_id", &name)]).await;
            stage.ask(&[("grant_type", &name)]).await;
            stage.app.call("GET", &format!("/nowhere/{name}"), None).await;
            stage.app.call(&format!("METHOD-{name}"), "/clients", None).await;
        }
        series.push(scrape(&stage.app).await.len());
    }
    assert_eq!(series[0], series[1]);
    assert_eq!(series[0], series[2]);
}

#[tokio::test]
async fn limits_and_quotas_are_counted_by_what_they_held_back() {
    let mut scene = Scene::default();
    scene.client["token_quota"] = json!({"client_credentials": {"per_hour": 1}});
    scene.extensions =
        json!({"rate_limits": {"token_endpoint": {"per_client": {"burst": 2, "per_minute": 1}}}});
    let stage = scene.make().await;
    let series = [
        "grantd_quota_tokens_total",
        r#"grantd_quota_exceeded_total{entity="client"}"#,
        "grantd_quota_windows",
        "grantd_quota_reservations_total",
        r#"grantd_rate_limited_total{endpoint="token",limit="per_client"}"#,
        r#"grantd_token_refusals_total{error="too_many_requests"}"#,
    ];
    let grown = grown(&stage, &series, async || {
        for status in [200, 429, 429] {
            assert_eq!(stage.ask(&[]).await.status, status);
        }
    });
    assert_eq!(grown.await, [1.0, 1.0, 1.0, 1.0, 1.0, 2.0]);
}

#[tokio::test]
async fn the_configuration_is_told_by_its_revision_its_age_and_its_size() {
    let stage = Stage::usual().await;
    let clients = r#"grantd_records{kind="client"}"#;
    let series = ["grantd_snapshot_revision", clients, "grantd_management_writes_total"];
    let grown = grown(&stage, &series, async || {
        stage.change("POST", "/clients", &json!({"name": "another"})).await;
        assert_eq!(stage.app.call("POST", "/clients", Some(json!({}))).await.status, 400);
    });
    assert_eq!(grown.await, [1.0; 3]);
    stage.app.advance(7);
    let age = scrape(&stage.app).await.value("grantd_snapshot_age_seconds");
    assert!((age - 7.0).abs() < f64::EPSILON, "{age}");
}

#[tokio::test]
async fn events_are_counted_until_they_are_written() {
    let stage = Scene::default().make_in(App::recording().await).await;
    let grown = grown(&stage, &["grantd_log_events_total", "grantd_log_events_lost_total"], async || {
        stage.ask(&[]).await;
    });
    assert_eq!(grown.await, [1.0, 0.0]);
    stage.app.events().await;
    assert!(scrape(&stage.app).await.value("grantd_log_events_waiting").abs() < f64::EPSILON);
}

/// The table of docs/OPERATIONS.md has every metric, and no other.
#[tokio::test]
async fn every_metric_is_documented() {
    let stage = Stage::usual().await;
    stage.ask(&[]).await;
    let documented = include_str!("../../../../../docs/OPERATIONS.md");
    let documented: BTreeSet<&str> = documented
        .lines()
        .filter_map(|line| line.strip_prefix("| `grantd_"))
        .map(|rest| rest.split(['`', '{']).next().unwrap())
        .collect();
    let names = scrape(&stage.app).await.names();
    let told: BTreeSet<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("grantd_"))
        .map(|name| name.strip_suffix("_count").unwrap_or(name))
        .collect();
    // Those of log streams are there when there is a log.
    let of_streams = documented.iter().filter(|name| name.starts_with("log_stream_")).count();
    assert_eq!(of_streams, 4);
    let without: BTreeSet<&str> =
        documented.into_iter().filter(|name| !name.starts_with("log_stream_")).collect();
    assert_eq!(told, without);
}
