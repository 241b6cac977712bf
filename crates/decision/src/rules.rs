//! The rules, in the order in which they are asked; the first denial is the answer.
//!
//! The order is `reference` section 11 of the token endpoint: grant type, API, policy, grant, scopes,
//! organization, sender constraint.

use std::collections::HashSet;

use grantd_model::{
    ClientGrant, ClientPolicy, Organization, OrganizationUsage, ResourceParameterProfile, ResourceServer,
    Scope, ScopeHandling,
};
use smallvec::SmallVec;

use crate::possession::confirm;
use crate::{AccessRequest, Authorization, Confirmation, Denial, Facts, Finding};

/// The name of a rule: what traces, metrics and explanations say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The client may use the grant type.
    GrantType,
    /// The request names an API, itself or by the tenant's default.
    AudienceNamed,
    /// The API exists.
    AudienceKnown,
    /// System APIs are for first-party clients.
    SystemApi,
    /// The API's policy lets clients in.
    ClientPolicy,
    /// There is a grant.
    Grant,
    /// The grant gives what was asked for.
    Scope,
    /// The organization goes with the grant.
    Organization,
    /// A token that must be bound can be bound.
    SenderConstraint,
}

impl Rule {
    /// The rule's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GrantType => "grant_type",
            Self::AudienceNamed => "audience_named",
            Self::AudienceKnown => "audience_known",
            Self::SystemApi => "system_api",
            Self::ClientPolicy => "client_policy",
            Self::Grant => "grant",
            Self::Scope => "scope",
            Self::Organization => "organization",
            Self::SenderConstraint => "sender_constraint",
        }
    }
}

/// A rule judges a request by the facts, and notes what it found for the rules after it.
pub type Judge = for<'f> fn(&AccessRequest<'f>, &'f dyn Facts, &mut Draft<'f>) -> Result<Finding, Denial>;

/// All rules. Their order is the documented precedence.
pub const RULES: [(Rule, Judge); 9] = [
    (Rule::GrantType, client_may_use_the_grant_type),
    (Rule::AudienceNamed, an_api_is_named),
    (Rule::AudienceKnown, the_api_exists),
    (Rule::SystemApi, system_apis_are_for_first_parties),
    (Rule::ClientPolicy, the_policy_lets_clients_in),
    (Rule::Grant, there_is_a_grant),
    (Rule::Scope, the_scopes_are_granted),
    (Rule::Organization, the_organization_goes_with_the_grant),
    (Rule::SenderConstraint, the_token_is_bound_where_it_must_be),
];

/// What the rules have found so far.
#[derive(Default)]
pub struct Draft<'f> {
    audience: &'f str,
    api: Option<&'f ResourceServer>,
    grant: Option<&'f ClientGrant>,
    scope: SmallVec<[&'f Scope; 16]>,
    organization: Option<&'f Organization>,
    confirmation: Option<Confirmation<'f>>,
}

impl<'f> Draft<'f> {
    /// The authorization that all rules together have found. Without an API and a grant there is none,
    /// whatever the rules said.
    pub(crate) fn into_authorization(
        self,
        request: &AccessRequest<'f>,
        facts: &'f dyn Facts,
    ) -> Result<Authorization<'f>, Denial> {
        let (Some(api), Some(_)) = (self.api, self.grant) else {
            return Err(Denial::GrantMissing { audience: self.audience.to_owned() });
        };
        Ok(Authorization {
            client: request.client,
            api,
            scope: self.scope,
            organization: self.organization,
            names_organization: facts.tenant().settings.allows_organization_names(),
            confirmation: self.confirmation,
        })
    }
}

fn client_may_use_the_grant_type<'f>(
    request: &AccessRequest<'f>,
    _: &'f dyn Facts,
    _: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    if request.client.is_confidential() && request.client.may_use(request.grant_type) {
        Ok(Finding::Holds)
    } else {
        Err(Denial::GrantTypeNotAllowed)
    }
}

fn an_api_is_named<'f>(
    request: &AccessRequest<'f>,
    facts: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    let settings = &facts.tenant().settings;
    let resource = match settings.resource_parameter_profile {
        ResourceParameterProfile::Compatibility => request.resource,
        ResourceParameterProfile::Audience => None,
    };
    let named = request.audience.or(resource).or_else(|| settings.default_audience());
    draft.audience = named.ok_or(Denial::AudienceMissing)?;
    Ok(Finding::Holds)
}

fn the_api_exists<'f>(
    _: &AccessRequest<'f>,
    facts: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    let api = facts.resource_server(draft.audience);
    let unknown = || Denial::AudienceUnknown { audience: draft.audience.to_owned() };
    draft.api = Some(api.ok_or_else(unknown)?);
    Ok(Finding::Holds)
}

fn system_apis_are_for_first_parties<'f>(
    request: &AccessRequest<'f>,
    _: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    if draft.api.is_none_or(|api| !api.is_system) {
        return Ok(Finding::NotApplicable);
    }
    if request.client.is_first_party {
        Ok(Finding::Holds)
    } else {
        Err(Denial::ThirdPartyOnSystemApi { audience: draft.audience.to_owned() })
    }
}

fn the_policy_lets_clients_in<'f>(
    _: &AccessRequest<'f>,
    _: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    match draft.api.map(|api| api.subject_type_authorization.client.policy) {
        Some(ClientPolicy::RequireClientGrant) => Ok(Finding::Holds),
        Some(ClientPolicy::DenyAll) | None => {
            Err(Denial::PolicyDeniesAll { audience: draft.audience.to_owned() })
        }
    }
}

