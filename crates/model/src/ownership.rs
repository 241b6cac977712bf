//! Which declared configuration a record belongs to, and whether it may be deleted.
//!
//! Auth0 has nothing like it: both are kept beside the record and never show in its wire form.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ClientGrantId, ClientId, OrganizationId, ResourceServerId};

/// A kind of record that a declared configuration has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnedKind {
    /// An organization.
    Organization,
    /// An API.
    ResourceServer,
    /// A client.
    Client,
    /// A client grant.
    ClientGrant,
}

impl OwnedKind {
    /// All of them, in the order in which they need each other.
    pub const ALL: [Self; 4] = [Self::Organization, Self::ResourceServer, Self::Client, Self::ClientGrant];

    /// The name, as the wire and the store have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::ResourceServer => "resource_server",
            Self::Client => "client",
            Self::ClientGrant => "client_grant",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for OwnedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organization => "organization",
            Self::ResourceServer => "API",
            Self::Client => "client",
            Self::ClientGrant => "client grant",
        })
    }
}

/// Names a record that can be owned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owned {
    /// What it is.
    pub kind: OwnedKind,
    /// Its identifier.
    pub id: String,
}

macro_rules! owned {
    ($($id:ident $kind:ident)*) => {$(
        impl From<&$id> for Owned {
            fn from(id: &$id) -> Self {
                Self { kind: OwnedKind::$kind, id: id.to_string() }
            }
        }
    )*};
}

owned! {
    OrganizationId Organization
    ResourceServerId ResourceServer
    ClientId Client
    ClientGrantId ClientGrant
}

/// Who a record belongs to, and whether it may be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// The label of the configuration that declares the record; none where it was made one by one.
    pub owner: Option<String>,
    /// Whether it is refused to delete the record, and with it whatever the record would take along.
    pub delete_protection: bool,
}
