//! The domains of an organization.

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, organization};
use crate::support::App;

async fn domains(app: &App) -> String {
    format!("/organizations/{}/discovery-domains", organization(app, "acme").await)
}

#[tokio::test]
async fn a_domain_is_pending_with_what_would_prove_it() {
    let app = App::start().await;
    let made = app.post(&domains(&app).await, json!({"domain": "Acme.com"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert!(made["id"].as_str().unwrap().starts_with("ord_"));
    let members: Vec<&String> = made.as_object().unwrap().keys().collect();
    let contract =
        ["id", "domain", "status", "verification_txt", "verification_host", "use_for_organization_discovery"];
    assert_eq!(members, contract);
    assert_eq!((&made["domain"], &made["status"]), (&json!("acme.com"), &json!("pending")));
    assert_eq!(made["verification_host"], "_auth0-challenge.acme.com");
    assert_eq!(made["use_for_organization_discovery"], true);
}

#[tokio::test]
async fn a_domain_is_read_by_id_and_by_name_changed_listed_and_removed() {
    let app = App::start().await;
    let path = domains(&app).await;
    let made = app.create(&path, json!({"domain": "acme.com"})).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&one).await.json(), made);
    assert_eq!(app.get(&format!("{path}/name/ACME.com")).await.json(), made);
    let changed =
        app.patch(&one, json!({"status": "verified", "use_for_organization_discovery": false})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let changed = changed.json();
    assert_eq!((&changed["status"], &changed["id"]), (&json!("verified"), &made["id"]));
    app.create(&path, json!({"domain": "acme.org"})).await;
    let first = app.get(&format!("{path}?take=1")).await.json();
    assert_eq!(first["domains"], json!([changed]));
    assert!(first["next"].is_string());
    assert_eq!(app.get(&path).await.json()["domains"].as_array().unwrap().len(), 2);
    assert_eq!(app.delete(&one).await.status, 204);
    assert_snapshot!(app.get(&one).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Organization discovery domain not found."}
    "#);
}

#[tokio::test]
async fn a_domain_is_an_organizations_once_and_goes_with_it() {
    let app = App::start().await;
    let path = domains(&app).await;
    app.create(&path, json!({"domain": "acme.com"})).await;
    assert_snapshot!(app.post(&path, json!({"domain": "ACME.com"})).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"An organization discovery domain with this domain is already registered to this organization.","errorCode":"organization_discovery_domain_conflict"}
    "#);
    assert_eq!(app.post(&path, json!({"domain": "not a domain"})).await.status, 400);
    assert_eq!(app.delete(path.trim_end_matches("/discovery-domains")).await.status, 204);
    assert_eq!(app.get(&path).await.status, 404);
    let again = domains(&app).await;
    assert_eq!(app.get(&again).await.json(), json!({"domains": []}));
}
