//! GET /client-grants: filters, shapes and bounds.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, MANAGEMENT, Requests, api, app_with_client, client, grant, text};
use crate::support::App;

/// A client's own grant, its users', one for another API and a default grant.
async fn with_four_grants() -> (App, String) {
    let (app, first) = app_with_client().await;
    let body = json!({"client_id": first, "organization_usage": "allow", "allow_any_organization": true});
    grant(&app, body).await;
    grant(&app, json!({"client_id": first, "subject_type": "user", "allow_any_organization": false})).await;
    grant(&app, json!({"client_id": client(&app).await, "audience": MANAGEMENT})).await;
    grant(&app, json!({"default_for": "third_party_clients"})).await;
    (app, first)
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|grant| text(grant, "id")).collect()
}

#[tokio::test]
async fn without_grants_each_shape_is_empty() {
    let app = App::start().await;
    assert_snapshot!(app.get("/client-grants").await.wire(), @r"
        200 OK
        []
    ");
    assert_snapshot!(app.get("/client-grants?include_totals=true").await.wire(), @r#"
        200 OK
        {"total":0,"start":0,"limit":50,"client_grants":[]}
    "#);
    assert_snapshot!(app.get("/client-grants?take=50").await.wire(), @r#"
        200 OK
        {"client_grants":[]}
    "#);
}

#[tokio::test]
async fn unasked_it_is_a_bare_array_in_order_of_ids() {
    let (app, _) = with_four_grants().await;
    let answer = app.get("/client-grants").await;
    assert_snapshot!(answer.shown(), @r#"
        200 OK
        [
          {
            "id": "cgr_5FSgvFNUkLMWm1Ef",
            "audience": "https://api.test/",
            "scope": [],
            "subject_type": "client",
            "default_for": "third_party_clients"
          },
          {
            "id": "cgr_5kvaRxiM8rmRK9rf",
            "client_id": "oyMZt5YDzwePDgWF79mcD3qcOD2jsBMb",
            "audience": "https://auth.test/api/v2/",
            "scope": [],
            "subject_type": "client"
          },
          {
            "id": "cgr_BufE1ndIP8pUOCvf",
            "client_id": "wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0",
            "audience": "https://api.test/",
            "scope": [],
            "organization_usage": "allow",
            "allow_any_organization": true,
            "subject_type": "client"
          },
          {
            "id": "cgr_J4cu5KRmrBPe1yRa",
            "client_id": "wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0",
            "audience": "https://api.test/",
            "scope": [],
            "allow_any_organization": false,
            "subject_type": "user"
          }
        ]
    "#);
    let listed = ids(&answer.json());
    assert!(listed.is_sorted(), "{listed:?}");
    assert_eq!(app.get("/client-grants?include_totals=false&page=0&per_page=50").await.text, answer.text);
}

#[tokio::test]
async fn totals_come_before_the_page() {
    let (app, _) = with_four_grants().await;
    let page = app.get("/client-grants?include_totals=true&per_page=3&page=1").await;
    assert_snapshot!(page.wire(), @r#"
        200 OK
        {"total":4,"start":3,"limit":3,"client_grants":[{"id":"cgr_J4cu5KRmrBPe1yRa","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"allow_any_organization":false,"subject_type":"user"}]}
    "#);
    let beyond = app.get("/client-grants?include_totals=true&per_page=3&page=2").await;
    assert_snapshot!(beyond.wire(), @r#"
        200 OK
        {"total":4,"start":6,"limit":3,"client_grants":[]}
    "#);
}

#[tokio::test]
async fn a_checkpoint_wins_over_totals_and_pages() {
    let (app, _) = with_four_grants().await;
    for query in
        ["include_totals=true&take=50", "include_totals=true&per_page=50&take=100", "take=4", "from="]
    {
        let answer = app.get(&format!("/client-grants?{query}")).await.json();
        let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(names, ["client_grants"], "{query}");
        assert_eq!(answer["client_grants"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn each_filter_narrows_the_list() {
    let (app, client_id) = with_four_grants().await;
    let encoded = "https%3A%2F%2Fapi.test%2F";
    for (query, found) in [
        (format!("audience={encoded}"), 3),
        (format!("audience={API}"), 3),
        ("audience=https%3A%2F%2Fapi.test".into(), 0),
        (format!("client_id={client_id}"), 2),
        ("client_id=nobody".into(), 0),
        (format!("client_id={}", client_id.to_lowercase()), 0),
        ("allow_any_organization=true".into(), 1),
        ("subject_type=client".into(), 3),
        ("subject_type=user".into(), 1),
        ("default_for=third_party_clients".into(), 1),
        (format!("audience={encoded}&client_id={client_id}&subject_type=user"), 1),
        (format!("default_for=third_party_clients&client_id={client_id}"), 0),
    ] {
        let list = app.get(&format!("/client-grants?{query}")).await.json();
        assert_eq!(list.as_array().unwrap().len(), found, "{query}");
        let totals = app.get(&format!("/client-grants?{query}&include_totals=true")).await.json();
        assert_eq!(totals["total"], found, "{query}");
    }
}

#[tokio::test]
async fn filters_take_only_their_values() {
    let app = App::start().await;
    for query in ["allow_any_organization=false", "subject_type=robot", "default_for=everyone"] {
        assert_eq!(app.get(&format!("/client-grants?{query}")).await.status, 400, "{query}");
    }
    assert_snapshot!(app.get("/client-grants?subject_type=robot").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'No enum match for: robot' on property subject_type (The type of application access the client grant allows).","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn pages_have_bounds() {
    let app = App::start().await;
    for query in [
        "per_page=0",
        "per_page=101",
        "per_page=-1",
        "per_page=1.5",
        "per_page=x",
        "per_page=",
        "page=-1",
        "page=99999999999999999999",
        "take=0",
        "take=101",
        "take=x",
        "include_totals=yes",
        "page=1&page=2",
    ] {
        let answer = app.get(&format!("/client-grants?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert_eq!(answer.json()["errorCode"], "invalid_query_string", "{query}");
    }
    for query in
        ["per_page=1", "per_page=100", "page=0", "page=2147483647&per_page=100", "take=1", "take=100"]
    {
        assert_eq!(app.get(&format!("/client-grants?{query}")).await.status, 200, "{query}");
    }
    assert_snapshot!(app.get("/client-grants?per_page=101").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Value 101 is greater than maximum 100' on property per_page (Number of results per page).","errorCode":"invalid_query_string"}
    "#);
    assert_snapshot!(app.get("/client-grants?page=-1").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Value -1 is less than minimum 0' on property page (Page index of the results to return. First page is 0).","errorCode":"invalid_query_string"}
    "#);
    assert_snapshot!(app.get("/client-grants?take=x").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Expected type integer but found type string' on property take (Number of results per page. Defaults to 50).","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn unknown_parameters_are_refused() {
    let app = App::start().await;
    assert_snapshot!(app.get("/client-grants?colour=red").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Additional properties not allowed: colour'.","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn fifty_grants_are_a_page_unless_it_is_said_otherwise() {
    let app = App::start().await;
    api(&app).await;
    for _ in 0..51 {
        grant(&app, json!({"client_id": client(&app).await})).await;
    }
    assert_eq!(ids(&app.get("/client-grants").await.json()).len(), 50);
    assert_eq!(ids(&app.get("/client-grants?page=1").await.json()).len(), 1);
    assert_eq!(ids(&app.get("/client-grants?per_page=100").await.json()).len(), 51);
    let totals = app.get("/client-grants?include_totals=true").await.json();
    assert_eq!((&totals["total"], &totals["start"], &totals["limit"]), (&json!(51), &json!(0), &json!(50)));
    let checkpoint = app.get("/client-grants?from=").await.json();
    assert_eq!(ids(&checkpoint["client_grants"]).len(), 50);
    assert!(checkpoint["next"].is_string());
}
