//! A document in files: one, or all of a folder together.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::secrets;
use super::yaml;
use crate::Outcome;
use crate::data::named;

/// The lists of a document, which the files of a folder have parts of.
const LISTS: [&str; 4] = ["organizations", "resource_servers", "clients", "client_grants"];

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// A fault, where it is known to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub(super) place: Option<Place>,
    /// Which member, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// A document, and where each of its places stands.
#[derive(Default)]
pub(crate) struct Document {
    members: Map<String, Value>,
    places: HashMap<String, Place>,
    /// What is wrong before anybody is asked.
    pub(super) faults: Vec<Fault>,
}

impl Document {
    /// Reads a file, or every `.yaml`, `.yml` and `.json` file of a folder in order of their names.
    pub(super) fn read(path: &Path) -> Outcome<Self> {
        let mut document = Self::default();
        for file in files(path)? {
            let text = fs::read_to_string(&file).map_err(|error| named(&error, &file))?;
            document.add(&file, &text);
        }
        Ok(document)
    }

    /// A document that stands in no file.
    pub(crate) fn of(value: Value) -> Self {
        let members = if let Value::Object(members) = value { members } else { Map::new() };
        Self { members, ..Self::default() }
    }

    fn add(&mut self, file: &Path, text: &str) {
        let (value, lines) = match yaml::parse(text) {
            Ok(read) => read,
            Err(unreadable) => {
                self.fault(file, unreadable.line, "", &unreadable.message);
                return;
            }
        };
        let mut members = match value {
            Value::Null => return,
            Value::Object(members) => members,
            _ => {
                self.fault(file, 1, "", "a configuration is a mapping");
                return;
            }
        };
        let line = |pointer: &str| lines.get(pointer).copied().unwrap_or(1);
        for missing in secrets::resolve(&mut members, file) {
            self.fault(file, line(&missing.pointer), &missing.pointer, &missing.message);
        }
        let mut moved = HashMap::new();
        for (name, value) in members {
            match (LISTS.contains(&&*name), value) {
                (true, Value::Array(items)) => {
                    let list = self.members.entry(name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(list) = list {
                        moved.insert(name, list.len());
                        list.extend(items);
                    }
                }
                (_, value) => self.set(file, line(&format!("/{name}")), name, value),
            }
        }
        for (pointer, line) in lines {
            let place = Place { file: file.to_owned(), line };
            self.places.insert(shifted(&pointer, &moved), place);
        }
    }

    /// What there is once: files of a folder may say it again, but nothing else.
    fn set(&mut self, file: &Path, line: usize, name: String, value: Value) {
        match self.members.get(&name) {
            Some(held) if *held != value => {
                let message = format!("another file of the folder says something else of {name}");
                self.fault(file, line, &format!("/{name}"), &message);
            }
            _ => drop(self.members.insert(name, value)),
        }
    }

    fn fault(&mut self, file: &Path, line: usize, pointer: &str, message: &str) {
        let place = Some(Place { file: file.to_owned(), line });
        self.faults.push(Fault { place, pointer: pointer.to_owned(), message: message.to_owned() });
    }

    /// The document as a request has it.
    pub(super) fn value(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// Where a place of the document stands: where it is itself, or the innermost that it is in.
    pub(super) fn place(&self, pointer: &str) -> Option<Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(place.clone());
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }
}

/// A pointer into one file as a pointer into the whole: the items of a list come after those of former files.
fn shifted(pointer: &str, moved: &HashMap<String, usize>) -> String {
    let mut parts = pointer.splitn(4, '/');
    let (_, name, index, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
    let shift = name.and_then(|name| moved.get(name));
    match (name, index.and_then(|index| index.parse::<usize>().ok()), shift) {
        (Some(name), Some(index), Some(shift)) => {
            let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
            format!("/{name}/{}{rest}", index + shift)
        }
        _ => pointer.to_owned(),
    }
}

fn files(path: &Path) -> Outcome<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| named(&error, path))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| named(&error, path))?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if file.is_file() && extension.is_some_and(|name| ["yaml", "yml", "json"].contains(&name)) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: there is no .yaml, .yml or .json file in it", path.display()).into());
    }
    Ok(files)
}
