//! The embedded schema documents, parsed and compiled once.
//!
//! One file per resource, keyed by operation id. The files were derived from the published contract, with the fields
//! that recordings show beyond it and with bounds that keep every integer within 2^53; they are edited by hand from then
//! on. Should a document be unreadable its operations accept nothing, and a test fails.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::compile::Schema;

const FILES: [&str; 9] = [
    include_str!("../schemas/client_grants.json"),
    include_str!("../schemas/clients.json"),
    include_str!("../schemas/credentials.json"),
    include_str!("../schemas/logs.json"),
    include_str!("../schemas/log_streams.json"),
    include_str!("../schemas/organizations.json"),
    include_str!("../schemas/resource_servers.json"),
    include_str!("../schemas/signing_keys.json"),
    include_str!("../schemas/tenant_settings.json"),
];

/// A schema as published and as checked.
#[derive(Debug)]
pub(crate) struct Document {
    pub source: Value,
    pub schema: Schema,
}

/// The documents of one operation.
#[derive(Debug)]
pub(crate) struct Documents {
    pub path: Document,
    pub query: Document,
    pub payload: Option<Document>,
}

static ALL: LazyLock<HashMap<String, Documents>> = LazyLock::new(|| {
    let read = |file: &&str| serde_json::from_str::<Map<String, Value>>(file).unwrap_or_default();
    FILES.iter().flat_map(read).map(|(id, entry)| (id, Documents::read(&entry))).collect()
});

static NOTHING: LazyLock<Documents> = LazyLock::new(|| Documents {
    path: Document::closed(),
    query: Document::closed(),
    payload: Some(Document::closed()),
});

/// The documents of an operation.
pub(crate) fn of(operation_id: &str) -> &'static Documents {
    ALL.get(operation_id).unwrap_or_else(|| &NOTHING)
}

impl Documents {
    fn read(entry: &Value) -> Self {
        let part = |name: &str| entry.get(name).cloned().map(Document::of);
        Self {
            path: part("path").unwrap_or_else(Document::closed),
            query: part("query").unwrap_or_else(Document::closed),
            payload: part("payload"),
        }
    }
}

impl Document {
    fn of(source: Value) -> Self {
        let schema = Schema::compile(&source);
        Self { source, schema }
    }

    fn closed() -> Self {
        Self::of(json!({"type": "object", "additionalProperties": false}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    #[test]
    fn every_operation_has_its_documents_and_no_document_is_left_over() {
        for operation in Operation::ALL {
            assert!(ALL.contains_key(operation.id()), "{}", operation.id());
        }
        assert_eq!(ALL.len(), Operation::ALL.len());
    }

    #[test]
    fn every_pattern_compiles() {
        for (id, documents) in ALL.iter() {
            for document in [Some(&documents.path), Some(&documents.query), documents.payload.as_ref()] {
                assert_patterns(id, document.map_or(&Value::Null, |document| &document.source));
            }
        }
    }

    fn assert_patterns(id: &str, schema: &Value) {
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            assert!(regex::Regex::new(pattern).is_ok(), "{id}: {pattern}");
        }
        match schema {
            Value::Object(members) => members.values().for_each(|member| assert_patterns(id, member)),
            Value::Array(items) => items.iter().for_each(|item| assert_patterns(id, item)),
            _ => {}
        }
    }
}
