//! What lists can be narrowed to. Unset members do not restrict.

use crate::{Audience, ClientGrantId, ClientId, DefaultFor, OrganizationId, SubjectType};

/// Which grants a list is to show (Auth0: Get client grants).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientGrantFilter {
    /// Exact audience.
    pub audience: Option<Audience>,
    /// Exact client.
    pub client_id: Option<ClientId>,
    /// Only grants with this setting.
    pub allow_any_organization: Option<bool>,
    /// Only grants of this subject type.
    pub subject_type: Option<SubjectType>,
    /// Only default grants of this group.
    pub default_for: Option<DefaultFor>,
    /// Only grants associated with this organization.
    pub organization: Option<OrganizationId>,
    /// Only these grants; at most ten.
    pub ids: Option<Vec<ClientGrantId>>,
}

/// Which clients a list is to show (Auth0: Get clients).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Only the global client, or all but it.
    pub is_global: Option<bool>,
    /// Only one side.
    pub is_first_party: Option<bool>,
    /// Only these application types.
    pub app_types: Option<Vec<String>>,
    /// Only clients with a grant associated with this organization.
    pub grant_in_organization: Option<OrganizationId>,
    /// Only clients with a grant that allows any organization.
    pub grant_for_any_organization: bool,
}

/// Which APIs a list is to show (Auth0: Get resource servers).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceServerFilter {
    /// Only these identifiers; at most ten.
    pub identifiers: Option<Vec<Audience>>,
}

/// Which organizations a list is to show, and in which order (Auth0: Get organizations).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationFilter {
    /// Only organizations that this grant is associated with.
    pub client_grant: Option<ClientGrantId>,
    /// The order; by creation unless named. A checkpoint list is always by creation.
    pub sort: Option<(OrganizationOrder, Direction)>,
}

/// What organizations can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationOrder {
    /// By `name`.
    Name,
    /// By `display_name`.
    DisplayName,
    /// By creation.
    CreatedAt,
}

/// Which way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `:1`
    Ascending,
    /// `:-1`
    Descending,
}
