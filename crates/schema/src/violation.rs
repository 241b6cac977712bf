//! The one thing this crate says when a request is refused.
//!
//! A violation is already worded: the caller adds the HTTP status (always 400) and nothing else, so that no second place
//! can change a text that clients match on.

use std::fmt;

use crate::fault::{Fault, Located};

/// The part of a request that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The body, JSON or form.
    Payload,
    /// The query string.
    Query,
    /// The parameters in the path.
    Path,
}

impl Part {
    /// The `errorCode` member of the error body.
    pub fn error_code(self) -> &'static str {
        match self {
            Self::Payload => "invalid_body",
            Self::Query => "invalid_query_string",
            Self::Path => "invalid_uri",
        }
    }

    /// The words every message about this part begins with.
    pub(crate) fn context(self) -> &'static str {
        match self {
            Self::Payload => "Payload validation error:",
            Self::Query => "Query validation error:",
            Self::Path => "Path validation error:",
        }
    }
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where the fault is.
    pub part: Part,
    /// The whole text of the `message` member.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}

/// One of several faults in a value: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// The place, as a JSON pointer (RFC 6901). A member that may not be there is pointed at, one that is missing is not.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl From<Located> for SchemaFault {
    fn from(located: Located) -> Self {
        let message = match &located.fault {
            Fault::NoBranch(branches) if !branches.is_empty() => {
                let each: Vec<String> = branches.iter().map(|branch| branch.fault.to_string()).collect();
                format!("{}: {}", located.fault, each.join("; or "))
            }
            fault => fault.to_string(),
        };
        let first = match &located.fault {
            Fault::Additional(names) => names.split(',').next(),
            _ => None,
        };
        let pointer = match first {
            Some(name) => format!("{}/{}", located.pointer, name.replace('~', "~0").replace('/', "~1")),
            None => located.pointer.into(),
        };
        Self { pointer, message }
    }
}
