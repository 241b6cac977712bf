//! Queries that would like to be SQL, Lucene or another page: every parameter of every list.

use std::collections::BTreeMap;

use grantd_schema::Operation;
use serde_json::{Value, json};

use super::fixtures::{Requests, World, assert_is_error, client, grant, log_stream, organization};
use crate::support::Answer;

const HOSTILE: [&str; 13] = [
    "\"",
    "\\",
    "' OR '1'='1",
    "x' UNION SELECT sealed FROM clients --",
    "1; DROP TABLE client_grants; --",
    "$1",
    "%",
    "*",
    "*:*",
    "type:(sapi OR",
    "/(a+)+$/",
    "type:[* TO *] OR _exists_:client_id",
    "\0",
];

/// The operations that list, with the parameters that their queries take.
fn lists() -> impl Iterator<Item = (Operation, Vec<&'static String>)> {
    let queries = Operation::ALL.iter().filter(|operation| operation.method() == "GET");
    let queries = queries.map(|operation| (*operation, operation.query_schema()["properties"].as_object()));
    queries.filter_map(|(operation, names)| Some((operation, names?.keys().collect())))
}

/// GET of the operation with this query.
async fn ask(world: &World, operation: Operation, query: &[(&str, &str)]) -> Answer {
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    world.app.get(&format!("{}?{query}", world.path(operation))).await
}

/// Reads the store, as a server does twice a second: here so much is asked that it takes longer than what is known may be
/// old on a busy machine.
async fn follow(world: &World) {
    world.app.follower.catch_up().await.unwrap();
}

/// The items of a list in whichever envelope it comes.
fn items(answer: &Answer) -> Vec<Value> {
    let body = answer.json();
    let list = body.as_object().and_then(|members| members.values().find(|member| member.is_array()));
    list.unwrap_or(&body).as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_looks_like_sql_or_lucene_is_a_value_like_any_other() {
    let world = World::start().await;
    let before = format!("{:?}", world.app.store.load().await.unwrap());
    let mut asked = 0;
    for (operation, names) in lists() {
        follow(&world).await;
        for name in names {
            for value in HOSTILE {
                let answer = ask(&world, operation, &[(name, value)]).await;
                assert!(
                    [200, 400].contains(&answer.status.as_u16()),
                    "{operation:?} {name}={value:?}: {}",
                    answer.text
                );
                if answer.status == 400 {
                    assert_is_error(&answer);
                    assert!(!answer.text.to_lowercase().contains("sqlite"), "{}", answer.text);
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    assert!(
        format!("{:?}", world.app.store.load().await.unwrap()) == before,
        "a query has changed something"
    );
}

#[tokio::test]
async fn a_filter_that_looks_like_sql_finds_nothing() {
    let world = World::start().await;
    let path = format!("/organizations/{}/client-grants", world.organization);
    world.app.create(&path, json!({"grant_id": world.grant})).await;
    for (operation, name) in [
        (Operation::ListClientGrants, "audience"),
        (Operation::ListClientGrants, "client_id"),
        (Operation::ListResourceServers, "identifiers"),
        (Operation::ListClients, "external_client_id"),
        (Operation::ListOrganizationClientGrants, "audience"),
        (Operation::ListOrganizationClientGrants, "client_id"),
    ] {
        assert_ne!(items(&ask(&world, operation, &[]).await).len(), 0, "{operation:?}");
        for value in HOSTILE {
            let answer = ask(&world, operation, &[(name, value)]).await;
            assert!(
                answer.status == 400 || items(&answer).is_empty(),
                "{operation:?} {value}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_page_is_neither_negative_nor_beyond_what_can_be_counted() {
    let world = World::start().await;
    let mut bounded = 0;
    // These come whole whatever page is asked for.
    let whole = [Operation::ListCredentials, Operation::ListLogStreams];
    for (operation, names) in lists().filter(|(operation, _)| !whole.contains(operation)) {
        follow(&world).await;
        for name in names.into_iter().filter(|name| ["page", "per_page", "take"].contains(&name.as_str())) {
            for value in [
                "-1",
                "-2147483648",
                "2147483648",
                "4294967296",
                "9223372036854775808",
                "18446744073709551616",
                "1e308",
                "NaN",
                "0x1",
            ] {
                let answer = ask(&world, operation, &[(name, value)]).await;
                let page = name == "page" && answer.status == 200 && items(&answer).is_empty();
                assert!(page || answer.status == 400, "{operation:?} {name}={value}: {}", answer.text);
                bounded += 1;
            }
        }
    }
    assert!(bounded > 200, "{bounded}");
}

/// A cursor says where to go on and nothing more: at another list, it shows what whoever asks may see there anyway.
#[tokio::test]
async fn a_cursor_of_another_list_shows_nothing_of_that_list() {
    let world = World::start().await;
    let other = client(&world.app).await;
    let more = grant(&world.app, json!({"client_id": other, "organization_usage": "allow"})).await;
    let beside = organization(&world.app, "beside").await;
    for id in [&world.grant, &more] {
        for organization in [&world.organization, &beside] {
            let path = format!("/organizations/{organization}/client-grants");
            world.app.create(&path, json!({"grant_id": id})).await;
        }
    }
    let path = format!("/organizations/{}", world.organization);
    let added = json!({"clients": [{"client_id": other, "use_for_member_access": true}]});
    assert_eq!(world.app.post(&format!("{path}/clients"), added).await.status, 201);
    world.app.create(&format!("{path}/discovery-domains"), json!({"domain": "more.test"})).await;
    log_stream(&world.app, json!({})).await;

    let (mut cursors, mut whole) = (BTreeMap::new(), BTreeMap::new());
    for (operation, _) in lists().filter(|(_, names)| names.iter().any(|name| *name == "take")) {
        let answer = ask(&world, operation, &[("take", "1")]).await;
        if let Some(next) = answer.json().get("next").and_then(Value::as_str) {
            cursors.insert(operation.id(), next.to_owned());
        }
        whole.insert(operation.id(), (operation, items(&ask(&world, operation, &[("take", "100")]).await)));
    }
    let names: Vec<_> = cursors.keys().copied().collect();
    let with_a_second_page = [
        "get_client-grant-organizations",
        "get_client-grants",
        "get_clients",
        "get_discovery-domains",
        "get_organization_clients",
        "get_organizations",
    ];
    assert_eq!(names, with_a_second_page);
    for cursor in cursors.values() {
        for (operation, all) in whole.values() {
            let answer = ask(&world, *operation, &[("from", cursor), ("take", "100")]).await;
            let shown = if answer.status == 400 { Vec::new() } else { items(&answer) };
            assert!(shown.iter().all(|item| all.contains(item)), "{operation:?} {cursor}: {}", answer.text);
        }
    }
}
