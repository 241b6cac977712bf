//! GET /organizations/{id}/client-grants

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, api, client, grant, organization, text};
use crate::support::App;

/// An organization with two grants of three, the ids of the two, and the path of its list.
async fn with_two_of_three() -> (App, Vec<String>, String) {
    let app = App::start().await;
    api(&app).await;
    let path = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let body = json!({"client_id": client(&app).await, "scope": ["a"], "organization_usage": "allow"});
        ids.push(grant(&app, body).await);
    }
    ids.truncate(2);
    for id in &ids {
        app.create(&path, json!({"grant_id": id})).await;
    }
    ids.sort();
    (app, ids, path)
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|grant| text(grant, "id")).collect()
}

#[tokio::test]
async fn items_are_whole_grants() {
    let (app, _, path) = with_two_of_three().await;
    assert_snapshot!(app.get(&format!("{path}?per_page=1")).await.wire(), @r#"
        200 OK
        [{"id":"cgr_5kvaRxiM8rmRK9rf","client_id":"oyMZt5YDzwePDgWF79mcD3qcOD2jsBMb","audience":"https://api.test/","scope":["a"],"organization_usage":"allow","subject_type":"client"}]
    "#);
}

#[tokio::test]
async fn totals_come_after_the_page() {
    let (app, _, path) = with_two_of_three().await;
    assert_snapshot!(app.get(&format!("{path}?include_totals=true&per_page=1&page=1")).await.wire(), @r#"
        200 OK
        {"client_grants":[{"id":"cgr_J4cu5KRmrBPe1yRa","client_id":"xlP6vaZA8mfM8Yj1DMdnzEapt2GTn9Kk","audience":"https://api.test/","scope":["a"],"organization_usage":"allow","subject_type":"client"}],"start":1,"limit":1,"total":2}
    "#);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let (app, two, path) = with_two_of_three().await;
    let first = app.get(&format!("/client-grants/{}", two[0])).await.json();
    for (query, found) in [
        (String::new(), &two[..]),
        ("audience=https%3A%2F%2Fapi.test%2F".into(), &two[..]),
        ("audience=https%3A%2F%2Fother.test%2F".into(), &[]),
        (format!("client_id={}", text(&first, "client_id")), &two[..1]),
        (format!("grant_ids={}", two[1]), &two[1..]),
        (format!("grant_ids={}&grant_ids={}", two[1], two[0]), &two[..]),
        (format!("grant_ids[]={}&grant_ids[]=cgr_0123456789abcdef", two[1]), &two[1..]),
        ("grant_ids=cgr_0123456789abcdef".into(), &[]),
    ] {
        let list = app.get(&format!("{path}?{query}")).await;
        assert_eq!(list.status, 200, "{query}: {}", list.text);
        assert_eq!(ids(&list.json()), found, "{query}");
    }
}

#[tokio::test]
async fn up_to_ten_grants_can_be_named_by_their_ids() {
    let (app, _, path) = with_two_of_three().await;
    let query = |count: usize| vec!["grant_ids=cgr_0123456789abcdef"; count].join("&");
    assert_eq!(app.get(&format!("{path}?{}", query(10))).await.status, 200);
    assert_snapshot!(app.get(&format!("{path}?{}", query(11))).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Array is too long (11), maximum 10' on property grant_ids (Optional filter on the ID of the client grant. Must be URL encoded and may be specified multiple times (max 10).<br /><b>e.g.</b> <i>../client-grants?grant_ids=id1&grant_ids=id2</i>).","errorCode":"invalid_query_string"}
    "#);
    assert_snapshot!(app.get(&format!("{path}?grant_ids=x")).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Object didn't pass validation for format client-grant-id: x' on property grant_ids[0].","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn there_are_no_checkpoints() {
    let (app, two, path) = with_two_of_three().await;
    let asked = app.get(&format!("{path}?take=1&include_totals=true")).await.json();
    assert_eq!(ids(&asked["client_grants"]), two);
    assert_eq!(asked.get("next"), None);
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.get("/organizations/org_XXXXXXXXXXXXXXXX/client-grants").await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
}

#[tokio::test]
async fn pages_have_bounds() {
    let (app, _, path) = with_two_of_three().await;
    for query in ["per_page=0", "per_page=101", "page=-1", "x=1"] {
        assert_eq!(app.get(&format!("{path}?{query}")).await.status, 400, "{query}");
    }
}
