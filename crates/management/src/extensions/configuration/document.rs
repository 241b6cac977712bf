//! A document that has passed its schema, taken apart: what each record says of itself, and what only documents say.

use serde_json::Value;

use super::fault::ConfigurationFault;
use super::schema::DOCUMENT;
use crate::Members;

/// A declared configuration.
#[derive(Debug)]
pub(super) struct Document {
    /// The label of records that name no other, and what pruning goes by.
    pub(super) owner: Option<String>,
    /// Auth0's settings that are to be set, as a PATCH sets them.
    pub(super) tenant: Option<Members>,
    /// Our settings, likewise.
    pub(super) settings: Option<Members>,
    /// Organizations.
    pub(super) organizations: Vec<Declared>,
    /// APIs.
    pub(super) resource_servers: Vec<Declared>,
    /// Clients.
    pub(super) clients: Vec<Declared>,
    /// Client grants.
    pub(super) client_grants: Vec<Declared>,
}

/// A record as a document declares it.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    /// Where it stands in the document.
    pub(super) pointer: String,
    /// Its own label, or the document's.
    pub(super) owner: Option<String>,
    /// Whether it is not to be deleted.
    pub(super) delete_protection: bool,
    /// Everything else: the members of a create request, and references.
    pub(super) body: Members,
}

impl Document {
    /// Reads a document; every fault of its form is reported.
    pub(super) fn read(value: &Value) -> Result<Self, Vec<ConfigurationFault>> {
        let faults: Vec<_> = DOCUMENT
            .faults(value)
            .into_iter()
            .map(|fault| ConfigurationFault::at(fault.pointer, &fault.message))
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let owner = value.get("owner").and_then(Value::as_str).map(str::to_owned);
        let members = |name: &str| value.get(name).and_then(Value::as_object).cloned();
        let list = |name: &str| records(value, name, owner.as_deref());
        Ok(Self {
            tenant: members("tenant"),
            settings: members("settings"),
            organizations: list("organizations"),
            resource_servers: list("resource_servers"),
            clients: list("clients"),
            client_grants: list("client_grants"),
            owner,
        })
    }
}

fn records(document: &Value, name: &str, owner: Option<&str>) -> Vec<Declared> {
    let listed = document.get(name).and_then(Value::as_array).into_iter().flatten();
    let bodies = listed.filter_map(Value::as_object).cloned().enumerate();
    bodies.map(|(index, body)| Declared::of(format!("/{name}/{index}"), owner, body)).collect()
}

impl Declared {
    fn of(pointer: String, owner: Option<&str>, mut body: Members) -> Self {
        let own = body.shift_remove("owner").and_then(|own| own.as_str().map(str::to_owned));
        let protection = body.shift_remove("delete_protection");
        Self {
            pointer,
            owner: own.or_else(|| owner.map(str::to_owned)),
            delete_protection: protection == Some(Value::Bool(true)),
            body,
        }
    }

    /// A member that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// The place of one of its members.
    pub(super) fn at(&self, member: &str) -> String {
        format!("{}/{member}", self.pointer)
    }
}
