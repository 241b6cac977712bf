//! The walk over a value and its schema, up to the first fault or to all of them.
//!
//! It keeps z-schema's order, because one message is all a client sees: the type first, then the keywords as the schema
//! lists them, required names last to first, and only then the members, last to first as well.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::compile::{Keyword, Node};
use crate::fault::{Fault, Located};
use crate::javascript::{length, number_text, text, type_name};

type Walked = Result<(), Located>;

/// One step on the way from the root to a value.
enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

/// Is told of each fault, and says whether to stop at it.
type Report<'r> = dyn FnMut(Located) -> Walked + 'r;

/// Looks for the first fault.
pub(crate) fn first_fault(schema: &Node, value: &Value) -> Walked {
    walk(schema, value, &mut Vec::new(), &mut Err)
}

/// Looks for every fault; of a value of the wrong type only that.
pub(crate) fn all_faults(schema: &Node, value: &Value) -> Vec<Located> {
    let mut found = Vec::new();
    let mut report = |located| {
        found.push(located);
        Ok(())
    };
    // The report stops at nothing.
    drop(walk(schema, value, &mut Vec::new(), &mut report));
    found
}

fn walk<'v>(schema: &Node, value: &'v Value, path: &mut Vec<Step<'v>>, report: &mut Report<'_>) -> Walked {
    if let Err(fault) = check_type(schema, value) {
        return report(locate(schema, path, fault));
    }
    for keyword in &schema.keywords {
        let checked = match keyword {
            Keyword::AnyOf(branches) => any_of(branches, value, path),
            Keyword::OneOf(branches) => one_of(branches, value, path),
            _ => check(keyword, schema, value),
        };
        if let Err(fault) = checked {
            report(locate(schema, path, fault))?;
        }
    }
    match value {
        Value::Array(items) => walk_items(schema, items, path, report),
        Value::Object(members) => walk_members(schema, members, path, report),
        _ => Ok(()),
    }
}

fn walk_items<'v>(
    schema: &Node,
    items: &'v [Value],
    path: &mut Vec<Step<'v>>,
    report: &mut Report<'_>,
) -> Walked {
    let Some(each) = &schema.items else {
        return Ok(());
    };
    for (index, item) in items.iter().enumerate().rev() {
        path.push(Step::Item(index));
        walk(each, item, path, report)?;
        path.pop();
    }
    Ok(())
}

fn walk_members<'v>(
    schema: &Node,
    members: &'v Map<String, Value>,
    path: &mut Vec<Step<'v>>,
    report: &mut Report<'_>,
) -> Walked {
    for (name, member) in members.iter().rev() {
        if let Some(node) = schema.member(name) {
            path.push(Step::Member(name));
            walk(node, member, path, report)?;
            path.pop();
        }
    }
    Ok(())
}

fn check_type(schema: &Node, value: &Value) -> Result<(), Fault> {
    let found = type_name(value);
    let fits = schema.types.is_empty()
        || schema.names_type(found)
        || (found == "integer" && schema.names_type("number"));
    if fits {
        return Ok(());
    }
    Err(Fault::Type { expected: schema.types.join(","), found })
}

