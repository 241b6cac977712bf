//! A document that has passed its schema, taken apart: what each record says of itself, and what only documents say.

use std::collections::HashSet;

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
    /// What is wrong with its form.
    pub(super) faults: Vec<ConfigurationFault>,
    /// What records that are left out for such a fault are called: who names them is not at fault.
    pub(super) unsound: HashSet<String>,
}

/// By what other records call a record.
const NAMES: [&str; 4] = ["name", "identifier", "client_id", "id"];

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
    /// Reads a document. What has a fault in its form is left out, and what it is called is remembered.
    pub(super) fn read(value: &Value) -> Self {
        let faults: Vec<_> = DOCUMENT
            .faults(value)
            .into_iter()
            .map(|fault| ConfigurationFault::at(fault.pointer, &fault.message))
            .collect();
        let unsound: HashSet<String> = faults.iter().map(|fault| top(&fault.pointer)).collect();
        let members = |name: &str| {
            let members = value.get(name).and_then(Value::as_object);
            members.filter(|_| !unsound.contains(&format!("/{name}"))).cloned()
        };
        let owner = value.get("owner").and_then(Value::as_str).map(str::to_owned);
        let mut document = Self {
            tenant: members("tenant"),
            settings: members("settings"),
            organizations: Vec::new(),
            resource_servers: Vec::new(),
            clients: Vec::new(),
            client_grants: Vec::new(),
            faults,
            unsound: HashSet::new(),
            owner,
        };
        document.organizations = document.records(value, "organizations", &unsound);
        document.resource_servers = document.records(value, "resource_servers", &unsound);
        document.clients = document.records(value, "clients", &unsound);
        document.client_grants = document.records(value, "client_grants", &unsound);
        document
    }

    fn records(&mut self, document: &Value, name: &str, unsound: &HashSet<String>) -> Vec<Declared> {
        let listed = document.get(name).and_then(Value::as_array).into_iter().flatten();
        let mut records = Vec::new();
        for (index, body) in listed.enumerate() {
            let pointer = format!("/{name}/{index}");
            match body {
                Value::Object(body) if !unsound.contains(&pointer) => {
                    records.push(Declared::of(pointer, self.owner.as_deref(), body.clone()));
                }
                body => self
                    .unsound
                    .extend(NAMES.iter().filter_map(|name| body.get(name)?.as_str().map(str::to_owned))),
            }
        }
        records
    }
}

/// The record, or the settings, that a place is in: `/clients/0` of `/clients/0/name`.
fn top(pointer: &str) -> String {
    let depth = if pointer.starts_with("/tenant") || pointer.starts_with("/settings") { 2 } else { 3 };
    pointer.split('/').take(depth).collect::<Vec<_>>().join("/")
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
