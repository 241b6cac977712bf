//! JSON schemas in the shape the walker wants: keywords in the order the document has them, patterns compiled once.
//!
//! The order of keywords is part of the wire: of two faults in one value the one whose keyword stands first is
//! reported. Only the keywords that the embedded documents use are known; others are ignored.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::format::Format;
use crate::pattern::Pattern;
use crate::violation::{Part, SchemaFault, Violation};
use crate::walk;

/// A compiled JSON schema (the draft 4 vocabulary that Auth0 uses).
#[derive(Debug)]
pub struct Schema(pub(crate) Node);

impl Schema {
    /// Compiles a schema. What is not understood does not constrain, except a pattern that is not a valid expression,
    /// which nothing matches.
    pub fn compile(document: &Value) -> Self {
        Self(Node::compile(document))
    }

    /// Checks a value; the first fault in Auth0's order is reported as a fault of `part`.
    pub fn check(&self, part: Part, value: &Value) -> Result<(), Violation> {
        walk::first_fault(&self.0, value)
            .map_err(|located| Violation { part, message: located.sentence(part) })
    }

    /// Checks a value for all that is wrong with it, for who asks for more than the wire's one message.
    pub fn faults(&self, value: &Value) -> Vec<SchemaFault> {
        walk::all_faults(&self.0, value).into_iter().map(SchemaFault::from).collect()
    }
}

/// One schema object.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Empty when any type will do.
    pub types: Vec<String>,
    pub description: Option<String>,
    /// In document order, which is the order of reporting.
    pub keywords: Vec<Keyword>,
    pub properties: HashMap<String, Node>,
    pub additional: Additional,
    pub items: Option<Box<Node>>,
}

/// What an object may have beyond its named properties.
#[derive(Debug, Default)]
pub(crate) enum Additional {
    #[default]
    Anything,
    Nothing,
    Each(Box<Node>),
}

/// A keyword that looks at the value itself; what looks at its members is in [`Node`].
#[derive(Debug)]
pub(crate) enum Keyword {
    Enum(Vec<Value>),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Pattern),
    Format(Format),
    Minimum(Number),
    Maximum(Number),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    MinProperties(u64),
    MaxProperties(u64),
    Required(Vec<String>),
    Closed,
    AnyOf(Vec<Node>),
    OneOf(Vec<Node>),
}

impl Node {
    fn compile(document: &Value) -> Self {
        let Value::Object(source) = document else {
            return Self::default();
        };
        Self {
            types: strings(source.get("type")),
            description: source.get("description").and_then(Value::as_str).map(without_dot),
            keywords: source.iter().filter_map(|(name, value)| keyword(source, name, value)).collect(),
            properties: properties(source),
            additional: match source.get("additionalProperties") {
                Some(Value::Bool(false)) => Additional::Nothing,
                Some(schema @ Value::Object(_)) => Additional::Each(Box::new(Self::compile(schema))),
                _ => Additional::Anything,
            },
            items: source.get("items").map(|items| Box::new(Self::compile(items))),
        }
    }

    /// Whether the schema names this type.
    pub fn names_type(&self, name: &str) -> bool {
        self.types.iter().any(|candidate| candidate == name)
    }

    /// The schema of a member, if there is one for it.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(match &self.additional {
            Additional::Each(node) => Some(node),
            Additional::Anything | Additional::Nothing => None,
        })
    }
}

fn properties(source: &Map<String, Value>) -> HashMap<String, Node> {
    let named = source.get("properties").and_then(Value::as_object);
    named.into_iter().flatten().map(|(name, schema)| (name.clone(), Node::compile(schema))).collect()
}

fn keyword(source: &Map<String, Value>, name: &str, value: &Value) -> Option<Keyword> {
    Some(match name {
        "enum" => Keyword::Enum(value.as_array()?.clone()),
        "const" => Keyword::Enum(vec![value.clone()]),
        "minLength" => Keyword::MinLength(value.as_u64()?),
        "maxLength" => Keyword::MaxLength(value.as_u64()?),
        "pattern" => Keyword::Pattern(Pattern::compile(value.as_str()?)),
        "format" => Keyword::Format(Format::named(value.as_str()?)?),
        "minimum" => Keyword::Minimum(value.as_number()?.clone()),
        "maximum" => Keyword::Maximum(value.as_number()?.clone()),
        "minItems" => Keyword::MinItems(value.as_u64()?),
        "maxItems" => Keyword::MaxItems(value.as_u64()?),
        "uniqueItems" => value.as_bool()?.then_some(Keyword::UniqueItems)?,
        "minProperties" => Keyword::MinProperties(value.as_u64()?),
        "maxProperties" => Keyword::MaxProperties(value.as_u64()?),
        "required" => Keyword::Required(strings(Some(value))),
        "anyOf" => Keyword::AnyOf(branches(value)?),
        "oneOf" => Keyword::OneOf(branches(value)?),
        // Unknown members are looked for where `properties` stands, and at `additionalProperties` only without it.
        "properties" => closed(source)?,
        "additionalProperties" if !source.contains_key("properties") => closed(source)?,
        _ => return None,
    })
}

fn closed(source: &Map<String, Value>) -> Option<Keyword> {
    (source.get("additionalProperties") == Some(&Value::Bool(false))).then_some(Keyword::Closed)
}

fn branches(value: &Value) -> Option<Vec<Node>> {
    Some(value.as_array()?.iter().map(Node::compile).collect())
}

/// A string, or the strings of an array.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn without_dot(description: &str) -> String {
    description.strip_suffix('.').unwrap_or(description).to_owned()
}
