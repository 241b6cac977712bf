//! Token quotas (Auth0: Fine-grained M2M token quotas): exact, in windows of UTC, told in headers, warned of in time.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::scene::{Scene, Stage};
use crate::support::{Answer, App, Stop};

fn quota(numbers: impl Into<Value>) -> Value {
    json!({"client_credentials": numbers.into()})
}

/// The usual scene, where the client has this quota.
async fn with_quota(numbers: Value) -> Stage {
    let mut scene = Scene::default();
    scene.client["token_quota"] = quota(numbers);
    scene.make_in(App::recording().await).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

/// How many of so many requests get a token.
async fn tokens(stage: &Stage, requests: usize) -> usize {
    let mut issued = 0;
    for _ in 0..requests {
        issued += usize::from(stage.ask(&[]).await.status == 200);
    }
    issued
}

/// Lets time pass, in which the server follows its store.
async fn later(stage: &Stage, seconds: u64) {
    stage.app.advance(seconds);
    stage.app.follower.catch_up().await.unwrap();
}

async fn warnings(stage: &Stage) -> Vec<String> {
    let events = stage.app.events().await;
    let warnings = events.iter().filter(|event| event["type"] == "token_quota_consumption_warning");
    warnings.map(|event| event["description"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_token_says_how_the_quotas_of_its_client_stand() {
    let stage = with_quota(json!({"per_hour": 10, "per_day": 50})).await;
    let answer = stage.ask(&[]).await;
    // It is 03:04:05.
    let expected = "b=per_hour;q=10;r=9;t=3355,b=per_day;q=50;r=49;t=75355";
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some(expected));
    assert_eq!(header(&answer, "auth0-organization-quota-limit"), None);
    assert_eq!(header(&answer, "x-ratelimit-limit"), None);
}

#[tokio::test]
async fn a_token_that_no_quota_applies_to_says_nothing() {
    let stage = Stage::usual().await;
    let answer = stage.ask(&[]).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().contains("quota")), "{:?}", answer.headers);
}

#[tokio::test]
async fn what_is_beyond_the_quota_is_refused_until_the_hour_ends() {
    let stage = with_quota(json!({"per_hour": 3, "per_day": 50})).await;
    assert_eq!(tokens(&stage, 5).await, 3);
    let refused = stage.ask(&[]).await;
    assert_eq!(stage.in_a_line(&refused), "429 too_many_requests: Client quota exceeded");
    let headers = [
        "auth0-client-quota-limit",
        "retry-after",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ];
    assert_eq!(
        headers.map(|name| header(&refused, name).unwrap_or_default()),
        ["b=per_hour;q=3;r=0;t=3355,b=per_day;q=50;r=47;t=75355", "3355", "3", "0", "1767326400"]
    );
    later(&stage, 3354).await;
    assert_eq!(stage.ask(&[]).await.status, 429);
    later(&stage, 1).await;
    let answer = stage.ask(&[]).await;
    let expected = "b=per_hour;q=3;r=2;t=3600,b=per_day;q=50;r=46;t=72000";
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some(expected));
}

#[tokio::test]
async fn who_has_used_up_the_day_waits_for_tomorrow() {
    let stage = with_quota(json!({"per_hour": 1, "per_day": 1})).await;
    assert_eq!(tokens(&stage, 2).await, 1);
    assert_eq!(header(&stage.ask(&[]).await, "retry-after"), Some("75355"));
}

#[tokio::test]
async fn a_quota_that_is_only_observed_counts_and_refuses_nothing() {
    let stage = with_quota(json!({"per_hour": 2, "enforce": false})).await;
    assert_eq!(tokens(&stage, 4).await, 4);
    let answer = stage.ask(&[]).await;
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some("b=per_hour;q=2;r=0;t=3355"));
    assert_eq!(warnings(&stage).await.last().unwrap(), "100% of client per_hour quota consumed");
}

