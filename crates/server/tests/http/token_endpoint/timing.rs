//! Who asks with wrong credentials learns nothing: not from the answer, and not from how long it takes.

use std::time::{Duration, Instant};

use serde_json::json;

use super::scene::{Scene, Stage};
use super::wire::{FORM, basic, form, post, signed_form};
use crate::support::Answer;

/// What differs on purpose: nothing.
fn whole(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status.as_u16(), headers.collect(), answer.text.clone())
}

async fn of_method(method: &str) -> Stage {
    let mut scene = Scene::default();
    scene.client["token_endpoint_auth_method"] = json!(method);
    scene.make().await
}

#[tokio::test]
async fn strangers_get_the_same_answer_whatever_is_wrong() {
    let (by_post, by_basic) = (of_method("client_secret_post").await, of_method("client_secret_basic").await);
    let in_body =
        async |stage: &Stage, body: &str| whole(&post(stage, &[("content-type", FORM)], body).await);
    let in_header = async |stage: &Stage, credentials: &str| {
        let header = basic(stage, credentials);
        whole(&post(stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await)
    };
    let unknown = in_body(&by_post, &form("&client_id=nobody&client_secret=x")).await;
    assert_eq!(unknown.0, 401);
    assert_eq!(in_body(&by_post, &form("&client_id={client}&client_secret=x")).await, unknown);
    assert_eq!(in_body(&by_basic, &signed_form("")).await, unknown);
    assert_eq!(in_body(&by_basic, &form("&client_id={client}&client_secret=x")).await, unknown);
    // Without a secret as well, and for an API that is unknown or not granted.
    assert_eq!(in_body(&by_post, &form("&client_id={client}")).await, unknown);
    assert_eq!(in_body(&by_post, &form("&client_id=nobody")).await, unknown);
    let elsewhere = form("&client_id={client}&client_secret=x").replace("https://orders", "https://nowhere");
    assert_eq!(in_body(&by_post, &elsewhere).await, unknown);

    let unknown = in_header(&by_basic, "nobody:x").await;
    assert_eq!(unknown.0, 401);
    assert_eq!(in_header(&by_basic, "{client}:x").await, unknown);
    assert_eq!(in_header(&by_post, "{client}:{secret}").await, unknown);
    assert_eq!(in_header(&by_post, "{client}:x").await, unknown);
}

const REQUESTS: usize = 4_000;

/// The medians of many interleaved requests; a busy machine moves them alike. Only with `GRANTD_TEST_LONG=1`.
#[tokio::test]
async fn strangers_wait_equally_long_whatever_is_wrong() {
    if std::env::var_os("GRANTD_TEST_LONG").is_none() {
        return;
    }
    let stage = Stage::usual().await;
    let right_length = "x".repeat(stage.secret().len());
    let id = stage.filled("{client}");
    let unknown_id = "x".repeat(id.len());
    let nearly = format!("{}x", stage.secret().split_at(stage.secret().len() - 1).0);
    let kinds = [(&id, &right_length), (&unknown_id, &right_length), (&id, &nearly)];
    let mut times = kinds.map(|_| Vec::with_capacity(REQUESTS));
    for round in 0..REQUESTS {
        // Each goes first, second and last equally often: what was asked before warms the caches.
        for position in 0..kinds.len() {
            let kind = (round + position) % kinds.len();
            let (id, secret) = kinds[kind];
            let start = Instant::now();
            let answer = stage.ask(&[("client_id", id), ("client_secret", secret)]).await;
            times[kind].push(start.elapsed());
            assert_eq!(answer.status, 401);
        }
    }
    let medians = times.map(|mut times| {
        times.sort_unstable();
        times[REQUESTS / 2]
    });
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(most.abs_diff(*least) < *least / 20 + Duration::from_micros(5), "{medians:?}");
}
