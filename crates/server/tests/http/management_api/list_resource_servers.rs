//! GET /resource-servers

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, MANAGEMENT, Requests, api, text};
use crate::support::App;

fn identifiers(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|api| text(api, "identifier")).collect()
}

#[tokio::test]
async fn the_management_api_is_listed_first_and_the_others_as_they_were_made() {
    let app = App::start().await;
    for name in ["https://b.test/", "https://a.test/"] {
        app.create("/resource-servers", json!({"identifier": name})).await;
    }
    let list = app.get("/resource-servers").await.json();
    assert_eq!(identifiers(&list), [MANAGEMENT, "https://b.test/", "https://a.test/"]);
}

#[tokio::test]
async fn totals_come_before_the_page() {
    let app = App::start().await;
    api(&app).await;
    let query = "include_totals=true&per_page=100&identifiers=https%3A%2F%2Fapi.test%2F";
    assert_snapshot!(app.get(&format!("/resource-servers?{query}")).await.wire(), @r#"
        200 OK
        {"total":1,"start":0,"limit":100,"resource_servers":[{"id":"8e1da83bc451e77706891ba3","identifier":"https://api.test/","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256","scopes":[{"value":"read:things"},{"value":"write:things"}]}]}
    "#);
    let second = app.get("/resource-servers?include_totals=true&per_page=1&page=1").await.json();
    assert_eq!((&second["total"], &second["start"], &second["limit"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(identifiers(&second["resource_servers"]), [API]);
}

#[tokio::test]
async fn identifiers_narrow_the_list() {
    let app = App::start().await;
    for name in ["a", "b", "c"] {
        app.create("/resource-servers", json!({"identifier": name})).await;
    }
    for (query, expected) in [
        ("identifiers=a", &["a"][..]),
        ("identifiers=c&identifiers=a", &["a", "c"]),
        ("identifiers[]=c&identifiers[]=x", &["c"]),
        ("identifiers[0]=b&identifiers[1]=b", &["b"]),
        ("identifiers=x", &[]),
        ("identifiers=A", &[]),
    ] {
        assert_eq!(
            identifiers(&app.get(&format!("/resource-servers?{query}")).await.json()),
            expected,
            "{query}"
        );
    }
    let eleven = ["identifiers=a"; 11].join("&");
    assert_eq!(app.get(&format!("/resource-servers?{eleven}")).await.status, 400);
}

#[tokio::test]
async fn there_are_no_checkpoints() {
    let app = App::start().await;
    let answer = app.get("/resource-servers?take=1&include_totals=true").await.json();
    assert_eq!((&answer["total"], answer.get("next")), (&json!(1), None));
}

#[tokio::test]
async fn pages_have_bounds() {
    let app = App::start().await;
    for query in ["per_page=0", "per_page=101", "page=-1", "identifiers=", "x=1"] {
        let answer = app.get(&format!("/resource-servers?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["errorCode"], "invalid_query_string");
    }
}