#[tokio::test]
async fn ones_own_quota_replaces_the_default_whole() {
    let default = quota(json!({"per_hour": 1, "per_day": 9}));
    let settings = json!({"default_token_quota": {"clients": default}});
    let scene = Scene { settings, ..Scene::default() };
    let stage = scene.make_in(App::recording().await).await;
    assert_eq!(tokens(&stage, 3).await, 1);
    stage.change("PATCH", "/clients/{client}", &json!({"token_quota": quota(json!({"per_day": 3}))})).await;
    let answer = stage.ask(&[]).await;
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some("b=per_day;q=3;r=1;t=75355"));
    stage.change("PATCH", "/clients/{client}", &json!({"token_quota": null})).await;
    assert_eq!(stage.ask(&[]).await.status, 429);
    stage.change("PATCH", "/tenants/settings", &json!({"default_token_quota": null})).await;
    assert_eq!(header(&stage.ask(&[]).await, "auth0-client-quota-limit"), None);
}

#[tokio::test]
async fn a_token_for_an_organization_counts_in_both_or_in_neither() {
    let mut scene = Scene::default();
    scene.client["token_quota"] = quota(json!({"per_hour": 10}));
    scene.grant_has("organization_usage", json!("allow"));
    scene.associated = vec!["acme"];
    scene.afterwards =
        vec![("PATCH", "/organizations/{acme}", json!({"token_quota": quota(json!({"per_day": 2}))}))];
    let stage = scene.make_in(App::recording().await).await;
    let answer = stage.ask(&[("organization", "{acme}")]).await;
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some("b=per_hour;q=10;r=9;t=3355"));
    assert_eq!(header(&answer, "auth0-organization-quota-limit"), Some("b=per_day;q=2;r=1;t=75355"));
    stage.ask(&[("organization", "{acme}")]).await;
    let refused = stage.ask(&[("organization", "{acme}")]).await;
    assert_eq!(stage.in_a_line(&refused), "429 too_many_requests: Organization quota exceeded");
    assert_eq!(header(&refused, "auth0-organization-quota-limit"), Some("b=per_day;q=2;r=0;t=75355"));
    assert_eq!(header(&refused, "auth0-client-quota-limit"), None);
    // The client's own count was not touched by the refusal, and goes on without the organization.
    let answer = stage.ask(&[]).await;
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some("b=per_hour;q=10;r=7;t=3355"));
}

#[tokio::test]
async fn what_is_denied_is_not_counted() {
    let stage = with_quota(json!({"per_hour": 1})).await;
    stage.ask(&[("scope", "unheard-of")]).await;
    stage.ask(&[("client_secret", "wrong")]).await;
    assert_eq!(tokens(&stage, 2).await, 1);
}

#[tokio::test]
async fn a_quota_that_is_changed_counts_what_was_issued_before() {
    let stage = with_quota(json!({"per_hour": 1000})).await;
    assert_eq!(tokens(&stage, 5).await, 5);
    stage.change("PATCH", "/clients/{client}", &json!({"token_quota": quota(json!({"per_hour": 4}))})).await;
    assert_eq!(stage.ask(&[]).await.status, 429);
    stage.change("PATCH", "/clients/{client}", &json!({"token_quota": quota(json!({"per_hour": 7}))})).await;
    // Of the block of ten that was reserved for a thousand, two more are within seven.
    assert_eq!(tokens(&stage, 5).await, 2);
}

