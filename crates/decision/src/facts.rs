//! What a decision may know.

use grantd_model::{
    Audience, ClientGrant, ClientGrantId, ClientId, Organization, OrganizationId, ResourceServer, Tenant,
};

/// The configuration at one revision, as far as a decision asks. All answers are about the same revision.
pub trait Facts {
    /// What is set for the deployment.
    fn tenant(&self) -> &Tenant;

    /// The API with exactly this identifier.
    fn resource_server(&self, audience: &str) -> Option<&ResourceServer>;

    /// The client's own grant for the API with `subject_type: client`.
    fn client_grant(&self, client: &ClientId, audience: &Audience) -> Option<&ClientGrant>;

    /// The default grant of third-party clients for the API with `subject_type: client`.
    fn third_party_grant(&self, audience: &Audience) -> Option<&ClientGrant>;

    /// The organization with this id.
    fn organization(&self, id: &str) -> Option<&Organization>;

    /// The organization with this name.
    fn organization_named(&self, name: &str) -> Option<&Organization>;

    /// Whether the grant was added to the organization.
    fn is_associated(&self, organization: &OrganizationId, grant: &ClientGrantId) -> bool;
}
