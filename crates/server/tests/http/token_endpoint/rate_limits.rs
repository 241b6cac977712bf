//! Rate limits of the token endpoint: of all requests together and of each client's, told in Auth0's headers.

use grantd_store::Change;
use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::assertions::stage_with;
use super::keys::{JWT_BEARER, RSA, assertion_claims};
use super::scene::{Scene, Stage};
use crate::support::{Answer, App};

/// The usual scene with these limits at the token endpoint.
async fn with_limits(limits: Value) -> Stage {
    let extensions = json!({"rate_limits": {"token_endpoint": limits}});
    let scene = Scene { extensions, ..Scene::default() };
    scene.make_in(App::recording().await).await
}

/// Status, body and what the headers say of limits.
fn shown(answer: &Answer) -> String {
    let told = answer.headers.iter().filter(|(name, _)| {
        ["ratelimit", "retry-after", "quota"].iter().any(|told| name.as_str().contains(told))
    });
    let headers: Vec<String> =
        told.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let body = if answer.status == 200 { "a token" } else { &answer.text };
    format!("{} {body}\n{}", answer.status.as_u16(), headers.join("\n"))
}

async fn limit_events(stage: &Stage) -> Vec<Value> {
    let events = stage.app.events().await.into_iter();
    events.filter(|event| event["type"].as_str().unwrap().starts_with("api_limit")).collect()
}

#[tokio::test]
async fn where_no_limit_is_set_nothing_is_said_of_any() {
    let stage = Stage::usual().await;
    assert_snapshot!(shown(&stage.ask(&[]).await), @"200 a token");
}