#[tokio::test]
async fn warnings_come_at_60_80_and_100_per_cent_each_once_and_not_again_after_a_restart() {
    let mut stage = with_quota(json!({"per_hour": 10})).await;
    tokens(&stage, 9).await;
    let expected = ["60% of client per_hour quota consumed", "80% of client per_hour quota consumed"];
    assert_eq!(warnings(&stage).await, expected);
    stage.app.restart(Stop::InOrder).await;
    assert_eq!(tokens(&stage, 3).await, 1);
    let events = stage.app.events().await;
    let last = events.iter().rfind(|event| event["type"] == "token_quota_consumption_warning").unwrap();
    assert_eq!(warnings(&stage).await.len(), 3);
    let details = stage.named(&last["details"].to_string());
    insta::assert_snapshot!(details, @r#"{"bucket":"per_hour","entity_type":"client","entity_id":"{client}","quota":10,"quota_consumption_percentage":100,"quota_consumption":10}"#);
}

#[tokio::test]
async fn an_orderly_restart_wastes_nothing_and_a_crash_less_than_two_blocks() {
    let mut stage = with_quota(json!({"per_day": 1000})).await;
    assert_eq!(tokens(&stage, 15).await, 15);
    stage.app.restart(Stop::InOrder).await;
    let answer = stage.ask(&[]).await;
    assert_eq!(header(&answer, "auth0-client-quota-limit"), Some("b=per_day;q=1000;r=984;t=75355"));
    stage.app.restart(Stop::Crash).await;
    let answer = stage.ask(&[]).await;
    let remaining = header(&answer, "auth0-client-quota-limit").unwrap().split(['=', ';']).nth(5).unwrap();
    let remaining: u32 = remaining.parse().unwrap();
    assert!((963..=983).contains(&remaining), "{remaining} remain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_get_exactly_as_many_as_there_are() {
    let stage = std::sync::Arc::new(with_quota(json!({"per_hour": 120, "per_day": 100})).await);
    let tasks = (0..40).map(|_| {
        let stage = std::sync::Arc::clone(&stage);
        tokio::spawn(async move { tokens(&stage, 5).await })
    });
    let mut issued = 0;
    for task in tasks.collect::<Vec<_>>() {
        issued += task.await.unwrap();
    }
    assert_eq!(issued, 100);
    assert_eq!(stage.app.events().await.iter().filter(|event| event["type"] == "feccft").count(), 100);
}

/// What can happen to a server with a quota.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(u8),
    Later(u16),
    Limit(u16),
    Stop,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1_u8..20).prop_map(Step::Ask),
        1 => (1_u16..5000).prop_map(Step::Later),
        2 => (1_u16..400).prop_map(Step::Limit),
        1 => Just(Step::Stop),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Beside the naive count of one window: never one more than the limit, and as many as the limit but for what
    /// crashes may have wasted.
    #[test]
    fn whatever_happens_the_count_is_that_of_a_simple_counter(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stage = with_quota(json!({"per_hour": 100})).await;
            let (mut limit, mut issued, mut waste, mut left) = (100_u64, 0_u64, 0_u64, 3355_u64);
            for step in steps {
                match step {
                    Step::Ask(requests) => {
                        for _ in 0..requests {
                            let status = stage.ask(&[]).await.status.as_u16();
                            assert!(status == 200 || status == 429);
                            issued += u64::from(status == 200);
                            assert!(status == 429 || issued <= limit, "{issued} of {limit}");
                            assert!(status == 200 || issued + waste >= limit, "{issued} and {waste} of {limit}");
                        }
                    }
                    Step::Later(seconds) => {
                        let seconds = u64::from(seconds);
                        later(&stage, seconds).await;
                        if seconds >= left {
                            (issued, waste) = (0, 0);
                        }
                        left = 3600 - (3600 - left + seconds) % 3600;
                    }
                    Step::Limit(new) => {
                        limit = new.into();
                        let body = json!({"token_quota": quota(json!({"per_hour": new}))});
                        stage.change("PATCH", "/clients/{client}", &body).await;
                    }
                    Step::Stop => stage.app.restart(Stop::InOrder).await,
                    Step::Crash => {
                        stage.app.restart(Stop::Crash).await;
                        // Blocks are of the limit's size, and the limit may have been any.
                        waste += 8;
                    }
                }
            }
        });
    }
}
