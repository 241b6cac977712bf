//! What Auth0's deploy CLI has exported: one YAML file, or a folder of JSON files (Auth0: Deploy CLI, resource-specific
//! documentation). It names clients by their names, and knows identifiers only where it was told to export them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::translate::Source;
use crate::Outcome;
use crate::configuration::yaml;
use crate::data::named;

/// What is carried over: the name in the YAML file, and the folder.
const CARRIED: [(&str, &str); 4] = [
    ("clients", "clients"),
    ("resourceServers", "resource-servers"),
    ("clientGrants", "grants"),
    ("organizations", "organizations"),
];

/// Reads an export.
pub(super) fn read(path: &Path) -> Outcome<Source> {
    if path.is_file() {
        return from_yaml(path);
    }
    let yaml = path.join("tenant.yaml");
    if yaml.is_file() { from_yaml(&yaml) } else { from_directory(path) }
}

fn from_yaml(file: &Path) -> Outcome<Source> {
    let text = fs::read_to_string(file).map_err(|error| named(&error, file))?;
    let (document, _) = yaml::parse(&text)
        .map_err(|unreadable| format!("{}:{}: {}", file.display(), unreadable.line, unreadable.message))?;
    let list = |name: &str| document.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut source = Source {
        clients: list("clients"),
        resource_servers: list("resourceServers"),
        client_grants: list("clientGrants"),
        organizations: list("organizations"),
        tenant: document.get("tenant").cloned().unwrap_or_default(),
        is_export: true,
        ..Source::default()
    };
    for (name, value) in document.as_object().into_iter().flatten() {
        let is_carried = name == "tenant" || CARRIED.iter().any(|(carried, _)| carried == name);
        if let (false, Some(count)) = (is_carried, count(value)) {
            source.elsewhere.push((name.clone(), count));
        }
    }
    Ok(source)
}

/// How many things there are; none where there is nothing.
fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()).filter(|count| *count > 0),
        Value::Object(members) => (!members.is_empty()).then_some(1),
        _ => None,
    }
}

fn from_directory(folder: &Path) -> Outcome<Source> {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, directory) in CARRIED {
        lists.insert(name, json_files(&folder.join(directory))?);
    }
    let mut take = |name| lists.remove(name).unwrap_or_default();
    let tenant = folder.join("tenant.json");
    let mut source = Source {
        clients: take("clients"),
        resource_servers: take("resourceServers"),
        client_grants: take("clientGrants"),
        organizations: take("organizations"),
        tenant: if tenant.is_file() { json(&tenant)? } else { Value::Null },
        is_export: true,
        ..Source::default()
    };
    if source.clients.is_empty() && source.resource_servers.is_empty() && source.tenant.is_null() {
        return Err(format!("{}: this is no export of the deploy CLI", folder.display()).into());
    }
    for directory in sorted(folder)?.into_iter().filter(|entry| entry.is_dir()) {
        let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let count = sorted(&directory)?.len();
        if count > 0 && !CARRIED.iter().any(|(_, carried)| *carried == name) {
            source.elsewhere.push((name, count));
        }
    }
    Ok(source)
}

fn json_files(folder: &Path) -> Outcome<Vec<Value>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let is_json = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "json");
    sorted(folder)?.iter().filter(|file| is_json(file)).map(|file| json(file)).collect()
}

fn sorted(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| named(&error, folder))? {
        entries.push(entry.map_err(|error| named(&error, folder))?.path());
    }
    entries.sort();
    Ok(entries)
}

fn json(file: &Path) -> Outcome<Value> {
    let bytes = fs::read(file).map_err(|error| named(&error, file))?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?)
}
