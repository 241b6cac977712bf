//! GET /client-grants, in checkpoints: every grant once, whatever happens to the list meanwhile.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, api, client, grant, text};
use crate::support::App;

/// The ids of this many grants, in list order.
async fn with_grants(count: usize) -> (App, Vec<String>) {
    let app = App::start().await;
    api(&app).await;
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(grant(&app, json!({"client_id": client(&app).await})).await);
    }
    ids.sort();
    (app, ids)
}

fn ids(list: &Value) -> Vec<String> {
    list["client_grants"].as_array().unwrap().iter().map(|grant| text(grant, "id")).collect()
}

/// Follows `next` to the end, and returns the pages.
async fn pages(app: &App, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut from = String::new();
    loop {
        let page = app.get(&format!("/client-grants?{query}&from={from}")).await.json();
        pages.push(ids(&page));
        match page.get("next") {
            Some(next) => next.as_str().unwrap().clone_into(&mut from),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn following_next_shows_every_grant_once() {
    let (app, all) = with_grants(7).await;
    for take in 1..=8 {
        let pages = pages(&app, &format!("take={take}")).await;
        assert_eq!(pages.concat(), all, "take={take}");
        assert_eq!(pages.len(), all.len().div_ceil(take), "no page is empty at take={take}");
    }
}

#[tokio::test]
async fn the_last_page_has_no_next_even_when_it_is_full() {
    let (app, _) = with_grants(2).await;
    assert!(app.get("/client-grants?take=1").await.json()["next"].is_string());
    assert!(app.get("/client-grants?take=2").await.json().get("next").is_none());
}

#[tokio::test]
async fn a_cursor_outlives_the_grant_that_it_points_at() {
    let (app, all) = with_grants(5).await;
    let first = app.get("/client-grants?take=2").await.json();
    for gone in &all[..3] {
        app.delete(&format!("/client-grants/{gone}")).await;
    }
    let next = text(&first, "next");
    let second = app.get(&format!("/client-grants?take=2&from={next}")).await.json();
    assert_eq!(ids(&second), all[3..]);
    let again = app.get(&format!("/client-grants?take=2&from={next}")).await.json();
    assert_eq!(again, second);
}

#[tokio::test]
async fn grants_made_between_two_pages_neither_repeat_nor_hide_others() {
    let (app, before) = with_grants(6).await;
    let first = app.get("/client-grants?take=3").await.json();
    for _ in 0..6 {
        grant(&app, json!({"client_id": client(&app).await})).await;
    }
    let rest = app.get(&format!("/client-grants?take=100&from={}", text(&first, "next"))).await.json();
    let seen = [ids(&first), ids(&rest)].concat();
    assert!(seen.is_sorted());
    assert!(before.iter().all(|id| seen.contains(id)));
}

#[tokio::test]
async fn filters_hold_on_every_page() {
    let (app, all) = with_grants(3).await;
    for id in &all {
        let client_id = text(&app.get(&format!("/client-grants/{id}")).await.json(), "client_id");
        grant(&app, json!({"client_id": client_id, "subject_type": "user"})).await;
    }
    assert_eq!(pages(&app, "take=1&subject_type=client").await.concat(), all);
    assert_eq!(pages(&app, "take=2&subject_type=user").await.concat().len(), 3);
}

#[tokio::test]
async fn forged_cursors_are_refused() {
    let (app, _) = with_grants(1).await;
    assert_snapshot!(app.get("/client-grants?from=xyz").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Invalid checkpoint' on property from.","errorCode":"invalid_query_string"}
    "#);
    for from in [
        "!!!!",
        "bm8tY29tbWE",
        "eCx5",
        "LTEsY2dyX3g",
        "MTg0NDY3NDQwNzM3MDk1NTE2MTYsY2dyX3g",
        "%FF",
        "%00",
        "cgr_0123456789abcdef",
        "' OR 1=1 --",
        "_w",
        "IDEsY2dyX3g",
    ] {
        let answer = app.get(&format!("/client-grants?from={}", from.replace(' ', "%20"))).await;
        assert_eq!(answer.status, 400, "{from}: {}", answer.text);
        assert_eq!(answer.json()["errorCode"], "invalid_query_string", "{from}");
    }
}

#[tokio::test]
async fn a_cursor_that_only_looks_right_starts_somewhere_and_breaks_nothing() {
    let (app, all) = with_grants(2).await;
    // "18446744073709551615,zzz" and "0,"
    for (from, found) in [("MTg0NDY3NDQwNzM3MDk1NTE2MTUsenp6", 0), ("MCw", all.len())] {
        let page = app.get(&format!("/client-grants?from={from}")).await;
        assert_eq!((page.status.as_u16(), ids(&page.json()).len()), (200, found), "{from}");
    }
}
