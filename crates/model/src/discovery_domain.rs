//! The discovery domain: a domain by which an organization is found when somebody signs in.
//!
//! Nobody signs in here, so it is kept and shown, and what is said of its verification is believed.

use serde::{Deserialize, Serialize};

use crate::patch::{self, Members};
use crate::{DiscoveryDomainId, OrganizationId};

/// A domain of an organization (Auth0: Organization discovery domains).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiscoveryDomain {
    /// `ord_…`
    pub id: DiscoveryDomainId,
    /// Whose it is. The path says it, never the record.
    #[serde(skip, default = "nobodys")]
    pub organization: OrganizationId,
    /// The domain, in lower case.
    pub domain: String,
    /// What else the contract has: validated, stored, returned.
    #[serde(flatten)]
    pub properties: Members,
}

fn nobodys() -> OrganizationId {
    OrganizationId::from("")
}

impl DiscoveryDomain {
    /// A domain from the body of a create request that has passed its schema, and the token that would prove it.
    pub fn from_request(
        id: &DiscoveryDomainId,
        organization: &OrganizationId,
        token: &str,
        body: &Members,
    ) -> Self {
        let said = |name: &str| body.get(name).cloned();
        let domain = body.get("domain").and_then(|domain| domain.as_str()).unwrap_or_default();
        let domain = domain.to_ascii_lowercase();
        let members = [
            ("status", said("status").unwrap_or_else(|| "pending".into())),
            ("verification_txt", format!("auth0-domain-verification={token}").into()),
            ("verification_host", format!("_auth0-challenge.{domain}").into()),
            ("use_for_organization_discovery", said("use_for_organization_discovery").unwrap_or(true.into())),
        ];
        let properties = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { id: id.clone(), organization: organization.clone(), domain, properties }
    }

    /// The domain as the body of an update request changes it.
    #[must_use]
    pub fn updated(&self, body: Members) -> Self {
        let mut updated = self.clone();
        patch::merge(&mut updated.properties, body);
        updated
    }
}
