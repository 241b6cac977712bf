//! What applying a document would change, and has changed.

use grantd_model::{OwnedKind, Revision};
use grantd_store::Change;
use serde::Serialize;
use serde_json::Value;

use crate::Members;

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It goes.
    Delete,
}

/// What kind of record: those that can be owned, and the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// An organization.
    Organization,
    /// An API.
    ResourceServer,
    /// A client.
    Client,
    /// A client grant.
    ClientGrant,
    /// Auth0's tenant settings.
    Tenant,
    /// Our settings.
    Settings,
}

impl From<OwnedKind> for StepKind {
    fn from(kind: OwnedKind) -> Self {
        match kind {
            OwnedKind::Organization => Self::Organization,
            OwnedKind::ResourceServer => Self::ResourceServer,
            OwnedKind::Client => Self::Client,
            OwnedKind::ClientGrant => Self::ClientGrant,
        }
    }
}

/// A member that differs. Of secrets neither value is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Which member.
    pub member: String,
    /// What it is; none where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it becomes; none where it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

impl Difference {
    /// A member whose values are not to be shown.
    pub(super) fn secret(member: &str) -> Self {
        Self { member: member.into(), from: None, to: None }
    }

    /// The members that differ, in the order of what they become, then of what goes.
    pub(super) fn between(from: &Members, to: &Members) -> Vec<Self> {
        let changed = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
        let changed = changed.map(|(name, value)| Self {
            member: name.clone(),
            from: from.get(name).cloned(),
            to: Some(value.clone()),
        });
        let gone = from.iter().filter(|(name, _)| !to.contains_key(*name));
        let gone =
            gone.map(|(name, value)| Self { member: name.clone(), from: Some(value.clone()), to: None });
        changed.chain(gone).collect()
    }
}

/// What happens to one record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What happens.
    pub action: Action,
    /// To which kind of record.
    pub kind: StepKind,
    /// What people call it.
    pub name: String,
    /// Its identifier, where it has one and is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// What a document changes, as the wire shows it.
#[derive(Debug, Serialize)]
pub struct PlanView {
    /// The revision that the document was compared with; after applying, the one that it is in force at.
    pub revision: Revision,
    /// Whether the changes were made.
    pub applied: bool,
    /// What happens to whom; empty where everything is as declared.
    pub steps: Vec<Step>,
}

/// What a document changes, worked out at one revision.
#[derive(Debug)]
pub(super) struct Plan {
    /// Which revision.
    pub(super) revision: Revision,
    /// For people.
    pub(super) steps: Vec<Step>,
    /// For the store, in the order in which they can be made.
    pub(super) changes: Vec<Change>,
}
