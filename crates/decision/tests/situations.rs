//! Named situations and what comes of them: the documentation's tables, row by row, and what is easily got wrong.
//!
//! Each row says how it differs from the usual one: the client `shop`, confidential and first-party, holds a
//! grant for two of the three scopes of `https://orders`; the organization `acme` has the grant, `bird` has not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "situations/table.rs"]
mod table;
mod world;

use grantd_decision::{AccessRequest, Possession, decide};
use grantd_model::{CLIENT_CREDENTIALS, Client};
use world::{World, written};

/// A request and the records that it meets.
struct Scene {
    world: World,
    client: Client,
    audience: Option<&'static str>,
    resource: Option<&'static str>,
    scope: Option<&'static str>,
    organization: Option<&'static str>,
    possession: Possession<'static>,
}

impl Scene {
    fn usual() -> Self {
        let mut world = World::empty();
        world.apis.push(world::api("https://orders", &["read", "write", "delete"]));
        world.grants.push(world::grant("cgr_shop", Some("shop"), "https://orders", &["read", "write"]));
        world.organizations =
            vec![world::organization("org_acme", "acme"), world::organization("org_bird", "bird")];
        world.associations.push(("org_acme".into(), "cgr_shop".into()));
        Self {
            world,
            client: world::client("shop"),
            audience: Some("https://orders"),
            resource: None,
            scope: None,
            organization: None,
            possession: Possession::default(),
        }
    }

    fn outcome(&self) -> String {
        let request = AccessRequest {
            client: &self.client,
            grant_type: CLIENT_CREDENTIALS,
            audience: self.audience,
            resource: self.resource,
            scope: self.scope,
            organization: self.organization,
            possession: self.possession,
        };
        written(&decide(&request, &self.world))
    }
}

#[test]
fn every_situation_comes_out_as_written() {
    for (name, change, expected) in table::SITUATIONS {
        let mut scene = Scene::usual();
        change(&mut scene);
        assert_eq!(scene.outcome(), *expected, "when {name}");
    }
    assert!(table::SITUATIONS.len() >= 40);
}

#[test]
fn every_situation_has_its_own_name() {
    let mut names: Vec<&str> = table::SITUATIONS.iter().map(|(name, _, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), table::SITUATIONS.len());
}

#[test]
fn an_api_with_very_many_scopes_grants_what_one_with_few_does() {
    let others: Vec<String> = (0..40).map(|number| format!("other:{number}")).collect();
    let outcomes = [0, 40].map(|number| {
        let mut scopes = vec!["read", "write", "a b"];
        scopes.extend(others.iter().take(number).map(String::as_str));
        let held = ["write", "gone", "a b", "read", "write"];
        let mut scene = Scene::usual();
        scene.world.apis = vec![world::api("https://orders", &scopes)];
        scene.world.grants = vec![world::grant("cgr_shop", Some("shop"), "https://orders", &held)];
        scene.outcome()
    });
    assert_eq!(outcomes[0], outcomes[1]);
    assert!(outcomes[0].contains("write read"), "{}", outcomes[0]);
}
