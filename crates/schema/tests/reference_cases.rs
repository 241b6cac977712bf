//! The recorded bodies and the generated message cases, read in place.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a reference file of another shape is a failed test"
)]

mod common;

use std::fs;
use std::path::Path;

use grantd_schema::Operation;
use serde_json::{Map, Value};

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The operation of a concrete request and its path parameters.
fn routed<'p>(method: &str, path: &'p str) -> Option<(Operation, Vec<(&'static str, &'p str)>)> {
    let mut found: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| operation.method() == method)
        .filter_map(|operation| Some((*operation, matched(operation.path(), path)?)))
        .collect();
    found.sort_by_key(|(_, params)| params.len());
    found.into_iter().next()
}

fn matched<'p>(template: &'static str, path: &'p str) -> Option<Vec<(&'static str, &'p str)>> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut params = Vec::new();
    for (expected, actual) in template.split('/').zip(path.split('/')) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name, actual)),
            None if expected == actual => {}
            None => return None,
        }
    }
    Some(params)
}

#[test]
fn every_recorded_request_is_accepted_or_refused_as_auth0_did() {
    let Some(folder) = common::reference("recordings") else { return };
    let (mut bodies, mut queries, mut paths, mut refused) = (0, 0, 0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        for exchange in read(&file)["interactions"].as_array().unwrap() {
            let status = exchange["status"].as_u64().unwrap();
            let target = exchange["path"].as_str().unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = path.strip_prefix("/api/v2").unwrap_or(path);
            let Some((operation, params)) = routed(exchange["method"].as_str().unwrap(), path) else {
                continue;
            };
            // An id nobody has is answered 404, so it passed validation too.
            if (200..300).contains(&status) || status == 404 {
                assert_eq!(operation.check_path(&params), Ok(()), "{}: {target}", file.display());
                paths += 1;
            }
            if status == 400 {
                assert!(operation.check_payload(&exchange["body"]).is_err(), "{}: {target}", file.display());
                refused += 1;
            }
            if !(200..300).contains(&status) {
                continue;
            }
            assert!(operation.check_query(query).is_ok(), "{}: {target}", file.display());
            queries += usize::from(!query.is_empty());
            if !exchange["body"].is_null() {
                let body = &exchange["body"];
                assert_eq!(operation.check_payload(body), Ok(()), "{}: {body}", file.display());
                bodies += 1;
            }
        }
    }
    assert_eq!(refused, 2);
    assert!(bodies > 150 && queries > 60 && paths > 400, "{bodies} bodies, {queries} queries, {paths} paths");
}

#[test]
fn every_generated_case_gives_exactly_its_message() {
    let Some(file) = common::reference("reference/validation-cases.json") else { return };
    let cases = read(&file);
    for case in cases.as_array().unwrap() {
        let (method, path) = case["operation"].as_str().unwrap().split_once(' ').unwrap();
        let expected = case["message"].as_str().unwrap();
        let operation = Operation::ALL.iter().find(|row| row.method() == method && row.path() == path);
        let answer = operation.unwrap().check_payload(&case["body"]);
        assert_eq!(answer.expect_err(expected).message, expected, "{}", case["body"]);
    }
    assert_eq!(cases.as_array().unwrap().len(), 83);
}

/// The schema with its references followed; what stands beside a reference overrides it.
fn resolved(contract: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out = Map::new();
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                let target = contract.pointer(target.trim_start_matches('#')).unwrap();
                out = resolved(contract, target).as_object().cloned().unwrap();
            }
            for (name, member) in members.iter().filter(|(name, _)| *name != "$ref") {
                out.insert(name.clone(), resolved(contract, member));
            }
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(|item| resolved(contract, item)).collect(),
        other => other.clone(),
    }
}

/// The contract does not have the clients of organizations, which were recorded.
fn operations_of_the_contract() -> impl Iterator<Item = &'static Operation> {
    Operation::ALL.iter().filter(|operation| !operation.path().starts_with("/organizations/{id}/clients"))
}

#[test]
fn every_operation_is_in_the_contract_under_its_id() {
    let Some(file) = common::reference("contract/management-api.openapi.json") else { return };
    let contract = read(&file);
    for operation in operations_of_the_contract() {
        let entry = &contract["paths"][operation.path()][operation.method().to_lowercase()];
        assert_eq!(entry["operationId"], operation.id(), "{operation:?}");
        let published: Vec<&str> = entry["security"][1]["oAuth2ClientCredentials"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        for scope in operation.scopes() {
            assert!(published.contains(scope), "{operation:?}: {scope}");
        }
        let names = |schema: &Value| schema["properties"].as_object().cloned().unwrap_or_default();
        let (path, query) = (names(operation.path_schema()), names(operation.query_schema()));
        for parameter in entry["parameters"].as_array().into_iter().flatten() {
            let known: &Map<String, Value> = if parameter["in"] == "path" { &path } else { &query };
            let name = parameter["name"].as_str().unwrap();
            assert!(known.contains_key(name), "{operation:?}: {name}");
        }
        assert_eq!(operation.payload_schema().is_some(), entry.get("requestBody").is_some(), "{operation:?}");
    }
}

#[test]
fn every_property_of_a_contract_body_is_known() {
    let Some(file) = common::reference("contract/management-api.openapi.json") else { return };
    let contract = read(&file);
    for operation in operations_of_the_contract() {
        let Some(ours) = operation.payload_schema() else { continue };
        let entry = &contract["paths"][operation.path()][operation.method().to_lowercase()];
        let theirs = resolved(&contract, &entry["requestBody"]["content"]["application/json"]["schema"]);
        assert_covers(ours, &theirs, operation.id());
    }
}

/// The contract's property names, in its order, with its descriptions and requirements.
fn assert_covers(ours: &Value, theirs: &Value, place: &str) {
    // Of several kinds of log streams the first is the one that is supported.
    let first = theirs["oneOf"].get(0).filter(|_| place.contains("log-streams"));
    let theirs = first.unwrap_or(theirs);
    assert_eq!(ours.get("description"), theirs.get("description"), "{place}");
    // The contract forgets that a filter, or a header, without its two members is none.
    let of_two_members = place.ends_with("log-streams.filters[]")
        || place.ends_with("log-streams_by_id.filters[]")
        || place.ends_with("sink.httpCustomHeaders[]");
    if !of_two_members {
        assert_eq!(ours.get("required"), theirs.get("required"), "{place}");
    }
    for (name, member) in theirs["properties"].as_object().into_iter().flatten() {
        let Some(own) = ours["properties"].get(name) else { panic!("{place}: {name} is missing") };
        assert_covers(own, member, &format!("{place}.{name}"));
    }
    if theirs.get("items").is_some_and(|items| items != &Value::Object(Map::new())) {
        assert_covers(&ours["items"], &theirs["items"], &format!("{place}[]"));
    }
}
