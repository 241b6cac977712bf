//! GET /organizations/{id}

use insta::assert_snapshot;

use super::fixtures::{Requests, organization};
use crate::support::App;

#[tokio::test]
async fn an_organization_is_shown_to_readers_of_either_scope() {
    let app = App::start().await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    assert_snapshot!(app.get(&path).await.wire(), @r#"
        200 OK
        {"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}
    "#);
    let summary = app.call_holding(&["read:organizations_summary"], "GET", &path, None).await;
    assert_eq!(summary.status, 200);
}

#[tokio::test]
async fn one_that_is_not_there_is_not_found_and_the_error_has_no_code() {
    let app = App::start().await;
    assert_snapshot!(app.get("/organizations/org_XXXXXXXXXXXXXXXX").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
}

#[tokio::test]
async fn a_name_is_no_id() {
    let app = App::start().await;
    assert_snapshot!(app.get("/organizations/acme").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}
    "#);
}