fn check(keyword: &Keyword, schema: &Node, value: &Value) -> Result<(), Fault> {
    if let Keyword::Enum(allowed) = keyword {
        return if allowed.contains(value) { Ok(()) } else { Err(Fault::Enum(text(value))) };
    }
    match value {
        Value::String(text) => check_string(keyword, text),
        Value::Number(number) => check_number(keyword, number),
        Value::Array(items) => check_array(keyword, items),
        Value::Object(members) => check_object(keyword, schema, members),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn check_string(keyword: &Keyword, value: &str) -> Result<(), Fault> {
    // Code points decide, UTF-16 code units are shown.
    let characters = || size(value.chars().count());
    match keyword {
        Keyword::MinLength(minimum) if characters() < *minimum => {
            Err(Fault::StringShort(length(value), *minimum))
        }
        Keyword::MaxLength(maximum) if characters() > *maximum => {
            Err(Fault::StringLong(length(value), *maximum))
        }
        Keyword::Pattern(pattern) => pattern.check(value),
        Keyword::Format(format) if !format.fits(value) => {
            Err(Fault::Format { format: format.name().to_owned(), value: value.to_owned() })
        }
        _ => Ok(()),
    }
}

fn check_number(keyword: &Keyword, value: &Number) -> Result<(), Fault> {
    match keyword {
        Keyword::Minimum(bound) if value.as_f64() < bound.as_f64() => {
            Err(Fault::Minimum(number_text(value), number_text(bound)))
        }
        Keyword::Maximum(bound) if value.as_f64() > bound.as_f64() => {
            Err(Fault::Maximum(number_text(value), number_text(bound)))
        }
        _ => Ok(()),
    }
}

fn check_array(keyword: &Keyword, items: &[Value]) -> Result<(), Fault> {
    let count = size(items.len());
    match keyword {
        Keyword::MinItems(minimum) if count < *minimum => Err(Fault::ArrayShort(count, *minimum)),
        Keyword::MaxItems(maximum) if count > *maximum => Err(Fault::ArrayLong(count, *maximum)),
        Keyword::UniqueItems => match first_repetition(items) {
            Some((first, second)) => Err(Fault::NotUnique(first, second)),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check_object(keyword: &Keyword, schema: &Node, members: &Map<String, Value>) -> Result<(), Fault> {
    let count = size(members.len());
    match keyword {
        Keyword::MinProperties(minimum) if count < *minimum => Err(Fault::TooFewProperties(count, *minimum)),
        Keyword::MaxProperties(maximum) if count > *maximum => Err(Fault::TooManyProperties(count, *maximum)),
        Keyword::Required(names) => match names.iter().rev().find(|name| !members.contains_key(*name)) {
            Some(missing) => Err(Fault::Missing(missing.clone())),
            None => Ok(()),
        },
        Keyword::Closed => refuse_unknown(schema, members),
        _ => Ok(()),
    }
}

fn refuse_unknown(schema: &Node, members: &Map<String, Value>) -> Result<(), Fault> {
    let unknown: Vec<&str> =
        members.keys().filter(|name| !schema.properties.contains_key(*name)).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Fault::Additional(unknown.join(",")))
}

fn any_of<'v>(branches: &[Node], value: &'v Value, path: &mut Vec<Step<'v>>) -> Result<(), Fault> {
    let (passed, faults) = try_branches(branches, value, path);
    if passed > 0 { Ok(()) } else { Err(Fault::NoBranch(faults)) }
}

fn one_of<'v>(branches: &[Node], value: &'v Value, path: &mut Vec<Step<'v>>) -> Result<(), Fault> {
    let (passed, faults) = try_branches(branches, value, path);
    match passed {
        1 => Ok(()),
        0 => Err(Fault::NoBranch(faults)),
        _ => Err(Fault::SeveralBranches),
    }
}

fn try_branches<'v>(branches: &[Node], value: &'v Value, path: &mut Vec<Step<'v>>) -> (usize, Vec<Located>) {
    let depth = path.len();
    let mut faults = Vec::new();
    for branch in branches {
        if let Err(located) = walk(branch, value, path, &mut Err) {
            faults.push(located);
            // A walk that failed stopped where the fault is.
            path.truncate(depth);
        }
    }
    (branches.len().saturating_sub(faults.len()), faults)
}

/// The first item that occurs again, and where.
fn first_repetition(items: &[Value]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut found: Option<(usize, usize)> = None;
    for (index, item) in items.iter().enumerate() {
        let mut sorted = item.clone();
        sorted.sort_all_objects();
        let first = *seen.entry(sorted.to_string()).or_insert(index);
        if first != index && found.is_none_or(|(earlier, _)| first < earlier) {
            found = Some((first, index));
        }
    }
    found
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn locate(schema: &Node, path: &[Step<'_>], fault: Fault) -> Located {
    let (pointer, path) = (pointer(path).into(), notation(path));
    Located { fault, path, pointer, description: schema.description.clone() }
}

/// The place as a JSON pointer (RFC 6901).
fn pointer(path: &[Step<'_>]) -> String {
    path.iter().fold(String::new(), |pointer, step| match step {
        Step::Member(name) => format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
        Step::Item(index) => format!("{pointer}/{index}"),
    })
}

/// `groups[0].email`, made from a JSON pointer. Whatever begins with digits after a dot is shown like an index, since the
/// pointer cannot tell a member called `1` from an item.
fn notation(path: &[Step<'_>]) -> String {
    let segments: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Member(name) => escaped(name),
            Step::Item(index) => index.to_string(),
        })
        .collect();
    let mut pieces = segments.join("/").replace('/', ".");
    if pieces.contains('.') {
        pieces = bracket_digits(&pieces);
    }
    pieces
}

fn bracket_digits(dotted: &str) -> String {
    let mut pieces = dotted.split('.');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        match piece.strip_suffix(rest) {
            Some(digits) if !digits.is_empty() => {
                out.push('[');
                out.push_str(digits);
                out.push(']');
            }
            _ => out.push('.'),
        }
        out.push_str(rest);
    }
    out
}

/// A member's name inside a JSON pointer; web addresses are wrapped, not escaped.
fn escaped(name: &str) -> String {
    if name.starts_with("http://") || name.starts_with("https://") {
        return format!("uri({name})");
    }
    name.replace('~', "~0").replace('/', "~1")
}
