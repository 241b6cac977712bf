//! GET /client-grants/{id}/organizations

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, app_with_client, grant, organization};
use crate::support::App;

/// A grant for any organization, which one of two was added to; the path of its list.
async fn with_one_of_two() -> (App, String) {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "organization_usage": "allow", "allow_any_organization": true});
    let id = grant(&app, body).await;
    organization(&app, "other").await;
    let acme = app.create("/organizations", json!({"name": "acme", "display_name": "Acme"})).await;
    let path = format!("/organizations/{}/client-grants", acme["id"].as_str().unwrap());
    app.create(&path, json!({"grant_id": id})).await;
    (app, format!("/client-grants/{id}/organizations"))
}

#[tokio::test]
async fn only_those_that_it_was_added_to_are_listed_even_if_any_may_be_named() {
    let (app, path) = with_one_of_two().await;
    assert_snapshot!(app.get(&path).await.wire(), @r#"
        200 OK
        [{"id":"org_oyMZt5YDzwePDgWF","name":"acme","display_name":"Acme","third_party_client_access":"block","is_app_entitlement_active":false}]
    "#);
}

#[tokio::test]
async fn checkpoints_and_totals_have_their_shapes() {
    let (app, path) = with_one_of_two().await;
    assert_snapshot!(app.get(&format!("{path}?include_totals=true&take=50")).await.wire(), @r#"
        200 OK
        {"organizations":[{"id":"org_oyMZt5YDzwePDgWF","name":"acme","display_name":"Acme","third_party_client_access":"block","is_app_entitlement_active":false}]}
    "#);
    assert_snapshot!(app.get(&format!("{path}?include_totals=true")).await.wire(), @r#"
        200 OK
        {"organizations":[{"id":"org_oyMZt5YDzwePDgWF","name":"acme","display_name":"Acme","third_party_client_access":"block","is_app_entitlement_active":false}],"start":0,"limit":50,"total":1}
    "#);
    assert_snapshot!(app.get(&format!("{path}?include_totals=true&page=1&per_page=1")).await.wire(), @r#"
        200 OK
        {"organizations":[],"start":1,"limit":1,"total":1}
    "#);
}

#[tokio::test]
async fn checkpoints_lead_through_all_of_them() {
    let (app, path) = with_one_of_two().await;
    let id = path.split('/').nth(2).unwrap().to_owned();
    for name in ["b", "a"] {
        let members = format!("/organizations/{}/client-grants", organization(&app, name).await);
        app.create(&members, json!({"grant_id": id})).await;
    }
    let (mut names, mut from) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("{path}?take=1&from={from}")).await.json();
        names.push(page["organizations"][0]["name"].as_str().unwrap().to_owned());
        let Some(next) = page.get("next") else { break };
        next.as_str().unwrap().clone_into(&mut from);
    }
    assert_eq!(names, ["acme", "b", "a"], "in order of creation");
}

#[tokio::test]
async fn a_grant_without_organizations_has_none() {
    let (app, client_id) = app_with_client().await;
    let id = grant(&app, json!({"client_id": client_id})).await;
    assert_snapshot!(app.get(&format!("/client-grants/{id}/organizations")).await.wire(), @r"
        200 OK
        []
    ");
}

#[tokio::test]
async fn a_grant_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.get("/client-grants/cgr_0123456789abcdef/organizations").await;
    assert_snapshot!(answer.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The grant does not exist","errorCode":"inexistent_grant"}
    "#);
}

#[tokio::test]
async fn pages_have_bounds() {
    let (app, path) = with_one_of_two().await;
    for query in ["per_page=0", "per_page=101", "take=0", "take=101", "page=-1", "from=xyz", "sort=name:1"] {
        assert_eq!(app.get(&format!("{path}?{query}")).await.status, 400, "{query}");
    }
}
