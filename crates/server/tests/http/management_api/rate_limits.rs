//! Rate limits of the Management API: of all requests together and of each caller's, told in Auth0's headers.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::Requests;
use super::settings::call;
use crate::support::{Answer, App};

async fn with_limits(limits: Value) -> App {
    let app = App::recording().await;
    let body = json!({"rate_limits": {"management_api": limits}});
    let answer = call(&app, &app.token(), "PATCH", Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    app
}

/// Status, body and what the headers say of limits.
fn shown(answer: &Answer) -> String {
    let told = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().contains("ratelimit") || *name == "retry-after");
    let headers: Vec<String> =
        told.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    format!("{}\n{}", answer.wire(), headers.join("\n"))
}

#[tokio::test]
async fn where_no_limit_is_set_nothing_is_said_of_any() {
    let app = App::start().await;
    assert!(app.get("/organizations").await.headers.keys().all(|name| !name.as_str().contains("ratelimit")));
}

#[tokio::test]
async fn all_together_are_held_to_the_global_limit_also_who_is_nobody() {
    let app = with_limits(json!({"global": {"burst": 3, "per_minute": 60}})).await;
    assert_snapshot!(shown(&app.get("/organizations").await), @r"
    200 OK
    []
    x-ratelimit-limit: 3
    x-ratelimit-remaining: 2
    x-ratelimit-reset: 1767323046
    ");
    assert_snapshot!(shown(&app.call_with("a.b.c", "GET", "/clients", None).await), @r#"
    401 Unauthorized
    {"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}
    x-ratelimit-limit: 3
    x-ratelimit-remaining: 1
    x-ratelimit-reset: 1767323046
    "#);
    assert_eq!(call(&app, &app.token(), "GET", None).await.headers["x-ratelimit-remaining"], "0");
    assert_snapshot!(shown(&app.get("/organizations").await), @r#"
    429 Too Many Requests
    {"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}
    x-ratelimit-limit: 3
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767323046
    retry-after: 1
    "#);
    app.advance(1);
    app.follower.catch_up().await.unwrap();
    assert_eq!(app.get("/organizations").await.status, 200);
}

#[tokio::test]
async fn a_caller_is_held_to_its_limit_and_nothing_it_asks_beyond_is_done() {
    let app = with_limits(json!({"per_client": {"burst": 1, "per_minute": 1}})).await;
    assert_eq!(app.get("/organizations").await.json(), json!([]));
    let refused = app.call("POST", "/organizations", Some(json!({"name": "acme"}))).await;
    assert_snapshot!(shown(&refused), @r#"
    429 Too Many Requests
    {"statusCode":429,"error":"Too Many Requests","message":"Client limit has been reached","errorCode":"too_many_requests"}
    x-ratelimit-limit: 1
    x-ratelimit-remaining: 0
    x-ratelimit-reset: 1767323105
    retry-after: 60
    "#);
    let events = app.events().await;
    let told: Vec<_> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(told, ["sapi", "api_limit_warning", "api_limit"]);
    assert_eq!(
        events[2]["details"],
        json!({"limit": 1, "request": {"method": "post", "path": "/api/v2/organizations"}, "response": {}})
    );
    app.advance(60);
    app.follower.catch_up().await.unwrap();
    assert_eq!(app.get("/organizations").await.json(), json!([]));
}

#[tokio::test]
async fn settings_show_the_limits_as_they_were_set() {
    let app = App::start().await;
    let limits = json!({
        "token_endpoint": {
            "global": {"burst": 200, "per_second": 100},
            "per_client": {"burst": 10, "per_minute": 100},
        },
        "management_api": {"global": {"burst": 50, "per_second": 16}},
    });
    let set = call(&app, &app.token(), "PATCH", Some(json!({"rate_limits": limits}))).await;
    assert_eq!((set.status.as_u16(), &set.json()["rate_limits"]), (200, &limits));
    // They are replaced whole.
    let body = json!({"rate_limits": {"token_endpoint": {"global": {"burst": 1, "per_second": 1}}}});
    let set = call(&app, &app.token(), "PATCH", Some(body.clone())).await;
    assert_eq!(set.json()["rate_limits"]["token_endpoint"], body["rate_limits"]["token_endpoint"]);
    assert_eq!(set.json()["rate_limits"]["management_api"], json!({}));
    let set = call(&app, &app.token(), "PATCH", Some(json!({"rate_limits": null}))).await;
    assert_eq!(set.json()["rate_limits"], Value::Null);
}

#[tokio::test]
async fn what_is_no_limit_is_refused_in_words_that_name_it() {
    let app = App::start().await;
    let in_place = |limit: Value| json!({"rate_limits": {"token_endpoint": {"global": limit}}});
    let mut messages = Vec::new();
    for body in [
        json!({"rate_limits": {}}),
        json!({"rate_limits": {"token_endpoint": {}}}),
        in_place(json!({"burst": 1})),
        in_place(json!({"burst": 0, "per_second": 1})),
        in_place(json!({"burst": 1_000_001, "per_second": 1})),
        in_place(json!({"burst": 1, "per_second": 1, "per_minute": 1})),
        in_place(json!({"per_second": 1, "per_minute": 1})),
        in_place(json!({"burst": 1, "per_hour": 1})),
        in_place(json!({"burst": 1.5, "per_second": 1})),
    ] {
        let answer = call(&app, &app.token(), "PATCH", Some(body)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        messages.push(answer.json()["message"].as_str().unwrap().to_owned());
    }
    assert_snapshot!(messages.join("\n"), @"
    Payload validation error: 'Too few properties defined (0), minimum 1' on property rate_limits (How many requests there may be; null for no limit).
    Payload validation error: 'Too few properties defined (0), minimum 1' on property rate_limits.token_endpoint.
    Payload validation error: 'Too few properties defined (1), minimum 2' on property rate_limits.token_endpoint.global (A limit has a burst, and either per_second or per_minute).
    Payload validation error: 'Value 0 is less than minimum 1' on property rate_limits.token_endpoint.global.burst.
    Payload validation error: 'Value 1000001 is greater than maximum 1000000' on property rate_limits.token_endpoint.global.burst.
    Payload validation error: 'Too many properties defined (3), maximum 2' on property rate_limits.token_endpoint.global (A limit has a burst, and either per_second or per_minute).
    Payload validation error: 'Missing required property: burst' on property rate_limits.token_endpoint.global (A limit has a burst, and either per_second or per_minute).
    Payload validation error: 'Additional properties not allowed: per_hour' on property rate_limits.token_endpoint.global (A limit has a burst, and either per_second or per_minute).
    Payload validation error: 'Expected type integer but found type number' on property rate_limits.token_endpoint.global.burst.
    ");
}
