//! Why there is no token.

use thiserror::Error;

use crate::Rule;

/// The refusals of [`decide`](crate::decide), one for each way that a rule can deny. What HTTP says about them
/// is the token endpoint's table of errors; these texts are for logs and explanations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
pub enum Denial {
    /// The client's `grant_types` lack the grant type, or the client cannot keep a secret.
    #[error("the client may not use the client credentials grant")]
    GrantTypeNotAllowed,
    /// The request names no API and the tenant has no default.
    #[error("no API is named")]
    AudienceMissing,
    /// No API has the identifier.
    #[error("no API has the identifier {audience:?}")]
    AudienceUnknown {
        /// What was asked for.
        audience: String,
    },
    /// Third-party clients never get tokens for system APIs.
    #[error("third-party clients may not use the system API {audience:?}")]
    ThirdPartyOnSystemApi {
        /// The API.
        audience: String,
    },
    /// The API's policy denies all clients.
    #[error("the policy of the API {audience:?} denies all clients")]
    PolicyDeniesAll {
        /// The API.
        audience: String,
    },
    /// The client has no grant for the API, and no default applies.
    #[error("the client has no grant for the API {audience:?}")]
    GrantMissing {
        /// The API.
        audience: String,
    },
    /// Scopes were asked for that the grant does not give.
    #[error("scopes not granted: {}", .scopes.join(", "))]
    ScopeNotGranted {
        /// Which, in the order asked for.
        scopes: Vec<String>,
    },
    /// The grant allows no organization, and one was named.
    #[error("the grant allows no organization")]
    OrganizationNotAllowed,
    /// The grant requires an organization, none was named, and the client has no default.
    #[error("the grant requires an organization")]
    OrganizationRequired,
    /// Names are not accepted, and this is not an identifier.
    #[error("{organization:?} is not an organization id, and names are not accepted")]
    OrganizationNotAnId {
        /// What was sent.
        organization: String,
    },
    /// No organization has the id or name.
    #[error("no organization is {organization:?}")]
    OrganizationUnknown {
        /// What was sent.
        organization: String,
    },
    /// The grant is not for this organization.
    #[error("the grant for {audience:?} is not associated with the organization {organization:?}")]
    OrganizationNotAssociated {
        /// The API.
        audience: String,
        /// The organization's id.
        organization: String,
    },
    /// The client wants tokens bound to a key, and the API binds none.
    #[error("the client insists on a proof of possession, and the API takes none")]
    ProofOfPossessionUnsupported,
    /// The API or the client wants tokens bound to a key, and the request proves none.
    #[error("a proof of possession is required")]
    ProofOfPossessionRequired,
}

impl Denial {
    /// The rule that denies so.
    pub fn rule(&self) -> Rule {
        match self {
            Self::GrantTypeNotAllowed => Rule::GrantType,
            Self::AudienceMissing => Rule::AudienceNamed,
            Self::AudienceUnknown { .. } => Rule::AudienceKnown,
            Self::ThirdPartyOnSystemApi { .. } => Rule::SystemApi,
            Self::PolicyDeniesAll { .. } => Rule::ClientPolicy,
            Self::GrantMissing { .. } => Rule::Grant,
            Self::ScopeNotGranted { .. } => Rule::Scope,
            Self::OrganizationNotAllowed
            | Self::OrganizationRequired
            | Self::OrganizationNotAnId { .. }
            | Self::OrganizationUnknown { .. }
            | Self::OrganizationNotAssociated { .. } => Rule::Organization,
            Self::ProofOfPossessionUnsupported | Self::ProofOfPossessionRequired => Rule::SenderConstraint,
        }
    }
}
