//! The documented algorithm for client credentials, read from the documentation and told with sets.

use std::collections::BTreeSet;

use grantd_decision::{Confirmation, Denial};
use grantd_model::{OrganizationUsage, PossessionMechanism, ResourceParameterProfile, ScopeHandling};

use crate::situation::{API, CLIENT, ORGANIZATIONS, OTHER_API, Situation, Terms};
use crate::worlds::Api;

/// What a token must have.
#[derive(Debug)]
pub struct Expected {
    pub audience: &'static str,
    pub scope: BTreeSet<&'static str>,
    pub organization: Option<&'static str>,
    pub names_organization: bool,
    pub confirmation: Option<Confirmation<'static>>,
}

/// What the documentation says about a situation.
pub fn outcome(s: &Situation) -> Result<Expected, Denial> {
    if !s.access.may_use || s.access.method == Some("none") {
        return Err(Denial::GrantTypeNotAllowed);
    }
    let audience = audience(s).ok_or(Denial::AudienceMissing)?;
    let named = || audience.to_owned();
    let apis = if s.access.api.is_some() { set(&[API, OTHER_API]) } else { set(&[OTHER_API]) };
    if !apis.contains(audience) {
        return Err(Denial::AudienceUnknown { audience: named() });
    }
    // The other API is a plain one that nobody is granted.
    let Some(api) = s.access.api.filter(|_| audience == API) else {
        return Err(Denial::GrantMissing { audience: named() });
    };
    if !s.access.first_party && api == Api::System {
        return Err(Denial::ThirdPartyOnSystemApi { audience: named() });
    }
    if s.access.deny_all {
        return Err(Denial::PolicyDeniesAll { audience: named() });
    }
    let terms = terms(s).ok_or_else(|| Denial::GrantMissing { audience: named() })?;
    let scope = scope(s, &terms)?;
    let organization = organization(s, &terms)?;
    let confirmation = confirmation(s)?;
    let names_organization = s.orgs.names == Some(true);
    Ok(Expected { audience: API, scope, organization, names_organization, confirmation })
}

fn set(members: &[&'static str]) -> BTreeSet<&'static str> {
    members.iter().copied().collect()
}

/// `audience`, else `resource` where the tenant looks at it, else the tenant's default.
fn audience(s: &Situation) -> Option<&'static str> {
    let resource = s.access.resource.filter(|_| s.access.profile == ResourceParameterProfile::Compatibility);
    let default = s.access.default_audience.filter(|default| !default.is_empty());
    [s.access.audience, resource, default].into_iter().flatten().next()
}

/// The client's own grant; for third parties without one, the default.
fn terms(s: &Situation) -> Option<Terms> {
    let mut grants = s.grants();
    grants.retain(|(holder, _)| *holder == Some(CLIENT) || (holder.is_none() && !s.access.first_party));
    grants.sort_by_key(|(holder, _)| holder.is_none());
    grants.first().map(|(_, terms)| *terms)
}

/// Granted = (all ? API : grant) ∩ API. Requested ⊆ granted, or denied. Requested narrows only by RFC 6749.
fn scope(s: &Situation, terms: &Terms) -> Result<BTreeSet<&'static str>, Denial> {
    let api = set(s.scopes.api.unwrap_or_default());
    let listed = set(terms.scope.unwrap_or_default());
    let granted = if terms.all == Some(true) { api } else { &listed & &api };
    let asked: Vec<&str> =
        s.scopes.asked.unwrap_or_default().split(' ').filter(|asked| !asked.is_empty()).collect();
    let requested = set(&asked);
    if !requested.is_subset(&granted) {
        let refused = asked.into_iter().filter(|scope| !granted.contains(scope));
        return Err(Denial::ScopeNotGranted { scopes: refused.map(str::to_owned).collect() });
    }
    let narrows = s.scopes.handling == ScopeHandling::Rfc6749 && !requested.is_empty();
    Ok(if narrows { &granted & &requested } else { granted })
}

/// The table of usages: which organization is meant, whether there is one, and whether the grant is for it.
fn organization(s: &Situation, terms: &Terms) -> Result<Option<&'static str>, Denial> {
    let meant = match (terms.usage.unwrap_or(OrganizationUsage::Deny), s.orgs.sent) {
        (OrganizationUsage::Deny, Some(_)) => return Err(Denial::OrganizationNotAllowed),
        (OrganizationUsage::Deny | OrganizationUsage::Allow, None) => return Ok(None),
        (OrganizationUsage::Allow | OrganizationUsage::Require, Some(sent)) => sent,
        (OrganizationUsage::Require, None) => {
            let default = s.orgs.default.filter(|(_, flows)| flows.contains(&"client_credentials"));
            default.map(|(id, _)| id).ok_or(Denial::OrganizationRequired)?
        }
    };
    let names = s.orgs.names == Some(true);
    let called = |(id, name): &(&str, &str)| *id == meant || (names && *name == meant);
    let Some((id, _)) = ORGANIZATIONS.into_iter().find(called) else {
        let organization = meant.to_owned();
        return Err(if names || meant.starts_with("org_") {
            Denial::OrganizationUnknown { organization }
        } else {
            Denial::OrganizationNotAnId { organization }
        });
    };
    // "Any organization" is not available to third parties: each one must be associated.
    let any = terms.any == Some(true) && s.access.first_party;
    if any || terms.associated.contains(&id) {
        Ok(Some(id))
    } else {
        Err(Denial::OrganizationNotAssociated { audience: API.to_owned(), organization: id.to_owned() })
    }
}

/// What the API has to say about proofs: the columns of the table.
enum Column {
    None,
    Allowed,
    Required,
}

/// What the table of sender constraining says of one case.
enum Verdict {
    Unbound,
    Bound,
    NotIssued(Denial),
}

/// The table: whether the client insists, whether a proof was sent, and what the API has.
fn confirmation(s: &Situation) -> Result<Option<Confirmation<'static>>, Denial> {
    use PossessionMechanism::{Dpop, Mtls};
    use Verdict::{Bound, NotIssued, Unbound};
    let (dpop_key, certificate) = s.binding.sent;
    let key = match s.binding.api {
        Some((Dpop, ..)) => dpop_key.map(Confirmation::DpopKey),
        Some((Mtls, ..)) => certificate.map(Confirmation::Certificate),
        None => None,
    };
    let column = match s.binding.api {
        None => Column::None,
        Some((Mtls, true, _) | (Dpop, true, None | Some("all_clients"))) => Column::Required,
        Some(_) => Column::Allowed,
    };
    let verdict = match (s.binding.client == Some(true), key.is_some(), column) {
        (false, _, Column::None) | (false, false, Column::Allowed) => Unbound,
        (true, _, Column::None) => NotIssued(Denial::ProofOfPossessionUnsupported),
        (false, false, Column::Required) | (true, false, Column::Allowed | Column::Required) => {
            NotIssued(Denial::ProofOfPossessionRequired)
        }
        (_, true, Column::Allowed | Column::Required) => Bound,
    };
    match verdict {
        Unbound => Ok(None),
        Bound => Ok(key),
        NotIssued(denial) => Err(denial),
    }
}
