//! PATCH /client-grants/{id}: what changes, what goes and what stays.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{API, Requests, app_with_client, grant};
use crate::support::App;

/// The path of a grant that was made from this body.
async fn with(body: Value) -> (App, String) {
    let (app, client_id) = app_with_client().await;
    let mut body = body;
    body["client_id"] = json!(client_id);
    let id = grant(&app, body).await;
    (app, format!("/client-grants/{id}"))
}

#[tokio::test]
async fn lists_are_replaced_whole() {
    let types = ["payment", "shipping"];
    let made = json!({"scope": ["a", "b"], "subject_type": "user", "authorization_details_types": types});
    let (app, path) = with(made).await;
    let body = json!({"scope": ["create:foo"], "authorization_details_types": ["payment"]});
    let answer = app.patch(&path, body).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["create:foo"],"subject_type":"user","authorization_details_types":["payment"]}
    "#);
    assert_eq!(app.get(&path).await.text, answer.text);
}

#[tokio::test]
async fn an_empty_scope_is_shown_as_such() {
    let (app, path) = with(json!({"scope": ["a"]})).await;
    assert_snapshot!(app.patch(&path, json!({"scope": []})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"subject_type":"client"}
    "#);
}

#[tokio::test]
async fn all_scopes_drop_the_scope_and_come_back_without_it() {
    let (app, path) = with(json!({"scope": ["a", "b"]})).await;
    assert_snapshot!(app.patch(&path, json!({"allow_all_scopes": true})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","subject_type":"client","allow_all_scopes":true}
    "#);
    let body = json!({"allow_all_scopes": false, "scope": []});
    assert_snapshot!(app.patch(&path, body).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"subject_type":"client","allow_all_scopes":false}
    "#);
    assert_snapshot!(app.patch(&path, json!({"scope": ["create:foo"]})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["create:foo"],"subject_type":"client","allow_all_scopes":false}
    "#);
}

#[tokio::test]
async fn all_scopes_taken_back_alone_leave_none() {
    for taken_back in [json!(false), Value::Null] {
        let (app, path) = with(json!({"allow_all_scopes": true})).await;
        let answer = app.patch(&path, json!({"allow_all_scopes": taken_back})).await.json();
        assert_eq!(answer["scope"], json!([]));
        assert_eq!(answer.get("allow_all_scopes"), Some(&taken_back).filter(|value| !value.is_null()));
    }
}

#[tokio::test]
async fn all_scopes_with_null_or_nothing_for_a_scope_are_the_same() {
    for scope in [Value::Null, json!([])] {
        let (app, path) = with(json!({"scope": ["a"]})).await;
        let answer = app.patch(&path, json!({"allow_all_scopes": true, "scope": scope})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json().get("scope"), None, "{scope}");
    }
}

#[tokio::test]
async fn a_scope_beside_all_scopes_is_refused() {
    let (app, path) = with(json!({"scope": ["a"]})).await;
    let both = json!({"allow_all_scopes": true, "scope": ["a"]});
    assert_snapshot!(app.patch(&path, both).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `scope` must be empty when `allow_all_scopes` is true","errorCode":"invalid_body"}
    "#);
    app.patch(&path, json!({"allow_all_scopes": true})).await;
    assert_snapshot!(app.patch(&path, json!({"scope": ["a"]})).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: `scope` must be empty when `allow_all_scopes` is true","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn null_takes_a_setting_away_and_absence_leaves_it() {
    let settings = json!({"scope": ["a"], "organization_usage": "allow", "allow_any_organization": true});
    let (app, path) = with(settings).await;
    assert_snapshot!(app.patch(&path, json!({"organization_usage": "require"})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a"],"organization_usage":"require","allow_any_organization":true,"subject_type":"client"}
    "#);
    assert_snapshot!(app.patch(&path, json!({"organization_usage": null})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a"],"allow_any_organization":true,"subject_type":"client"}
    "#);
    assert_snapshot!(app.patch(&path, json!({"allow_any_organization": false})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a"],"allow_any_organization":false,"subject_type":"client"}
    "#);
    assert_snapshot!(app.patch(&path, json!({"allow_any_organization": null})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":["a"],"subject_type":"client"}
    "#);
    assert_snapshot!(app.patch(&path, json!({"scope": null})).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","subject_type":"client"}
    "#);
}

#[tokio::test]
async fn null_for_what_was_never_set_changes_nothing() {
    let (app, path) = with(json!({"scope": ["a"]})).await;
    let before = app.get(&path).await.text;
    for name in ["organization_usage", "allow_any_organization", "allow_all_scopes"] {
        assert_eq!(app.patch(&path, json!({name: null})).await.text, before);
    }
}

#[tokio::test]
async fn organizations_may_be_denied_while_some_are_associated() {
    let (app, path) = with(json!({"organization_usage": "allow"})).await;
    let organization = super::fixtures::organization(&app, "acme").await;
    let id = path.trim_start_matches("/client-grants/");
    app.create(&format!("/organizations/{organization}/client-grants"), json!({"grant_id": id})).await;
    assert_eq!(app.patch(&path, json!({"organization_usage": "deny"})).await.status, 200);
    let associated = app.get(&format!("{path}/organizations")).await.json();
    assert_eq!(associated[0]["id"], json!(organization));
    assert_eq!(app.patch(&path, json!({"organization_usage": null})).await.status, 200);
    let listed = app.get(&format!("/organizations/{organization}/client-grants")).await.json();
    assert_eq!(listed[0]["id"], id);
}

#[tokio::test]
async fn a_grant_is_shown_by_the_api_that_it_was_made_for() {
    let (app, path) = with(json!({"scope": ["a"]})).await;
    let answer = app.patch(&path, json!({"scope": ["b"]})).await.json();
    assert_eq!(answer["audience"], API);
    assert_eq!(answer["subject_type"], "client");
}
