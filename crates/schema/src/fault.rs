//! The table of message texts, and the sentence each of them stands in.
//!
//! The texts are those of the npm library z-schema 3, the sentence is that of z-schema-errors with Auth0's two changes:
//! an enum mismatch keeps the library's own text, and a failed anyOf or oneOf lists what was wrong with each branch.
//! They are wire format: clients and test suites match on them.

use crate::violation::Part;

/// What is wrong with one value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("Expected type {expected} but found type {found}")]
    Type { expected: String, found: &'static str },
    #[error("Object didn't pass validation for format {format}: {value}")]
    Format { format: String, value: String },
    #[error("No enum match for: {0}")]
    Enum(String),
    #[error("None of the valid schemas were met")]
    NoBranch(Vec<Located>),
    #[error("Data is valid against more than one schema from 'oneOf'")]
    SeveralBranches,
    #[error("Array is too short ({0}), minimum {1}")]
    ArrayShort(u64, u64),
    #[error("Array is too long ({0}), maximum {1}")]
    ArrayLong(u64, u64),
    #[error("Array items are not unique (indexes {0} and {1})")]
    NotUnique(usize, usize),
    #[error("Value {0} is less than minimum {1}")]
    Minimum(String, String),
    #[error("Value {0} is greater than maximum {1}")]
    Maximum(String, String),
    #[error("Too few properties defined ({0}), minimum {1}")]
    TooFewProperties(u64, u64),
    #[error("Too many properties defined ({0}), maximum {1}")]
    TooManyProperties(u64, u64),
    #[error("Missing required property: {0}")]
    Missing(String),
    #[error("Additional properties not allowed: {0}")]
    Additional(String),
    #[error("String is too short ({0} chars), minimum {1}")]
    StringShort(usize, u64),
    #[error("String is too long ({0} chars), maximum {1}")]
    StringLong(usize, u64),
    #[error("String does not match pattern {pattern}: {value}")]
    Pattern { pattern: String, value: String },
    #[error(
        "String '{value}' does not match pattern. Must be a comma separated list of the following values: {allowed}"
    )]
    CommaList { value: String, allowed: String },
}

/// A fault, where it is, and what the schema calls that place.
#[derive(Debug)]
pub(crate) struct Located {
    pub fault: Fault,
    /// In the wire's notation, `groups[0].email`; empty at the root.
    pub path: String,
    /// The same as a JSON pointer.
    pub pointer: Box<str>,
    /// The schema's description without its final dot.
    pub description: Option<String>,
}

impl Located {
    /// The whole message, as it goes out.
    pub fn sentence(&self, part: Part) -> String {
        let place = match (self.path.is_empty(), &self.description) {
            (true, _) => String::new(),
            (false, None) => format!(" on property {}", self.path),
            (false, Some(description)) => {
                format!(" on property {} ({description})", self.path)
            }
        };
        let head = format!("{} '{}'{place}.", part.context(), self.fault);
        match &self.fault {
            Fault::NoBranch(branches) if !branches.is_empty() => {
                format!("{head} Inner errors: [ {} ].", each_once(branches, part))
            }
            _ => head,
        }
    }
}

fn each_once(branches: &[Located], part: Part) -> String {
    let mut said: Vec<String> = Vec::with_capacity(branches.len());
    for branch in branches {
        let sentence = branch.sentence(part);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said.join(" (also) ")
}
