//! GET /clients

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, api, client, grant, organization, text, third_party_client};
use crate::support::{App, NOW};

fn clients(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|client| text(client, "name")).collect()
}

async fn listed(app: &App, query: &str) -> Vec<String> {
    let answer = app.get(&format!("/clients?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    clients(&answer.json())
}

/// A service, a single-page application, a partner, and the global client, which was made first.
async fn with_four() -> App {
    let app = App::start().await;
    global_client(&app).await;
    for (name, app_type) in [("service", "non_interactive"), ("page", "spa")] {
        app.create("/clients", json!({"name": name, "app_type": app_type})).await;
    }
    third_party_client(&app).await;
    app
}

async fn global_client(app: &App) -> String {
    use grantd_model::{Client, Secret};
    use grantd_store::Change;

    let record = json!({
        "client_id": "global", "name": "All Applications", "global": true, "is_first_party": true,
    });
    let mut client: Client = serde_json::from_value(record).unwrap();
    client.client_secret = Secret::from(format!("secret of {NOW}")).into();
    app.store.commit(vec![Change::CreateClient(client)]).await.unwrap();
    "global".to_owned()
}

#[tokio::test]
async fn the_order_is_that_of_creation_with_the_global_client_last() {
    let app = with_four().await;
    assert_eq!(listed(&app, "").await, ["service", "page", "Partner", "All Applications"]);
}

#[tokio::test]
async fn totals_come_before_the_page() {
    let app = with_four().await;
    let query = "include_totals=true&per_page=2&page=1&fields=name,global";
    assert_snapshot!(app.get(&format!("/clients?{query}")).await.wire(), @r#"
        200 OK
        {"total":4,"start":2,"limit":2,"clients":[{"name":"Partner","global":false},{"name":"All Applications","global":true}]}
    "#);
    let count = app.get("/clients?include_totals=true&per_page=0").await;
    assert_snapshot!(count.wire(), @r#"
        200 OK
        {"total":4,"start":0,"limit":0,"clients":[]}
    "#);
}

#[tokio::test]
async fn checkpoints_lead_through_all_of_them() {
    let app = with_four().await;
    let (mut seen, mut from) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/clients?take=1&include_totals=true&from={from}")).await.json();
        seen.extend(clients(&page["clients"]));
        let Some(next) = page.get("next") else { break };
        next.as_str().unwrap().clone_into(&mut from);
    }
    assert_eq!(seen, ["service", "page", "Partner", "All Applications"]);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let app = with_four().await;
    for (query, expected) in [
        ("is_global=true", &["All Applications"][..]),
        ("is_global=false", &["service", "page", "Partner"]),
        ("is_first_party=false", &["Partner"]),
        ("is_first_party=true&is_global=false", &["service", "page"]),
        ("app_type=spa", &["page"]),
        ("app_type=spa,non_interactive", &["service", "page"]),
        ("app_type=native", &[]),
        ("external_client_id=x", &[]),
    ] {
        assert_eq!(listed(&app, query).await, expected, "{query}");
    }
    assert_eq!(app.get("/clients?app_type=tea").await.status, 400);
}

#[tokio::test]
async fn clients_are_found_by_their_grants_in_organizations() {
    let app = App::start().await;
    api(&app).await;
    let (inside, anywhere) = (client(&app).await, client(&app).await);
    client(&app).await;
    let id = grant(&app, json!({"client_id": inside, "organization_usage": "allow"})).await;
    grant(&app, json!({"client_id": anywhere, "allow_any_organization": true})).await;
    let acme = organization(&app, "acme").await;
    app.create(&format!("/organizations/{acme}/client-grants"), json!({"grant_id": id})).await;
    for (q, expected) in [
        (format!("client_grant.organization_id:{acme}"), vec![&inside]),
        (format!("client_grant.organization_id:%22{acme}%22"), vec![&inside]),
        ("client_grant.organization_id:org_XXXXXXXXXXXXXXXX".into(), vec![]),
        ("client_grant.allow_any_organization:true".into(), vec![&anywhere]),
        (
            format!("client_grant.organization_id:{acme}%20AND%20client_grant.allow_any_organization:true"),
            vec![],
        ),
    ] {
        let list = app.get(&format!("/clients?q={q}&fields=client_id")).await.json();
        let found: Vec<String> =
            list.as_array().unwrap().iter().map(|client| text(client, "client_id")).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{q}");
    }
}

#[tokio::test]
async fn other_searches_are_refused() {
    let app = App::start().await;
    for q in ["name:x", "client_grant.allow_any_organization:false", "x", "a:b%20OR%20c:d"] {
        assert_eq!(app.get(&format!("/clients?q={q}")).await.status, 400, "{q}");
    }
    assert_snapshot!(app.get("/clients?q=name:x").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'q' supports client_grant.organization_id:{organization} and client_grant.allow_any_organization:true","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn secrets_are_listed_only_for_who_may_read_them() {
    let app = App::start().await;
    let made = app.create("/clients", json!({"name": "Robot"})).await;
    let secret = text(&made, "client_secret");
    for query in
        ["", "?include_totals=true", "?take=5", "?fields=client_secret", "?fields=name&include_fields=false"]
    {
        let path = format!("/clients{query}");
        for scope in ["read:clients", "read:client_summary"] {
            let answer = app.call_holding(&[scope], "GET", &path, None).await;
            assert_eq!(answer.status, 200);
            assert!(!answer.text.contains(&secret), "{query} {scope}: {}", answer.text);
        }
        for scope in ["read:client_keys", "read:client_credentials"] {
            let answer = app.call_holding(&[scope], "GET", &path, None).await;
            assert!(answer.text.contains(&secret), "{query} {scope}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn summaries_have_four_members() {
    let app = App::start().await;
    client(&app).await;
    assert_snapshot!(app.call_holding(&["read:client_summary"], "GET", "/clients", None).await.wire(), @r#"
        200 OK
        [{"client_id":"Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk","name":"Robot","app_type":"non_interactive"}]
    "#);
}

#[tokio::test]
async fn pages_have_bounds() {
    let app = App::start().await;
    for query in
        ["per_page=101", "per_page=-1", "page=-1", "take=0", "take=101", "from=xyz", "x=1", "is_global=1"]
    {
        assert_eq!(app.get(&format!("/clients?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(app.get("/clients?per_page=0").await.json(), json!([]));
}

#[tokio::test]
async fn the_global_client_is_not_deleted() {
    let app = with_four().await;
    assert_snapshot!(app.delete("/clients/global").await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"The global client cannot be deleted","errorCode":"operation_not_supported"}
    "#);
}
