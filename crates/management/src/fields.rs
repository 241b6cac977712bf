//! `fields` and `include_fields`: which members of a record are shown.

use std::collections::HashSet;

use grantd_model::patch::Members;

use crate::request::{flag, text};

/// The record with only the members that the query names, or without them where `include_fields` is false.
pub(crate) fn select(mut record: Members, query: &Members) -> Members {
    let Some(fields) = text(query, "fields").filter(|fields| !fields.is_empty()) else { return record };
    let named: HashSet<&str> = fields.split(',').collect();
    let include = flag(query, "include_fields").unwrap_or(true);
    record.retain(|name, _| named.contains(name.as_str()) == include);
    record
}
