//! GET /organizations

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, text};
use crate::support::App;

/// Three organizations whose names, display names and creation are in different orders.
async fn with_three() -> App {
    let app = App::start().await;
    for (name, display_name) in [("org2", "B"), ("org1", "C"), ("org3", "A")] {
        app.create("/organizations", json!({"name": name, "display_name": display_name})).await;
    }
    app
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|organization| text(organization, "name")).collect()
}

#[tokio::test]
async fn each_shape_has_its_members() {
    let app = App::start().await;
    app.create("/organizations", json!({"name": "acme"})).await;
    assert_snapshot!(app.get("/organizations").await.wire(), @r#"
        200 OK
        [{"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}]
    "#);
    assert_snapshot!(app.get("/organizations?include_totals=true&per_page=2").await.wire(), @r#"
        200 OK
        {"organizations":[{"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}],"start":0,"limit":2,"total":1}
    "#);
    assert_snapshot!(app.get("/organizations?include_totals=true&take=50").await.wire(), @r#"
        200 OK
        {"organizations":[{"id":"org_Sds7KTt5GNbnwUh1","name":"acme","third_party_client_access":"block","is_app_entitlement_active":false}]}
    "#);
}

#[tokio::test]
async fn the_order_is_that_of_creation_unless_another_is_named() {
    let app = with_three().await;
    for (query, expected) in [
        ("", ["org2", "org1", "org3"]),
        ("?sort=created_at:1", ["org2", "org1", "org3"]),
        ("?sort=created_at:-1", ["org3", "org1", "org2"]),
        ("?sort=name:1", ["org1", "org2", "org3"]),
        ("?sort=name:-1", ["org3", "org2", "org1"]),
        ("?sort=display_name:1", ["org3", "org2", "org1"]),
        ("?sort=display_name%3A-1", ["org1", "org2", "org3"]),
    ] {
        assert_eq!(names(&app.get(&format!("/organizations{query}")).await.json()), expected, "{query}");
    }
}

#[tokio::test]
async fn an_order_that_there_is_not_is_refused() {
    let app = App::start().await;
    for sort in ["id:1", "name", "name:2", "name:1:1", "name:1,id:1"] {
        assert_eq!(app.get(&format!("/organizations?sort={sort}")).await.status, 400, "{sort}");
    }
    assert_snapshot!(app.get("/organizations?sort=name").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'String does not match pattern ^((display_name)|(created_at)|(name))\\:(1|-1)$: name' on property sort (Field to sort by. Use <code>field:order</code> where order is <code>1</code> for ascending and <code>-1</code> for descending. e.g. <code>created_at:1</code>. We currently support sorting by the following fields: <code>name</code>, <code>display_name</code> and <code>created_at</code>).","errorCode":"invalid_query_string"}
    "#);
}

#[tokio::test]
async fn checkpoints_lead_through_all_of_them_in_order_of_creation() {
    let app = with_three().await;
    let (mut seen, mut from) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/organizations?take=1&from={from}")).await.json();
        seen.extend(names(&page["organizations"]));
        let Some(next) = page.get("next") else { break };
        next.as_str().unwrap().clone_into(&mut from);
    }
    assert_eq!(seen, ["org2", "org1", "org3"]);
}

#[tokio::test]
async fn pages_have_bounds() {
    let app = App::start().await;
    for query in
        ["page=1001", "page=-1", "per_page=0", "per_page=101", "take=0", "take=101", "from=xyz", "q=x"]
    {
        assert_eq!(app.get(&format!("/organizations?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(app.get("/organizations?page=1000&per_page=100").await.status, 200);
}
