//! POST /client-grants: the rules that refuse a grant, and those that do not exist.

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, MANAGEMENT, Requests, api, app_with_client, client, grant, third_party_client};
use crate::support::App;

#[tokio::test]
async fn an_unknown_audience_is_not_found() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": "https://other.test/", "scope": []});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"No resource with identifier https://other.test/","errorCode":"inexistent_resource_server"}
    "#);
}

#[tokio::test]
async fn an_audience_is_compared_byte_by_byte() {
    let (app, client_id) = app_with_client().await;
    for audience in ["https://api.test", "https://API.test/", " https://api.test/"] {
        let body = json!({"client_id": client_id, "audience": audience, "scope": []});
        assert_eq!(app.post("/client-grants", body).await.status, 404, "{audience}");
    }
}

#[tokio::test]
async fn an_unknown_client_is_not_found() {
    let app = App::start().await;
    api(&app).await;
    let body = json!({"client_id": "nobody", "audience": API, "scope": []});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Client not found","errorCode":"inexistent_client"}
    "#);
}

#[tokio::test]
async fn the_audience_is_looked_up_before_the_client() {
    let app = App::start().await;
    let body = json!({"client_id": "nobody", "audience": API, "scope": []});
    assert_eq!(app.post("/client-grants", body).await.json()["errorCode"], "inexistent_resource_server");
}

#[tokio::test]
async fn a_second_grant_for_client_audience_and_subject_type_conflicts() {
    let (app, client_id) = app_with_client().await;
    grant(&app, json!({"client_id": client_id, "scope": ["a"]})).await;
    let body = json!({"client_id": client_id, "audience": API, "scope": ["b"], "subject_type": "client"});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"client_grant already exists","errorCode":"client_grant_already_exists"}
    "#);
}

#[tokio::test]
async fn one_grant_for_the_client_and_one_for_its_users_stand_side_by_side() {
    let (app, client_id) = app_with_client().await;
    grant(&app, json!({"client_id": client_id, "scope": ["a"]})).await;
    let twin = json!({"client_id": client_id, "audience": API, "scope": ["a"], "subject_type": "user"});
    assert_snapshot!(app.post("/client-grants", twin.clone()).await.wire(), @r#"
        201 Created
        {"id":"cgr_J4cu5KRmrBPe1yRa","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a"],"subject_type":"user"}
    "#);
    assert_eq!(app.post("/client-grants", twin).await.status, 409);
}

