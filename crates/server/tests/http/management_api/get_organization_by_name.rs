//! GET /organizations/name/{name}

use insta::assert_snapshot;

use super::fixtures::{Requests, organization};
use crate::support::App;

#[tokio::test]
async fn a_name_finds_its_organization() {
    let app = App::start().await;
    let id = organization(&app, "acme").await;
    let answer = app.get("/organizations/name/acme").await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}
    "#);
    assert_eq!(answer.text, app.get(&format!("/organizations/{id}")).await.text);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.get("/organizations/name/nobody").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
}

#[tokio::test]
async fn a_name_in_capitals_is_nobodys_and_a_long_one_is_refused() {
    let app = App::start().await;
    assert_snapshot!(app.get("/organizations/name/Acme").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
    let long = "a".repeat(51);
    assert_eq!(app.get(&format!("/organizations/name/{long}")).await.json()["errorCode"], "invalid_uri");
}

#[tokio::test]
async fn the_summary_scope_does_not_find_by_name() {
    let app = App::start().await;
    let path = "/organizations/name/acme";
    let answer = app.call_holding(&["read:organizations_summary"], "GET", path, None).await;
    assert_snapshot!(answer.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:organizations","errorCode":"insufficient_scope"}
    "#);
}
