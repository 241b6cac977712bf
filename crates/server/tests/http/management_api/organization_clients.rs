//! The clients of an organization, and its members and connections, of which there are none.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, client, organization};
use crate::support::App;

async fn organization_with_client(app: &App) -> (String, String) {
    let (client, organization) = (client(app).await, organization(app, "acme").await);
    let path = format!("/organizations/{organization}/clients");
    let added = json!({"clients": [{"client_id": client, "use_for_member_access": true}]});
    assert_eq!(app.post(&path, added).await.status, 201);
    (path, client)
}

#[tokio::test]
async fn a_client_is_added_with_what_everybody_may_know_of_it() {
    let app = App::start().await;
    let (client, organization) = (client(&app).await, organization(&app, "acme").await);
    let added = json!({"clients": [{"client_id": client, "use_for_member_access": true}]});
    let answer = app.post(&format!("/organizations/{organization}/clients"), added).await;
    assert_snapshot!(answer.wire(), @r#"
        201 Created
        [{"client_id":"Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk","use_for_member_access":true,"client":{"name":"Robot","app_type":"non_interactive","is_first_party":true,"grant_types":["authorization_code","implicit","refresh_token","client_credentials"]}}]
    "#);
}

#[tokio::test]
async fn a_client_of_an_organization_is_read_changed_and_listed() {
    let app = App::start().await;
    let (path, client) = organization_with_client(&app).await;
    let one = format!("{path}/{client}");
    let read = app.get(&one).await.json();
    assert_eq!(read["use_for_member_access"], true);
    assert_eq!(app.get(&path).await.json(), json!([read]));
    assert_eq!(app.get(&format!("{path}?take=1")).await.json(), json!({ "clients": [read] }));
    let changed = app.patch(&one, json!({"use_for_member_access": false})).await.json();
    assert_eq!(changed["use_for_member_access"], false);
    assert_eq!(app.get(&one).await.json(), changed);
}

#[tokio::test]
async fn organizations_say_of_a_client_that_it_is_in_them() {
    let app = App::start().await;
    let (_, client) = organization_with_client(&app).await;
    organization(&app, "other").await;
    let shown = app.get(&format!("/organizations?include_client_association_for={client}")).await.json();
    assert_eq!(shown[0]["client"], json!({"use_for_member_access": true}));
    assert_eq!(shown[1].get("client"), None);
    assert_eq!(app.get("/organizations").await.json()[0].get("client"), None);
}

#[tokio::test]
async fn a_client_is_taken_from_an_organization_and_taking_it_again_is_no_failure() {
    let app = App::start().await;
    let (path, client) = organization_with_client(&app).await;
    for _ in 0..2 {
        let taken = app.call("DELETE", &path, Some(json!({"clients": [client]}))).await;
        assert_eq!(taken.status, 204, "{}", taken.text);
    }
    assert_snapshot!(app.get(&format!("{path}/{client}")).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client is not associated with this organization"}
    "#);
}

#[tokio::test]
async fn a_client_is_added_once_and_all_are_added_or_none() {
    let app = App::start().await;
    let (path, client) = organization_with_client(&app).await;
    let again = json!({"clients": [{"client_id": client, "use_for_member_access": false}]});
    assert_snapshot!(app.post(&path, again).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"The client is already associated with this organization.","errorCode":"organization_client_conflict"}
    "#);
    app.call("DELETE", &path, Some(json!({"clients": [client]}))).await;
    let with_nobody = json!({"clients": [
        {"client_id": client, "use_for_member_access": true},
        {"client_id": "nobody", "use_for_member_access": true},
    ]});
    assert_snapshot!(app.post(&path, with_nobody).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Client not found","errorCode":"inexistent_client"}
    "#);
    assert_eq!(app.get(&path).await.json(), json!([]));
}

#[tokio::test]
async fn a_client_that_is_deleted_is_in_no_organization_and_one_stays_without_its_organization() {
    let app = App::start().await;
    let (path, client) = organization_with_client(&app).await;
    assert_eq!(app.delete(&format!("/clients/{client}")).await.status, 204);
    assert_eq!(app.get(&path).await.json(), json!([]));

    let app = App::start().await;
    let (path, client) = organization_with_client(&app).await;
    assert_eq!(app.delete(path.trim_end_matches("/clients")).await.status, 204);
    assert_eq!(app.get(&format!("/clients/{client}")).await.status, 200);
    assert_eq!(app.get(&path).await.status, 404);
}

#[tokio::test]
async fn an_organization_has_no_members_and_no_connections() {
    let app = App::start().await;
    let path = format!("/organizations/{}", organization(&app, "acme").await);
    let empty = async |query: &str| app.get(&format!("{path}/{query}")).await.text;
    assert_eq!(empty("members").await, "[]");
    assert_eq!(empty("members?include_totals=true&per_page=50&take=100").await, r#"{"members":[]}"#);
    assert_eq!(
        empty("connections?include_totals=true&is_enabled=true&page=1&per_page=50").await,
        r#"{"connections":[],"start":50,"limit":50,"total":0}"#
    );
    for list in ["members", "connections"] {
        let nowhere = app.get(&format!("/organizations/org_XXXXXXXXXXXXXXXX/{list}")).await;
        let expected: Value = json!("No organization found by that id or name");
        assert_eq!((nowhere.status.as_u16(), &nowhere.json()["message"]), (404, &expected));
    }
}
