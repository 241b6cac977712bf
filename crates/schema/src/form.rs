//! Pairs of a form or a query string gathered into one object: repeated keys, `key[]`, `key[0]` and `key[sub]`.
//!
//! Here is only structure; every leaf is still text. Which bracketed keys are lists and which are objects is decided
//! afterwards by the schema.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// How many brackets one key may have; the deepest schema has far fewer.
const DEEPEST: usize = 16;

/// A key with more brackets than any schema could mean.
#[derive(Debug)]
pub(crate) struct TooDeep;

/// Gathers form pairs.
pub(crate) fn nested<'p>(
    pairs: impl Iterator<Item = (Cow<'p, str>, Cow<'p, str>)>,
) -> Result<Map<String, Value>, TooDeep> {
    let mut root = Map::new();
    for (key, text) in pairs {
        let steps = steps(&key);
        if steps.len() > DEEPEST {
            return Err(TooDeep);
        }
        enter(&mut root, &steps, text.into_owned());
    }
    Ok(root)
}

/// Gathers query pairs: brackets are only read as a list, `ids[]` and `ids[0]`, where `is_list` knows the name.
pub(crate) fn flat<'p>(
    pairs: impl Iterator<Item = (Cow<'p, str>, Cow<'p, str>)>,
    is_list: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let mut root = Map::new();
    for (key, text) in pairs {
        match steps(&key).as_slice() {
            [name, index] if is_list(name) && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                enter(&mut root, &[name], text.into_owned());
            }
            _ => enter(&mut root, &[&key], text.into_owned()),
        }
    }
    root
}

/// `a[b][c]` as `a`, `b`, `c`; a key that is not well formed is one step.
fn steps(key: &str) -> Vec<&str> {
    let split = key.strip_suffix(']').and_then(|open| open.split_once('['));
    match split {
        Some((base, rest)) if !base.is_empty() && !base.contains(']') => {
            let inner: Vec<&str> = rest.split("][").collect();
            if inner.iter().any(|step| step.contains(['[', ']'])) {
                return vec![key];
            }
            std::iter::once(base).chain(inner).collect()
        }
        _ => vec![key],
    }
}

fn enter(object: &mut Map<String, Value>, steps: &[&str], text: String) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    // Null stands for "nothing yet"; texts never make one.
    let slot = object.entry((*first).to_owned()).or_insert(Value::Null);
    if rest.is_empty() {
        add(slot, Value::String(text));
        return;
    }
    match slot {
        Value::Object(inner) => enter(inner, rest, text),
        other => {
            let mut inner = Map::new();
            enter(&mut inner, rest, text);
            add(other, Value::Object(inner));
        }
    }
}

/// Puts a value into a slot; a second value makes a list of both.
fn add(slot: &mut Value, value: Value) {
    match slot {
        Value::Null => *slot = value,
        Value::Array(items) => items.push(value),
        other => *other = Value::Array(vec![other.take(), value]),
    }
}
