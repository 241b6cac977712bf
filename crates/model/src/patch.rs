//! How a PATCH body changes a record: member by member, on the wire form.
//!
//! A member of the body replaces the record's member whole; `null` removes it (Auth0: every PATCH of the
//! Management API). What a resource does differently, such as merging metadata, it does before it comes here.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The members of a request body or of a record.
pub type Members = Map<String, Value>;

/// The record with the body's members in place of its own.
///
/// Fails only when a member has a type that the schema of the operation should have refused.
pub fn apply<T: Serialize + DeserializeOwned>(record: &T, body: Members) -> Result<T, serde_json::Error> {
    let mut members = to_members(record)?;
    merge(&mut members, body);
    serde_json::from_value(Value::Object(members))
}

/// Puts each member of `changes` in place of the one in `members`; `null` removes.
pub fn merge(members: &mut Members, changes: Members) {
    for (name, value) in changes {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            members.insert(name, value);
        }
    }
}

/// Merges an object inside the body into the record's object of that name, one level deep, so that the body
/// names only what changes. A `null` in place of the object still removes it whole.
pub fn merge_member(members: &Members, body: &mut Members, name: &str) {
    if let (Some(Value::Object(held)), Some(Value::Object(changes))) = (members.get(name), body.get_mut(name))
    {
        let mut merged = held.clone();
        merge(&mut merged, std::mem::take(changes));
        *changes = merged;
    }
}

/// A record as its wire members.
pub fn to_members<T: Serialize>(record: &T) -> Result<Members, serde_json::Error> {
    match serde_json::to_value(record)? {
        Value::Object(members) => Ok(members),
        _ => Err(serde::ser::Error::custom("a record is an object")),
    }
}
