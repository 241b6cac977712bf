//! Everything that there is, by names that are known before a record is made: a write without an answer gave its
//! record an identifier that nobody has seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::api::Api;

/// What there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Client,
    Api,
    Organization,
    Grant,
    Association,
}

/// What names a record: a client's name, an API's identifier, an organization's name; the client's name and the API of
/// a grant; the organization's name, the client's name and the API of an association. All begin with the writer's
/// prefix.
pub type Key = (Kind, Vec<String>);

/// All records, as the API shows them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World(pub BTreeMap<Key, Value>);

/// A member that is a text.
pub fn text(record: &Value, member: &str) -> String {
    record[member].as_str().unwrap_or_else(|| panic!("no {member} in {record}")).to_owned()
}

impl World {
    /// Reads everything, but what the first start has made.
    pub async fn read(api: &Api, admin: &Value) -> Self {
        let mut world = BTreeMap::new();
        let clients = api.list("/api/v2/clients", "clients").await;
        let apis = api.list("/api/v2/resource-servers", "resource_servers").await;
        let organizations = api.list("/api/v2/organizations", "organizations").await;
        let grants = api.list("/api/v2/client-grants", "client_grants").await;
        let names: BTreeMap<String, String> =
            clients.iter().map(|client| (text(client, "client_id"), text(client, "name"))).collect();
        let grant_key = |grant: &Value| {
            let client =
                names.get(&text(grant, "client_id")).unwrap_or_else(|| panic!("no client of {grant}"));
            vec![client.clone(), text(grant, "audience")]
        };
        for organization in organizations {
            let name = text(&organization, "name");
            let path = format!("/api/v2/organizations/{}/client-grants", text(&organization, "id"));
            for grant in api.list(&path, "client_grants").await {
                let key = [vec![name.clone()], grant_key(&grant)].concat();
                world.insert((Kind::Association, key), Value::Null);
            }
            world.insert((Kind::Organization, vec![name]), organization);
        }
        let own = |grant: &&Value| grant["client_id"] != admin["client_id"];
        world.extend(grants.iter().filter(own).map(|grant| ((Kind::Grant, grant_key(grant)), grant.clone())));
        world.extend(clients.into_iter().map(|client| ((Kind::Client, vec![text(&client, "name")]), client)));
        world.extend(apis.into_iter().map(|api| ((Kind::Api, vec![text(&api, "identifier")]), api)));
        Self(world)
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The part of one writer.
    pub fn of(&self, prefix: &str) -> Self {
        let own = self.0.iter().filter(|((_, names), _)| names[0].starts_with(prefix));
        Self(own.map(|(key, record)| (key.clone(), record.clone())).collect())
    }

    /// The names of the records of a kind.
    pub fn names(&self, kind: Kind) -> Vec<Vec<String>> {
        self.0.keys().filter(|(of, _)| *of == kind).map(|(_, names)| names.clone()).collect()
    }

    /// A record that is there.
    pub fn get(&self, kind: Kind, names: &[String]) -> &Value {
        self.0.get(&(kind, names.to_vec())).unwrap_or_else(|| panic!("no {kind:?} {names:?}"))
    }

    /// Puts a record. An association has no content.
    pub fn put(&mut self, key: Key, record: Value) {
        let record = if key.0 == Kind::Association { Value::Null } else { record };
        self.0.insert(key, record);
    }

    /// The records that are not the same in another world, as they are here and there.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let keys: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let differ = keys.into_iter().filter(|key| self.0.get(key) != other.0.get(key));
        differ.map(|key| format!("{key:?}: {:?} and not {:?}", self.0.get(key), other.0.get(key))).collect()
    }

    /// Takes out a record with what goes along.
    pub fn remove(&mut self, kind: Kind, names: &[String]) {
        self.0.retain(|(of, theirs), _| match (kind, of) {
            (Kind::Client | Kind::Grant, Kind::Grant) | (Kind::Organization, Kind::Association) => {
                !theirs.starts_with(names)
            }
            (Kind::Client | Kind::Grant, Kind::Association) => !theirs[1..].starts_with(names),
            (Kind::Api, Kind::Grant | Kind::Association) => !theirs.ends_with(names),
            _ => *of != kind || theirs != names,
        });
    }

    /// A grant has its client and its API, an association has its grant and its organization.
    pub fn assert_nothing_dangles(&self) {
        let there: BTreeSet<(Kind, &[String])> =
            self.0.keys().map(|(kind, names)| (*kind, &names[..])).collect();
        for (kind, names) in self.0.keys() {
            let needs: &[(Kind, &[String])] = match kind {
                Kind::Grant => &[(Kind::Client, &names[..1]), (Kind::Api, &names[1..])],
                Kind::Association => &[(Kind::Organization, &names[..1]), (Kind::Grant, &names[1..])],
                _ => &[],
            };
            for need in needs {
                assert!(there.contains(need), "{kind:?} {names:?} needs {need:?}");
            }
        }
    }
}
