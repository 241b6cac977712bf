//! Secrets by reference: a document in a repository says where they are, and not what they are.

use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

/// The members that may be `{env: NAME}` or `{file: PATH}` in place of their text.
const REFERRING: [&str; 3] = ["client_secret", "signing_secret", "pem"];

/// A reference that leads nowhere.
pub(super) struct Missing {
    /// Where it stands, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// Puts in what the references lead to; files are looked for from where the document is.
pub(super) fn resolve(members: &mut Map<String, Value>, document: &Path) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (name, value) in members.iter_mut() {
        walk(
            name,
            value,
            &format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            document,
            &mut missing,
        );
    }
    missing
}

fn walk(name: &str, value: &mut Value, pointer: &str, document: &Path, missing: &mut Vec<Missing>) {
    if REFERRING.contains(&name)
        && let Value::Object(reference) = value
    {
        match referred(reference, document) {
            Ok(text) => *value = Value::String(text),
            Err(message) => missing.push(Missing { pointer: pointer.to_owned(), message }),
        }
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                walk(name, member, &place, document, missing);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk("", item, &format!("{pointer}/{index}"), document, missing);
            }
        }
        _ => {}
    }
}

fn referred(reference: &Map<String, Value>, document: &Path) -> Result<String, String> {
    let (Some((kind, Value::String(target))), 1) = (reference.iter().next(), reference.len()) else {
        return Err("a secret is text, or one of {env: NAME} and {file: PATH}".into());
    };
    let text = match kind.as_str() {
        "env" => env::var(target).map_err(|error| format!("the environment variable {target}: {error}"))?,
        "file" => {
            let file = document.parent().unwrap_or(Path::new("")).join(target);
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        other => return Err(format!("{other} is not known: a secret is referred to by env or by file")),
    };
    // Files end with a line break, which is no part of a secret.
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        Err(format!("{kind} {target}: there is nothing in it"))
    } else {
        Ok(text.to_owned())
    }
}