#[tokio::test]
async fn all_together_are_held_to_the_global_limit() {
    let stage = with_limits(json!({"global": {"burst": 2, "per_minute": 6}})).await;
    assert_snapshot!(shown(&stage.ask(&[]).await), @r"
    200 a token
    x-ratelimit-limit: 2
    x-ratelimit-remaining: 1
    x-ratelimit-reset: 1767323055
    ");
    // Who sends nonsense uses it up too.
    assert_snapshot!(shown(&stage.app.ask(&[]).await), @r#"
    400 {"error":"invalid_request","error_description":"Missing required parameter: grant_type"}
    x-ratelimit-limit: 2
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767323055
    "#);
    assert_snapshot!(shown(&stage.ask(&[]).await), @r#"
    429 {"error":"too_many_requests","error_description":"Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers."}
    x-ratelimit-limit: 2
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767323055
    retry-after: 10
    "#);
    stage.app.advance(10);
    stage.app.follower.catch_up().await.unwrap();
    assert_eq!(stage.ask(&[]).await.status, 200);
    assert_eq!(stage.ask(&[]).await.status, 429);
}

#[tokio::test]
async fn a_client_is_held_to_its_limit_and_hurts_nobody_else() {
    let mut stage = with_limits(json!({"per_client": {"burst": 2, "per_second": 1}})).await;
    let other = stage.create("other", "/clients", &json!({"name": "other"})).await;
    let grant = json!({"client_id": "{other}", "audience": "https://orders", "scope": ["read"]});
    stage.create("", "/client-grants", &grant).await;
    assert_snapshot!(shown(&stage.ask(&[]).await), @r"
    200 a token
    x-ratelimit-limit: 2
    x-ratelimit-remaining: 1
    x-ratelimit-reset: 1767323046
    auth0-ratelimit: client;q=2;t=1;r=1
    ");
    assert_eq!(stage.ask(&[]).await.status, 200);
    assert_snapshot!(shown(&stage.ask(&[]).await), @r#"
    429 {"error":"too_many_requests","error_description":"Rate limit exceeded."}
    x-ratelimit-limit: 2
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767323046
    retry-after: 1
    auth0-ratelimit: client;q=2;t=1;r=0
    "#);
    let (id, secret) = (other["client_id"].as_str().unwrap(), other["client_secret"].as_str().unwrap());
    assert_eq!(stage.ask(&[("client_id", id), ("client_secret", secret)]).await.status, 200);
}

#[tokio::test]
async fn strangers_use_up_nobodys_limit() {
    let stage = with_limits(json!({"per_client": {"burst": 1, "per_minute": 1}})).await;
    for _ in 0..5 {
        let answer = stage.ask(&[("client_secret", "wrong")]).await;
        assert_eq!(answer.status, 401);
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
    assert_eq!(stage.ask(&[]).await.status, 200);
}

#[tokio::test]
async fn a_denied_request_counts_once_though_it_is_checked_again() {
    let stage = with_limits(json!({"per_client": {"burst": 3, "per_minute": 1}})).await;
    let denied = stage.ask(&[("audience", "https://nowhere")]).await;
    assert_eq!(denied.headers["x-ratelimit-remaining"], "2");
    // The store has changed since: the denial is decided by two revisions.
    let tenant = stage.app.store.tenant().await.unwrap();
    stage.app.store.commit(vec![Change::UpdateTenant(tenant)]).await.unwrap();
    let denied = stage.ask(&[("audience", "https://nowhere")]).await;
    assert_eq!(
        (denied.status.as_u16(), &denied.headers["x-ratelimit-remaining"]),
        (403, &"1".parse().unwrap())
    );
}

#[tokio::test]
async fn one_too_many_spends_nothing_that_works_once() {
    let stage = stage_with(&RSA, "RS256").await;
    let limits = json!({"token_endpoint": {"per_client": {"burst": 1, "per_second": 1}}});
    stage.extend(&json!({"rate_limits": limits})).await;
    let send = async |jti: &str| {
        let mut claims = assertion_claims(&stage.filled("{client}"));
        claims["jti"] = json!(jti);
        let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
        let parameters =
            [("client_id", ""), ("client_assertion_type", JWT_BEARER), ("client_assertion", &*assertion)];
        stage.ask(&parameters).await.status.as_u16()
    };
    assert_eq!([send("a").await, send("b").await], [200, 429]);
    stage.app.advance(1);
    stage.app.follower.catch_up().await.unwrap();
    assert_eq!(send("b").await, 200);
}

#[tokio::test]
async fn of_two_limits_the_headers_tell_the_one_that_is_closer() {
    let both = json!({
        "global": {"burst": 100, "per_second": 10},
        "per_client": {"burst": 10, "per_second": 10},
    });
    let stage = with_limits(both).await;
    let first = stage.ask(&[]).await;
    assert_eq!(
        (&first.headers["x-ratelimit-limit"], &first.headers["x-ratelimit-remaining"]),
        (&"10".parse().unwrap(), &"9".parse().unwrap())
    );
    for _ in 0..50 {
        stage.app.ask(&[]).await;
    }
    stage.app.advance(1);
    stage.app.follower.catch_up().await.unwrap();
    let later = stage.ask(&[]).await;
    assert_eq!(later.headers["x-ratelimit-limit"], "100");
    assert_eq!(later.headers["auth0-ratelimit"], "client;q=10;t=1;r=9");
}

#[tokio::test]
async fn a_used_up_quota_says_so_in_place_of_the_limit() {
    let mut scene = Scene::default();
    scene.client["token_quota"] = json!({"client_credentials": {"per_hour": 1}});
    scene.extensions = json!({"rate_limits": {"token_endpoint": {"global": {"burst": 9, "per_second": 1}}}});
    let stage = scene.make().await;
    let issued = stage.ask(&[]).await;
    assert_eq!(issued.headers["x-ratelimit-limit"], "9");
    assert_snapshot!(shown(&stage.ask(&[]).await), @r#"
    429 {"error":"too_many_requests","error_description":"Client quota exceeded"}
    auth0-client-quota-limit: b=per_hour;q=1;r=0;t=3355
    x-ratelimit-limit: 1
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767326400
    retry-after: 3355
    "#);
}

#[tokio::test]
async fn the_log_tells_of_a_limit_once_a_minute_and_of_no_request_beyond_it() {
    let stage = with_limits(json!({"per_client": {"burst": 5, "per_minute": 1}})).await;
    for _ in 0..20 {
        stage.ask(&[]).await;
    }
    let events = limit_events(&stage).await;
    let told: Vec<_> = events.iter().map(|event| (&event["type"], &event["description"])).collect();
    assert_eq!(
        told,
        [
            (&json!("api_limit_warning"), &json!("80% of the Client limit has been reached")),
            (&json!("api_limit"), &json!("Client limit has been reached")),
        ]
    );
    assert_eq!(events[1]["client_id"], stage.filled("{client}"));
    assert_eq!(
        events[1]["details"],
        json!({"limit": 5, "request": {"method": "post", "path": "/oauth/token"}, "response": {}})
    );
    let all = stage.app.events().await;
    let denied = all.iter().filter(|event| event["type"] == "feccft").count();
    assert_eq!(denied, 0);
}

#[tokio::test]
async fn limits_end_when_they_are_removed() {
    let stage = with_limits(json!({"global": {"burst": 1, "per_minute": 1}})).await;
    assert_eq!([stage.ask(&[]).await.status, stage.ask(&[]).await.status], [200, 429]);
    stage.extend(&json!({"rate_limits": null})).await;
    assert_snapshot!(shown(&stage.ask(&[]).await), @"200 a token");
}