/// A client's own grant replaces the default of its group; the two are never added (Auth0: Client grants).
fn there_is_a_grant<'f>(
    request: &AccessRequest<'f>,
    facts: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    draft.grant = draft.api.and_then(|api| {
        let own = facts.client_grant(&request.client.client_id, &api.identifier);
        let default = || facts.third_party_grant(&api.identifier).filter(|_| !request.client.is_first_party);
        own.or_else(default)
    });
    match draft.grant {
        Some(_) => Ok(Finding::Holds),
        None => Err(Denial::GrantMissing { audience: draft.audience.to_owned() }),
    }
}

/// Granted is what the grant says and the API still has. Asking for more is denied; asking for less changes
/// nothing, unless the tenant follows RFC 6749 §3.3.
fn the_scopes_are_granted<'f>(
    request: &AccessRequest<'f>,
    facts: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    if let (Some(api), Some(grant)) = (draft.api, draft.grant) {
        draft.scope = granted(api, grant);
    }
    let held = |scope: &str| draft.scope.iter().any(|granted| granted.as_str() == scope);
    let refused: Vec<String> =
        request.requested_scopes().filter(|scope| !held(scope)).map(str::to_owned).collect();
    if !refused.is_empty() {
        return Err(Denial::ScopeNotGranted { scopes: refused });
    }
    let narrows = facts.tenant().extensions.scope_handling == ScopeHandling::Rfc6749;
    if narrows && request.requested_scopes().next().is_some() {
        draft.scope.retain(|granted| request.requested_scopes().any(|scope| scope == granted.as_str()));
    }
    let asked = request.requested_scopes().next().is_some();
    Ok(if asked { Finding::Holds } else { Finding::NotApplicable })
}

/// So many scopes are compared with one another sooner than hashed.
const FEW: usize = 16;

/// The scopes of the grant that the API still has, each once, in the order of the grant.
fn granted<'f>(api: &'f ResourceServer, grant: &'f ClientGrant) -> SmallVec<[&'f Scope; 16]> {
    let defined = api.scopes.iter().flatten().map(|defined| &defined.value);
    if grant.allows_all_scopes() {
        let mut seen = HashSet::new();
        return defined.filter(|scope| scope.is_token() && seen.insert(*scope)).collect();
    }
    let granted = grant.scope.iter().flatten().filter(|scope| scope.is_token());
    let defined: SmallVec<[&Scope; FEW]> = defined.collect();
    if defined.len() > FEW {
        let mut remaining: HashSet<&Scope> = defined.into_iter().collect();
        return granted.filter(|scope| remaining.remove(*scope)).collect();
    }
    let mut found = SmallVec::<[&Scope; 16]>::new();
    for scope in granted {
        if defined.contains(&scope) && !found.contains(&scope) {
            found.push(scope);
        }
    }
    found
}

fn the_organization_goes_with_the_grant<'f>(
    request: &AccessRequest<'f>,
    facts: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    let Some(grant) = draft.grant else { return Ok(Finding::NotApplicable) };
    let named = match grant.organization_usage.unwrap_or_default() {
        OrganizationUsage::Deny if request.organization.is_some() => {
            return Err(Denial::OrganizationNotAllowed);
        }
        OrganizationUsage::Deny | OrganizationUsage::Allow => request.organization,
        OrganizationUsage::Require => {
            let named = request.organization.or_else(|| default_organization(request));
            Some(named.ok_or(Denial::OrganizationRequired)?)
        }
    };
    let Some(named) = named else { return Ok(Finding::NotApplicable) };
    let organization = find_organization(named, facts)?;
    // Third parties need each association (Auth0: Configure third-party applications), and a grant can be older
    // than its client's change to a third party.
    let any = grant.allows_any_organization() && request.client.is_first_party;
    if !any && !facts.is_associated(&organization.id, &grant.id) {
        return Err(Denial::OrganizationNotAssociated {
            audience: draft.audience.to_owned(),
            organization: organization.id.to_string(),
        });
    }
    draft.organization = Some(organization);
    Ok(Finding::Holds)
}

/// The client's default organization for this grant type (Auth0: Configure your application for M2M access).
fn default_organization<'f>(request: &AccessRequest<'f>) -> Option<&'f str> {
    let default = request.client.default_organization.as_ref()?;
    let applies = default.flows.iter().any(|flow| flow == request.grant_type);
    applies.then_some(default.organization_id.as_str())
}

fn find_organization<'f>(named: &str, facts: &'f dyn Facts) -> Result<&'f Organization, Denial> {
    let by_name = facts.tenant().settings.allows_organization_names();
    if !by_name && !named.starts_with("org_") {
        return Err(Denial::OrganizationNotAnId { organization: named.to_owned() });
    }
    let found = facts.organization(named);
    let found = found.or_else(|| facts.organization_named(named).filter(|_| by_name));
    found.ok_or_else(|| Denial::OrganizationUnknown { organization: named.to_owned() })
}

/// The table stands in [`confirm`]. Who gets here is confidential.
fn the_token_is_bound_where_it_must_be<'f>(
    request: &AccessRequest<'f>,
    _: &'f dyn Facts,
    draft: &mut Draft<'f>,
) -> Result<Finding, Denial> {
    let constraint = draft.api.and_then(|api| api.proof_of_possession.as_ref());
    let client_insists = request.client.require_proof_of_possession == Some(true);
    draft.confirmation = confirm(constraint, client_insists, request.possession)?;
    Ok(if draft.confirmation.is_some() { Finding::Holds } else { Finding::NotApplicable })
}