#[tokio::test]
async fn a_second_default_grant_conflicts_unless_it_is_for_the_other_subject_type() {
    let app = App::start().await;
    api(&app).await;
    let body =
        |subject| json!({"audience": API, "default_for": "third_party_clients", "subject_type": subject});
    assert_eq!(app.post("/client-grants", body("client")).await.status, 201);
    assert_snapshot!(app.post("/client-grants", body("client")).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"client_grant already exists","errorCode":"client_grant_already_exists"}
    "#);
    assert_snapshot!(app.post("/client-grants", body("user")).await.wire(), @r#"
        201 Created
        {"id":"cgr_4Rdi4HfZoxFTsQlS","audience":"https://api.test/","scope":[],"subject_type":"user","default_for":"third_party_clients"}
    "#);
}

#[tokio::test]
async fn client_and_group_exclude_each_other() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "default_for": "third_party_clients", "audience": API});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: exactly one of `client_id` and `default_for` must be provided","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn either_client_or_group_is_needed() {
    let app = App::start().await;
    api(&app).await;
    assert_snapshot!(app.post("/client-grants", json!({"audience": API})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: exactly one of `client_id` and `default_for` must be provided","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn scopes_that_a_custom_api_does_not_have_are_granted_all_the_same() {
    let app = App::start().await;
    app.create("/resource-servers", json!({"identifier": "https://bare.test/"})).await;
    let client_id = client(&app).await;
    let body =
        json!({"client_id": client_id, "audience": "https://bare.test/", "scope": ["create:resource"]});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://bare.test/","scope":["create:resource"],"subject_type":"client"}
    "#);
}

#[tokio::test]
async fn scopes_that_a_system_api_does_not_have_are_refused() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": MANAGEMENT, "scope": ["read:clients", "read:tea"]});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: scope must be a subset of resource server scopes","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn all_scopes_beside_a_scope_are_refused() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "scope": ["a"], "allow_all_scopes": true});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `scope` must be empty when `allow_all_scopes` is true","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn all_scopes_cannot_be_named_for_a_system_api_not_even_as_false() {
    let (app, client_id) = app_with_client().await;
    let body = |all| json!({"client_id": client_id, "audience": MANAGEMENT, "allow_all_scopes": all});
    assert_snapshot!(app.post("/client-grants", body(true)).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"`allow_all_scopes` cannot be provided when `audience` is a system API","errorCode":"invalid_body"}
    "#);
    assert_eq!(
        app.post("/client-grants", body(false)).await.text,
        app.post("/client-grants", body(true)).await.text
    );
}

#[tokio::test]
async fn authorization_details_types_are_for_users() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "authorization_details_types": ["payment"]});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `authorization_details_types` requires `subject_type` to be user","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn default_grants_are_not_for_system_apis() {
    let app = App::start().await;
    let body = json!({"default_for": "third_party_clients", "audience": MANAGEMENT});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `default_for` cannot be provided when `audience` is a system API","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn third_party_clients_are_not_granted_system_apis() {
    let app = App::start().await;
    let body = json!({"client_id": third_party_client(&app).await, "audience": MANAGEMENT});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: third-party clients cannot be granted access to a system API","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn third_party_clients_are_not_granted_any_organization() {
    let app = App::start().await;
    api(&app).await;
    let client_id = third_party_client(&app).await;
    let body = json!({"client_id": client_id, "audience": API, "allow_any_organization": true});
    let refused = app.post("/client-grants", body).await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `allow_any_organization` cannot be true for third-party clients","errorCode":"invalid_body"}
    "#);
    let group =
        json!({"default_for": "third_party_clients", "audience": API, "allow_any_organization": true});
    assert_eq!(app.post("/client-grants", group).await.text, refused.text);
    let body = json!({"client_id": client_id, "audience": API, "allow_any_organization": false});
    assert_eq!(app.post("/client-grants", body).await.status, 201);
}

#[tokio::test]
async fn organization_settings_of_a_user_grant_are_stored() {
    let (app, client_id) = app_with_client().await;
    let body = json!({
        "client_id": client_id, "audience": API, "subject_type": "user",
        "organization_usage": "require", "allow_any_organization": true,
    });
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"organization_usage":"require","allow_any_organization":true,"subject_type":"user"}
    "#);
}

#[tokio::test]
async fn any_organization_may_be_allowed_where_organizations_are_not() {
    let (app, client_id) = app_with_client().await;
    let body = json!({"client_id": client_id, "audience": API, "allow_any_organization": true});
    assert_snapshot!(app.post("/client-grants", body).await.wire(), @r#"
        201 Created
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"allow_any_organization":true,"subject_type":"client"}
    "#);
}

#[tokio::test]
async fn null_is_no_value_for_what_is_not_sent() {
    let (app, client_id) = app_with_client().await;
    for name in ["scope", "organization_usage", "allow_any_organization", "allow_all_scopes", "subject_type"]
    {
        let body = json!({"client_id": client_id, "audience": API, name: null});
        let answer = app.post("/client-grants", body).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.text.contains("but found type null' on property "), "{}", answer.text);
    }
}

#[tokio::test]
async fn members_that_the_server_sets_are_refused() {
    let (app, client_id) = app_with_client().await;
    for name in ["id", "is_system"] {
        let body = json!({"client_id": client_id, "audience": API, name: true});
        let expected = format!("Payload validation error: 'Additional properties not allowed: {name}'.");
        assert_eq!(app.post("/client-grants", body).await.json()["message"], expected);
    }
}
