//! The client of an organization: which applications its members may sign in to.
//!
//! Nobody signs in here, so it is kept and shown, and no token depends on it.

use crate::{ClientId, OrganizationId};

/// A client that was added to an organization. Auth0's published contract does not have it; its SDKs do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationClient {
    /// To which organization.
    pub organization: OrganizationId,
    /// Which client.
    pub client: ClientId,
    /// Whether members of the organization use it.
    pub use_for_member_access: bool,
}
