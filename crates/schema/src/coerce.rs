//! Texts of a query string or a form turned into the types the schema asks for.
//!
//! What does not look like the asked type stays a text, so that the walker refuses it in the usual words. Nothing is
//! refused here.

use serde_json::{Map, Number, Value};

use crate::compile::Node;

/// Coerces the members of an object by the schemas of their names.
pub(crate) fn members(members: Map<String, Value>, schema: &Node) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| {
            let value = match schema.member(&name) {
                Some(node) => coerced(value, node),
                None => value,
            };
            (name, value)
        })
        .collect()
}

fn coerced(value: Value, schema: &Node) -> Value {
    match value {
        Value::String(text) => scalar(text, schema),
        Value::Array(items) => Value::Array(each(items, schema)),
        Value::Object(object) if wants_list(schema) => match listed(object) {
            Ok(items) => Value::Array(each(items, schema)),
            Err(object) => Value::Object(object),
        },
        Value::Object(object) => Value::Object(members(object, schema)),
        other => other,
    }
}

fn each(items: Vec<Value>, schema: &Node) -> Vec<Value> {
    match &schema.items {
        Some(node) => items.into_iter().map(|item| coerced(item, node)).collect(),
        None => items,
    }
}

fn wants_list(schema: &Node) -> bool {
    schema.names_type("array") && !schema.names_type("object")
}

fn scalar(text: String, schema: &Node) -> Value {
    if schema.names_type("string") {
        return Value::String(text);
    }
    if wants_list(schema) {
        return Value::Array(each(vec![Value::String(text)], schema));
    }
    if schema.names_type("boolean") && matches!(text.as_str(), "true" | "false") {
        return Value::Bool(text == "true");
    }
    let wanted = schema.names_type("integer") || schema.names_type("number");
    match number(&text).filter(|_| wanted) {
        Some(number) => Value::Number(number),
        None => Value::String(text),
    }
}

/// Plain decimal notation only: `1e3`, `0x10`, `+1` and blanks stay texts.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return None;
    }
    match text.parse::<i64>() {
        Ok(integer) => Some(integer.into()),
        Err(_) => text.parse::<f64>().ok().and_then(Number::from_f64),
    }
}

/// The items of `key[]` and `key[0]`, by index with the unnumbered ones last; the object itself if it is something else.
fn listed(object: Map<String, Value>) -> Result<Vec<Value>, Map<String, Value>> {
    let place = |name: &str| if name.is_empty() { Some(usize::MAX) } else { name.parse::<usize>().ok() };
    if !object.keys().all(|name| place(name).is_some()) {
        return Err(object);
    }
    let mut placed: Vec<(usize, Value)> = Vec::new();
    for (name, value) in object {
        match (place(&name).unwrap_or(usize::MAX), value) {
            (usize::MAX, Value::Array(items)) => {
                placed.extend(items.into_iter().map(|item| (usize::MAX, item)));
            }
            (index, value) => placed.push((index, value)),
        }
    }
    placed.sort_by_key(|(index, _)| *index);
    Ok(placed.into_iter().map(|(_, value)| value).collect())
}
