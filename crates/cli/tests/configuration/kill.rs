//! kill -9 while a configuration is applied, at random moments: all of it is there, or nothing.
//!
//! The ordinary run kills 8 times within 500 grants, `GRANTD_TEST_LONG=1` 50 times within 5,000.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Place;
use crate::support::api::Api;

/// Every grant with this one scope.
fn document(grants: usize, version: usize) -> Value {
    let clients: Vec<Value> =
        (0..grants / 10).map(|number| json!({"name": format!("Client {number}")})).collect();
    let apis: Vec<Value> =
        (0..10).map(|number| json!({"identifier": format!("https://api-{number}.test/")})).collect();
    let grants: Vec<Value> = (0..grants)
        .map(|number| {
            json!({
                "client": format!("Client {}", number / 10),
                "audience": format!("https://api-{}.test/", number % 10),
                "scope": [format!("v{version}")],
            })
        })
        .collect();
    json!({"owner": "load", "resource_servers": apis, "clients": clients, "client_grants": grants})
}

/// The scopes that the grants have, each once, and how many grants there are.
async fn scopes(api: &Api) -> (Vec<Value>, usize) {
    let grants = api.list("/api/v2/client-grants", "client_grants").await;
    let mut scopes: Vec<Value> = Vec::new();
    let declared: Vec<_> = grants
        .iter()
        .filter(|grant| grant["audience"].as_str().unwrap().starts_with("https://api-"))
        .collect();
    for grant in &declared {
        if !scopes.contains(&grant["scope"]) {
            scopes.push(grant["scope"].clone());
        }
    }
    (scopes, declared.len())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn an_apply_that_is_killed_is_whole_or_was_never_there() {
    let is_long = std::env::var_os("GRANTD_TEST_LONG").is_some();
    let (rounds, grants) = if is_long { (50, 5_000) } else { (8, 500) };
    let place = Place::new();
    let mut server = place.start(&[]);
    let mut api = Api::open(&server.base, &place.data()).await;
    let begun = Instant::now();
    let answer =
        api.call(Method::POST, "/grantd/v1/apply", Some(&json!({"document": document(grants, 0)}))).await;
    let took = begun.elapsed();
    assert_eq!(answer.status, 200, "{}", answer.body);
    println!("{grants} grants were applied in {took:.2?}");
    let (mut version, mut done, mut undone) = (0, 0, 0);
    for round in 1..=rounds {
        // From before the request arrives until after it is done, in steps that no two rounds share.
        let delay = took.mul_f64(1.2 * f64::from(round) / f64::from(rounds));
        let next = version + 1;
        let body = json!({"document": document(grants, next)});
        let applying = {
            let api = api.clone();
            tokio::spawn(async move { api.try_call(Method::POST, "/grantd/v1/apply", Some(&body)).await })
        };
        pause(delay).await;
        server.kill();
        let acknowledged = applying.await.unwrap().is_ok_and(|answer| answer.status == 200);
        server = place.start(&[]);
        api = Api::open(&server.base, &place.data()).await;
        let (scopes, count) = scopes(&api).await;
        assert_eq!(count, grants);
        let (former, new) = (vec![json!([format!("v{version}")])], vec![json!([format!("v{next}")])]);
        assert!(scopes == former || scopes == new, "round {round}: {scopes:?}");
        assert!(!acknowledged || scopes == new, "round {round}: what was acknowledged is not there");
        if scopes == new {
            version = next;
            done += 1;
        } else {
            undone += 1;
        }
    }
    println!("{rounds} kills: {done} times all of it was there, {undone} times nothing");
}

/// The moment of the kill is what this test is about, so it is waited for and not a condition.
async fn pause(delay: Duration) {
    tokio::time::sleep(delay).await;
}
