//! What applying a document does, and what it says that it does.

use insta::assert_snapshot;
use serde_json::json;

use super::{applied, apply, payments, plan, steps};
use crate::management_api::fixtures::Requests;
use crate::support::App;

#[tokio::test]
async fn a_document_makes_everything_that_it_names_in_one_revision() {
    let app = App::start().await;
    let planned = plan(&app, json!({ "document": payments() })).await.json();
    assert_eq!(planned["applied"], false);
    assert_eq!(app.get("/organizations").await.json(), json!([]));
    let answer = applied(&app, payments()).await;
    assert_eq!(answer["revision"], planned["revision"].as_u64().unwrap() + 1);
    assert_snapshot!(steps(&answer).join("\n"), @"
    update tenant tenant
    update settings settings
    create organization acme
    create organization globex
    create resource_server https://payments.test/
    create client Worker
    create client Partner
    create client_grant Worker for https://payments.test/
    create client_grant Worker for https://payments.test/ (user)
    create client_grant Worker for https://auth.test/api/v2/
    create client_grant third_party_clients for https://payments.test/
    ");
    assert_eq!(steps(&planned), steps(&answer));
    let organizations = app.get("/organizations").await.json();
    assert_eq!(organizations.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_client_gets_tokens_with_its_declared_secret() {
    let app = App::start().await;
    applied(&app, payments()).await;
    let clients = app.get("/clients?fields=client_id,name&include_fields=true").await.json();
    let worker = clients.as_array().unwrap().iter().find(|client| client["name"] == "Worker").unwrap();
    let asked = [
        ("grant_type", "client_credentials"),
        ("client_id", worker["client_id"].as_str().unwrap()),
        ("client_secret", "a secret of the worker's own"),
        ("audience", "https://payments.test/"),
        ("organization", "org_0"),
    ];
    assert_eq!(app.ask(&asked[..4]).await.status, 200);
    assert_ne!(app.ask(&asked).await.status, 200, "no such organization");
}

#[tokio::test]
async fn an_apply_of_what_is_there_changes_nothing() {
    let app = App::start().await;
    let first = applied(&app, payments()).await;
    let again = applied(&app, payments()).await;
    assert_eq!(steps(&again), Vec::<String>::new());
    assert_eq!(again["revision"], first["revision"], "nothing was committed");
}

#[tokio::test]
async fn a_difference_names_the_member_and_shows_no_secret() {
    let app = App::start().await;
    applied(&app, payments()).await;
    let mut document = payments();
    document["clients"][0]["client_secret"] = "another secret".into();
    document["clients"][0]["description"] = "Works".into();
    document["client_grants"][0]["organizations"] = json!(["acme"]);
    document["resource_servers"][0]["scopes"] = json!([{"value": "read:payments"}]);
    let planned = plan(&app, json!({ "document": document })).await;
    assert!(!planned.text.contains("another secret"), "{}", planned.text);
    let planned = planned.json();
    assert_eq!(
        steps(&planned),
        [
            "update resource_server https://payments.test/",
            "update client Worker",
            "update client_grant Worker for https://payments.test/"
        ]
    );
    assert_eq!(
        planned["steps"][1]["differences"],
        json!([{"member": "description", "to": "Works"}, {"member": "client_secret"}])
    );
    assert_eq!(
        planned["steps"][2]["differences"],
        json!([{"member": "organizations", "from": ["acme", "globex"], "to": ["acme"]}])
    );
}

#[tokio::test]
async fn what_a_document_no_longer_says_goes_back_to_its_default() {
    let app = App::start().await;
    applied(&app, payments()).await;
    let mut document = payments();
    document["resource_servers"][0].as_object_mut().unwrap().remove("name");
    document["clients"][0].as_object_mut().unwrap().remove("grant_types");
    let answer = applied(&app, document).await;
    assert_eq!(answer["steps"][0]["differences"], json!([{"member": "name", "from": "Payments"}]));
    assert_eq!(
        answer["steps"][1]["differences"][0]["to"],
        json!(["authorization_code", "implicit", "refresh_token", "client_credentials"])
    );
}

#[tokio::test]
async fn organizations_that_a_grant_does_not_name_are_left_to_others() {
    let app = App::start().await;
    let mut document = payments();
    document["client_grants"][0].as_object_mut().unwrap().remove("organizations");
    applied(&app, document.clone()).await;
    let grants = app.get("/client-grants?audience=https://payments.test/&subject_type=client").await.json();
    let grant = grants.as_array().unwrap().iter().find(|grant| grant.get("client_id").is_some()).unwrap();
    let organization = app.get("/organizations/name/acme").await.json();
    let path = format!("/organizations/{}/client-grants", organization["id"].as_str().unwrap());
    app.create(&path, json!({"grant_id": grant["id"]})).await;
    assert_eq!(steps(&applied(&app, document.clone()).await), Vec::<String>::new());
    document["client_grants"][0]["organizations"] = json!([]);
    assert_eq!(
        steps(&applied(&app, document).await),
        ["update client_grant Worker for https://payments.test/"]
    );
    assert_eq!(app.get(&path).await.json(), json!([]));
}

#[tokio::test]
async fn identifiers_may_be_chosen_as_when_they_come_from_another_server() {
    let app = App::start().await;
    let document = json!({
        "organizations": [{"id": "org_0123456789abcdef", "name": "acme"}],
        "resource_servers": [{"id": "69e9ce2f0000000000000000", "identifier": "https://a.test/"}],
        "clients": [{"client_id": "tpc_kept", "name": "One"}, {"client_id": "kept", "name": "One"}],
        "client_grants": [{
            "id": "cgr_0123456789abcdef", "client_id": "kept", "audience": "https://a.test/", "scope": [],
        }],
    });
    applied(&app, document.clone()).await;
    assert_eq!(app.get("/client-grants/cgr_0123456789abcdef").await.json()["client_id"], "kept");
    assert_eq!(app.get("/organizations/org_0123456789abcdef").await.json()["name"], "acme");
    assert_eq!(
        app.get("/resource-servers/69e9ce2f0000000000000000").await.json()["identifier"],
        "https://a.test/"
    );
    assert_eq!(steps(&applied(&app, document).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_is_no_management_write_and_an_apply_is_one_event_without_secrets() {
    let app = App::recording().await;
    plan(&app, json!({ "document": payments() })).await;
    assert_eq!(app.events().await.len(), 0);
    applied(&app, payments()).await;
    let events = app.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["description"], "Apply a configuration");
    assert!(!format!("{events:?}").contains("a secret of the worker's own"), "{events:?}");
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_not_applied() {
    let app = App::start().await;
    let planned = plan(&app, json!({ "document": payments() })).await.json();
    app.create("/organizations", json!({"name": "in-between"})).await;
    let body = json!({"document": payments(), "expected_revision": planned["revision"]});
    assert_snapshot!(apply(&app, body).await.wire(), @r#"
    409 Conflict
    {"statusCode":409,"error":"Conflict","message":"The configuration has changed since it was planned","errorCode":"configuration_changed"}
    "#);
}

#[tokio::test]
async fn keys_that_are_there_stay_and_one_that_goes_is_removed() {
    let app = App::start().await;
    let key = |pem: &str| json!({"credential_type": "public_key", "alg": "ES256", "pem": pem});
    let document = |keys: serde_json::Value| {
        json!({"clients": [{
            "name": "Worker",
            "jwt_configuration": {"alg": "RS256"},
            "client_authentication_methods": {"private_key_jwt": {"credentials": keys}},
        }]})
    };
    let (one, other) = (public_key(1), public_key(2));
    applied(&app, document(json!([key(&one)]))).await;
    assert_eq!(steps(&applied(&app, document(json!([key(&one)]))).await), Vec::<String>::new());
    applied(&app, document(json!([key(&one), key(&other)]))).await;
    let client = app.get("/clients?fields=client_id,name&include_fields=true").await.json();
    let client = client.as_array().unwrap().iter().find(|client| client["name"] == "Worker").unwrap().clone();
    let path = format!("/clients/{}/credentials", client["client_id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.json().as_array().unwrap().len(), 2);
    let mut named = key(&other);
    named["name"] = "the new one".into();
    applied(&app, document(json!([named]))).await;
    let left = app.get(&path).await.json();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["name"], "the new one");
}

fn public_key(number: u8) -> String {
    let pair = grantd_token::generate_signing_key(
        grantd_model::SigningKeyKind::P256,
        "a.test",
        grantd_model::Timestamp::from_seconds(u64::from(number)),
        &crate::support::CountedEntropy::default(),
    );
    pair.unwrap().certificate
}
