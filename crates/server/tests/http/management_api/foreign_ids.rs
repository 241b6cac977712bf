//! An id of another kind, or of a record under another parent, leads nowhere, in whichever route it stands.

use grantd_schema::Operation;
use serde_json::json;

use super::fixtures::{
    API, FIRST_EVENT, PREVIOUS_KEY, Requests, World, assert_is_error, client, organization,
};

/// Everything that is stored, to be compared.
async fn stored(world: &World) -> String {
    format!("{:?}", world.app.store.load().await.unwrap())
}

/// Asks for the operation at this path with a body that would do, and asserts that nothing is there and nothing happens.
async fn assert_leads_nowhere(world: &World, operation: Operation, path: &str, body: &str) {
    let before = stored(world).await;
    let authorization = format!("Bearer {}", world.app.token());
    let headers = [("authorization", &*authorization), ("content-type", "application/json")];
    let answer = world.send_to(operation, path, &headers, body.to_owned()).await;
    // Deleting what is not there is no failure, as in Auth0.
    let gone_already = operation.method() == "DELETE" && answer.status == 204 && answer.text.is_empty();
    if !gone_already {
        assert!([400, 404].contains(&answer.status.as_u16()), "{operation:?} {path}: {}", answer.text);
        assert_is_error(&answer);
    }
    assert!(stored(world).await == before, "{operation:?} {path} has changed something");
}

/// The parameters of an operation's path, with the id that belongs there.
fn parameters(world: &World, operation: Operation) -> Vec<(String, String)> {
    let (template, path) = (operation.path(), world.path(operation));
    let pairs = template.split('/').zip(path.split('/'));
    pairs.filter(|(name, _)| name.starts_with('{')).map(|(name, id)| (name.into(), id.into())).collect()
}

#[tokio::test]
async fn an_id_of_another_kind_leads_nowhere() {
    let world = World::start().await;
    let ids = [
        &*world.client,
        &world.api,
        &world.grant,
        &world.organization,
        &world.credential,
        &world.log_stream,
        &world.domain,
        FIRST_EVENT,
        PREVIOUS_KEY,
        "acme",
        "acme.test",
        "administration",
    ];
    let mut routes = 0;
    for operation in Operation::ALL {
        let body = world.body(*operation).await;
        // As a server does twice a second: all of this takes longer than what is known may be old on a busy machine.
        world.app.follower.catch_up().await.unwrap();
        for (name, own) in parameters(&world, *operation) {
            for id in ids.iter().filter(|id| **id != own) {
                let path = world.path(*operation).replacen(&own, id, 1);
                assert_leads_nowhere(&world, *operation, &path, &body).await;
            }
            assert!(operation.path().contains(&name));
            routes += 1;
        }
    }
    assert!(routes > 40, "{routes}");
}

/// The records below a client or an organization, asked for below another one.
#[tokio::test]
async fn a_record_of_another_parent_is_not_found_there() {
    let world = World::start().await;
    let grants = format!("/organizations/{}/client-grants", world.organization);
    world.app.create(&grants, json!({"grant_id": world.grant})).await;
    let (client, organization) = (client(&world.app).await, organization(&world.app, "other").await);
    let mut routes = Vec::new();
    for operation in Operation::ALL.iter().filter(|operation| operation.path().matches('{').count() > 1) {
        let path = world.path(*operation);
        let path = match path.split('/').nth(1) {
            Some("clients") => path.replacen(&world.client, &client, 1),
            _ => path.replacen(&world.organization, &organization, 1),
        };
        assert_leads_nowhere(&world, *operation, &path, &world.body(*operation).await).await;
        routes.push(operation.id());
    }
    assert_eq!(routes.len(), 10, "{routes:?}");
}

#[tokio::test]
async fn an_id_of_another_kind_in_a_body_names_nothing() {
    let world = World::start().await;
    let path = |list: &str| format!("/organizations/{}/{list}", world.organization);
    // A grant names an API by its identifier, and not even by its id.
    let nothing = String::new();
    let kinds = [&world.api, &world.organization, &world.credential, &world.domain, &world.log_stream];
    for id in kinds.into_iter().chain([&world.client, &world.grant]) {
        let default = json!({"organization_id": id, "flows": ["client_credentials"]});
        for (belongs, path, body) in [
            (&world.grant, path("client-grants"), json!({"grant_id": id})),
            (
                &world.client,
                path("clients"),
                json!({"clients": [{"client_id": id, "use_for_member_access": true}]}),
            ),
            (&world.client, "/client-grants".into(), json!({"client_id": id, "audience": API, "scope": []})),
            (
                &nothing,
                "/client-grants".into(),
                json!({"client_id": world.client, "audience": id, "scope": []}),
            ),
            (&world.organization, "/clients".into(), json!({"name": "x", "default_organization": default})),
        ] {
            if id == belongs {
                continue;
            }
            let before = stored(&world).await;
            let answer = world.app.post(&path, body.clone()).await;
            assert!([400, 404].contains(&answer.status.as_u16()), "{path} {body}: {}", answer.text);
            assert!(stored(&world).await == before, "{path} {body} has changed something");
        }
    }
}
