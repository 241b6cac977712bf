//! The queries of our own operations: parameters without lists, numbers as plain digits.

use std::sync::LazyLock;

use grantd_schema::{Part, Schema};
use serde_json::{Value, json};

use crate::{Error, Members};

static NO_PARAMETERS: LazyLock<Schema> =
    LazyLock::new(|| Schema::compile(&json!({"type": "object", "additionalProperties": false})));

/// Fails if there are parameters: most of our own operations have none.
pub(super) fn check_none(query: &str) -> Result<(), Error> {
    parameters(query, &NO_PARAMETERS).map(drop)
}

/// The parameters of a query, as the schema lets them through. What is percent-encoded stays so: no parameter of
/// ours needs it.
pub(super) fn parameters(query: &str, schema: &Schema) -> Result<Members, Error> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let parameters: Members = pairs.map(|(name, value)| (name.to_owned(), typed(value))).collect();
    schema.check(Part::Query, &Value::Object(parameters.clone()))?;
    Ok(parameters)
}

fn typed(value: &str) -> Value {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse::<u64>().ok().filter(|_| digits).map_or_else(|| value.into(), Value::from)
}
