//! The organization: a customer or partner for whom a token can be.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::OrganizationId;
use crate::patch::{self, Members};

/// An organization (Auth0: Organizations). What was never set is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// `org_…`
    pub id: OrganizationId,
    /// The name in requests and in `org_name`: unique, lower case.
    pub name: String,
    /// The name shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What else the contract has: validated, stored, returned.
    #[serde(flatten)]
    pub properties: Members,
}

impl Organization {
    /// An organization from the body of a create request that has passed its schema.
    pub fn from_request(id: &OrganizationId, body: Members) -> Result<Self, serde_json::Error> {
        let mut members = Members::new();
        members.insert("id".into(), id.as_str().into());
        members.extend(body);
        members.entry("third_party_client_access").or_insert_with(|| "block".into());
        members.entry("is_app_entitlement_active").or_insert(Value::Bool(false));
        Self::from_members(members)
    }

    /// The organization as the body of an update request changes it; `metadata` is replaced whole.
    pub fn updated(&self, body: Members) -> Result<Self, serde_json::Error> {
        let mut members = patch::to_members(self)?;
        patch::merge(&mut members, body);
        Self::from_members(members)
    }

    /// Metadata without entries is no metadata (Auth0, recorded).
    fn from_members(mut members: Members) -> Result<Self, serde_json::Error> {
        if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
            metadata.retain(|_, value| !value.is_null());
            if metadata.is_empty() {
                members.shift_remove("metadata");
            }
        }
        serde_json::from_value(Value::Object(members))
    }
}
