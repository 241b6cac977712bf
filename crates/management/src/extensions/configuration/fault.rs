//! Why a document cannot be applied.

use std::fmt::Display;

use serde::Serialize;

/// One of the faults of a document: all of them are found before anything is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigurationFault {
    /// Where in the document, as a JSON pointer (RFC 6901); empty for the document as a whole.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl ConfigurationFault {
    pub(super) fn at(pointer: impl Into<String>, message: &dyn Display) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }
}
