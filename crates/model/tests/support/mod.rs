//! What every test of the nouns needs.

use grantd_model::patch::Members;
use serde_json::Value;

/// The members of an object.
pub fn members(value: Value) -> Members {
    serde_json::from_value(value).unwrap()
}
