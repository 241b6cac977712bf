//! A document that cannot be applied: every fault at once, and nothing is changed.

use grantd_model::ClientGrant;
use grantd_store::Change;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{apply, faults, payments, plan};
use crate::management_api::fixtures::Requests;
use crate::support::App;

#[tokio::test]
async fn every_fault_of_form_is_named_with_its_place() {
    let app = App::start().await;
    let document = json!({
        "version": 2,
        "owner": "no blanks",
        "clients": [{"name": "<b>", "jwt_configuration": {"lifetime_in_seconds": "long"}, "nmae": 1}, {}],
        "client_grants": [{"audience": 5, "subject_type": "robot"}],
        "users": [],
    });
    let answer = plan(&app, json!({ "document": document })).await;
    assert_snapshot!(faults(&answer).join("\n"), @"
    /client_grants/0/audience: Expected type string but found type integer
    /client_grants/0/subject_type: No enum match for: robot
    /clients/0/jwt_configuration/lifetime_in_seconds: Expected type integer but found type string
    /clients/0/name: String does not match pattern ^[^<>]+$: <b>
    /clients/0/nmae: Additional properties not allowed: nmae
    /clients/1: Missing required property: name
    /owner: String does not match pattern ^[A-Za-z0-9][A-Za-z0-9._/-]*$: no blanks
    /users: Additional properties not allowed: users
    /version: No enum match for: 2
    ");
}

#[tokio::test]
async fn every_broken_rule_and_every_name_that_leads_nowhere_is_named() {
    let app = App::start().await;
    let document = json!({
        "organizations": [{"name": "acme"}, {"name": "acme"}],
        "resource_servers": [
            {"identifier": "https://auth.test/api/v2/"},
            {"identifier": "https://a.test/", "token_lifetime": 10, "token_lifetime_for_web": 20},
            {"identifier": "https://b.test/"},
        ],
        "clients": [
            {"name": "Public", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
            {"name": "Lost", "default_organization": {"organization": "nowhere", "flows": ["client_credentials"]}},
            {"name": "Twin"}, {"name": "Twin"},
            {"name": "Face", "resource_server_identifier": "https://nowhere.test/"},
            {"name": "Good"},
        ],
        "client_grants": [
            {"client": "Nobody", "audience": "https://b.test/"},
            {"client": "Good", "audience": "https://nowhere.test/"},
            {"client": "Good", "audience": "https://b.test/", "organizations": ["acme"]},
            {"client": "Good", "audience": "https://b.test/"},
            {"client": "Good", "audience": "@management-api", "scope": ["read:nothing"]},
            {"audience": "https://b.test/"},
            {"client": "Good", "audience": "@management-api", "subject_type": "user", "allow_all_scopes": true},
        ],
    });
    let answer = apply(&app, json!({ "document": document })).await;
    assert_snapshot!(faults(&answer).join("\n"), @r#"
    /client_grants/0/client: there is no client "Nobody"
    /client_grants/1/audience: there is no API "https://nowhere.test/"
    /client_grants/2/organizations: the grant's organization_usage allows no organizations
    /client_grants/3: the client grant "Good for https://b.test/" is declared twice
    /client_grants/4: scope is not a subset of the system API's
    /client_grants/5: exactly one of client_id and default_for names the grantee
    /client_grants/6: allow_all_scopes is not for system APIs
    /clients/0: grant types ["client_credentials"] are not for this client
    /clients/1/default_organization: there is no organization "nowhere"
    /clients/2: several clients are called "Twin": tell them apart by client_id
    /clients/3: several clients are called "Twin": tell them apart by client_id
    /clients/4/resource_server_identifier: there is no API "https://nowhere.test/"
    /organizations/1: the organization "acme" is declared twice
    /resource_servers/0/identifier: system APIs are the server's own, and are not declared
    /resource_servers/1: token_lifetime_for_web exceeds token_lifetime
    "#);
    assert_eq!(app.get("/organizations").await.json(), json!([]), "nothing was changed");
}

#[tokio::test]
async fn a_fault_of_form_hides_no_broken_rule_and_makes_no_name_unknown() {
    let app = App::start().await;
    let document = json!({
        "organizations": [{"name": "acme", "display_name": 5}],
        "resource_servers": [
            {"identifier": "https://form.test/", "token_lifetime": "long"},
            {"identifier": "https://rule.test/", "token_lifetime": 10, "token_lifetime_for_web": 20},
        ],
        "clients": [{"name": "Form", "callbacks": 5}, {"name": "Good"}],
        "client_grants": [
            {"client": "Form", "audience": "https://form.test/", "organizations": ["acme"], "organization_usage": "allow"},
            {"client": "Good", "audience": "https://rule.test/"},
            {"client": "Goood", "audience": "https://form.test/"},
        ],
    });
    let answer = plan(&app, json!({ "document": document, "prune": true })).await;
    assert_snapshot!(faults(&answer).join("\n"), @r#"
    /client_grants/2/client: there is no client "Goood"
    /clients/0/callbacks: Expected type array but found type integer
    /organizations/0/display_name: Expected type string but found type integer
    /resource_servers/0/token_lifetime: Expected type integer but found type string
    /resource_servers/1: token_lifetime_for_web exceeds token_lifetime
    "#);
}

#[tokio::test]
async fn what_the_server_made_for_itself_is_not_declared() {
    let app = App::start().await;
    let admin = app.admin.client_id.as_str();
    let grant = json!({
        "client_id": admin, "audience": "https://auth.test/api/v2/", "is_system": true, "scope": ["read:clients"],
    });
    let grant = ClientGrant::from_request("cgr_0".into(), grant.as_object().unwrap()).unwrap();
    let changes = vec![Change::CreateClient(app.admin.clone()), Change::CreateClientGrant(grant)];
    app.store.commit(changes).await.unwrap();
    let document = json!({
        "clients": [{"client_id": admin, "name": "Mine now"}],
        "client_grants": [{"client_id": admin, "audience": "@management-api", "scope": []}],
    });
    assert_snapshot!(faults(&plan(&app, json!({ "document": document })).await).join("\n"), @"
    /client_grants/0: this grant is the server's own, and is not declared
    /clients/0: this client is the server's own, and is not declared
    ");
}

#[tokio::test]
async fn what_is_set_once_stays() {
    let app = App::start().await;
    let client = |mode: &str| {
        json!({"clients": [{
            "name": "Partner", "is_first_party": false, "third_party_security_mode": mode,
            "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["client_credentials"],
        }]})
    };
    super::applied(&app, client("permissive")).await;
    let answer = apply(&app, json!({ "document": client("strict") })).await;
    assert_snapshot!(faults(&answer).join("\n"), @"
    /clients/0: third_party_security_mode cannot be changed
    ");
}

#[tokio::test]
async fn a_body_without_a_document_or_with_something_else_is_refused() {
    let app = App::start().await;
    for body in [json!({}), json!({"document": []}), json!({"document": {}, "dry": true}), Value::Null] {
        let answer = apply(&app, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["errorCode"].as_str()),
            (400, Some("invalid_body")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_secret_is_not_repeated_in_a_fault() {
    let app = App::start().await;
    let mut document = payments();
    document["clients"][0]["client_secret"] = json!(["hush hush"]);
    let answer = apply(&app, json!({ "document": document })).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text.contains("hush"), "{}", answer.text);
}
