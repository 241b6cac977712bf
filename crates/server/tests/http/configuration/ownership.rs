//! Owners, pruning and delete protection.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{applied, apply, faults, payments, steps};
use crate::management_api::fixtures::Requests;
use crate::support::App;

async fn pruned(app: &App, document: Value) -> Value {
    let answer = apply(app, json!({"document": document, "prune": true})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn pruning_removes_what_carries_the_label_and_nothing_else() {
    let app = App::start().await;
    applied(&app, payments()).await;
    applied(&app, json!({"owner": "others", "clients": [{"name": "Theirs"}]})).await;
    app.create("/clients", json!({"name": "Nobody's"})).await;
    let answer = pruned(&app, json!({"owner": "payments", "clients": [{"name": "Partner", "is_first_party": false, "app_type": "regular_web"}]})).await;
    assert_snapshot!(steps(&answer).join("\n"), @"
    delete client_grant Worker for https://payments.test/ (user)
    delete client_grant Worker for https://payments.test/
    delete client_grant third_party_clients for https://payments.test/
    delete client_grant Worker for https://auth.test/api/v2/
    delete client Worker
    delete resource_server https://payments.test/
    delete organization acme
    delete organization globex
    ");
    let clients = app.get("/clients?fields=name&include_fields=true&is_global=false").await.json();
    let names: Vec<_> = clients.as_array().unwrap().iter().map(|client| client["name"].clone()).collect();
    assert_eq!(names, ["Partner", "Theirs", "Nobody's"]);
}

#[tokio::test]
async fn a_record_of_another_configuration_is_not_changed() {
    let app = App::start().await;
    applied(&app, payments()).await;
    for document in [
        json!({"owner": "others", "organizations": [{"name": "acme"}]}),
        json!({"organizations": [{"name": "acme"}]}),
    ] {
        let answer = apply(&app, json!({ "document": document })).await;
        assert_eq!(
            faults(&answer),
            ["/organizations/0: the organization \"acme\" belongs to the configuration \"payments\""]
        );
    }
    let by_its_own_label =
        json!({"organizations": [{"name": "acme", "owner": "payments", "display_name": "A"}]});
    assert_eq!(steps(&applied(&app, by_its_own_label).await), ["update organization acme"]);
}

#[tokio::test]
async fn a_record_that_was_made_one_by_one_is_adopted() {
    let app = App::start().await;
    app.create("/organizations", json!({"name": "acme"})).await;
    let answer = applied(&app, json!({"owner": "payments", "organizations": [{"name": "acme"}]})).await;
    assert_eq!(answer["steps"][0]["differences"], json!([{"member": "owner", "to": "payments"}]));
    assert_eq!(steps(&pruned(&app, json!({"owner": "payments"})).await), ["delete organization acme"]);
}

#[tokio::test]
async fn what_is_protected_is_deleted_in_no_way_until_it_is_declared_otherwise() {
    let app = App::start().await;
    let document = |protected: bool| {
        json!({
            "owner": "payments",
            "resource_servers": [{"identifier": "https://a.test/"}],
            "clients": [{"name": "Worker"}],
            "client_grants": [{
                "client": "Worker", "audience": "https://a.test/", "scope": [], "delete_protection": protected,
            }],
        })
    };
    applied(&app, document(true)).await;
    let answer = apply(&app, json!({"document": {"owner": "payments"}, "prune": true})).await;
    assert_snapshot!(faults(&answer).join("\n"), @r#"
    : the client grant "Worker for https://a.test/" is protected from deletion, and is no longer declared
    "#);
    let grant = app.get("/client-grants?audience=https://a.test/").await.json()[0].clone();
    let path = format!("/client-grants/{}", grant["id"].as_str().unwrap());
    assert_snapshot!(app.delete(&path).await.wire(), @r#"
    403 Forbidden
    {"statusCode":403,"error":"Forbidden","message":"The client grant is protected from deletion","errorCode":"operation_not_supported"}
    "#);
    let client = format!("/clients/{}", grant["client_id"].as_str().unwrap());
    assert_eq!(app.delete(&client).await.status, 403, "the grant would go with it");
    assert_eq!(app.get(&client).await.status, 200);
    applied(&app, document(false)).await;
    assert_eq!(app.delete(&client).await.status, 204);
    let left = pruned(&app, json!({"owner": "payments"})).await;
    assert_eq!(steps(&left), ["delete resource_server https://a.test/"]);
}

#[tokio::test]
async fn pruning_takes_along_nothing_that_is_somebody_elses_or_still_named() {
    let app = App::start().await;
    let api = json!({"owner": "apis", "resource_servers": [{"identifier": "https://a.test/"}]});
    applied(&app, api).await;
    let grants = json!({
        "owner": "clients",
        "clients": [{"name": "Worker"}],
        "client_grants": [{"client": "Worker", "audience": "https://a.test/", "scope": []}],
    });
    applied(&app, grants).await;
    let answer = apply(&app, json!({"document": {"owner": "apis"}, "prune": true})).await;
    assert!(faults(&answer)[0].contains("belongs to the configuration \"clients\""), "{}", answer.text);
    let organization = json!({"owner": "a", "organizations": [{"name": "acme"}]});
    applied(&app, organization).await;
    let names_it = json!({
        "owner": "a",
        "clients": [{"name": "Other", "default_organization": {"organization": "acme", "flows": ["client_credentials"]}}],
    });
    let answer = apply(&app, json!({"document": names_it, "prune": true})).await;
    assert_eq!(faults(&answer), [": the organization \"acme\" is no longer declared, and still named"]);
}

#[tokio::test]
async fn without_an_owner_nothing_can_be_pruned() {
    let app = App::start().await;
    let answer = apply(&app, json!({"document": {}, "prune": true})).await;
    assert_eq!(
        faults(&answer),
        [": a configuration needs an owner to be pruned: nothing says what it has made"]
    );
}
