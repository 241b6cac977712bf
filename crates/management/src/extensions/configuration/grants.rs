//! Client grants: known by whom they are for, for which API, and for whom that acts.

use std::collections::BTreeSet;

use grantd_model::{
    ClientGrant, ClientGrantFault, ClientGrantId, ClientId, DefaultFor, Grantee, OrganizationId, Owned,
    OwnedKind, SubjectType, patch,
};
use grantd_store::Change;
use serde_json::Value;

use super::MANAGEMENT_API;
use super::document::Declared;
use super::plan::{Action, Difference};
use super::planner::{Planner, Settling};
use crate::{Error, Members};

pub(super) fn plan(planner: &mut Planner<'_>, declared: &[Declared]) -> Result<(), Error> {
    declared.iter().try_for_each(|one| client_grant(planner, one))
}

fn client_grant(planner: &mut Planner<'_>, declared: &Declared) -> Result<(), Error> {
    let Some(body) = resolved(planner, declared) else { return Ok(()) };
    let grant = ClientGrant::from_request(ClientGrantId::from(""), &body)?;
    let Some(grantee) = grant.grantee() else {
        planner.fault(&declared.pointer, ClientGrantFault::GranteeAmbiguous);
        return Ok(());
    };
    let key = (grantee, grant.audience.clone(), grant.subject_type);
    let former = planner.index.client_grants.get(&key).copied();
    let id = match (former, declared.text("id")) {
        (Some(former), _) => former.id.clone(),
        (None, Some(chosen)) => ClientGrantId::from(chosen),
        (None, None) => ClientGrantId::generate(&*planner.context.entropy),
    };
    let grant = ClientGrant { id, ..grant };
    let name = name(planner, &grant);
    let is_first = planner.declared.client_grants.insert(key);
    if !planner.is_first(is_first, declared, OwnedKind::ClientGrant, &name) {
        return Ok(());
    }
    let faults = planner.faults.len();
    check(planner, declared, former, &grant);
    let organizations = organizations(planner, declared, &grant);
    if planner.faults.len() == faults {
        settle(planner, declared, (&name, former), grant, organizations.as_ref())?;
    }
    Ok(())
}

/// The body of a create request, with identifiers in place of names.
fn resolved(planner: &mut Planner<'_>, declared: &Declared) -> Option<Members> {
    let mut body = declared.body.clone();
    body.shift_remove("id");
    body.shift_remove("organizations");
    body.retain(|_, value| !value.is_null());
    if body.get("audience").is_some_and(|audience| audience == MANAGEMENT_API) {
        body.insert("audience".into(), planner.context.management_audience.as_str().into());
    }
    if let Some(named) = body.shift_remove("client") {
        if body.contains_key("client_id") {
            planner.fault(declared.at("client"), "client and client_id exclude each other");
            return None;
        }
        let id = client_named(planner, declared, named.as_str().unwrap_or_default())?;
        body.insert("client_id".into(), id.into());
    }
    Some(body)
}

/// The one client that is, or will be, called so; or the one that has the identifier.
fn client_named(planner: &mut Planner<'_>, declared: &Declared, named: &str) -> Option<String> {
    let (records, index) = (&planner.declared, planner.index);
    let mut ids: BTreeSet<String> = records.client_names.get(named).into_iter().flatten().cloned().collect();
    let held = index.clients_by_name.get(named).into_iter().flatten();
    // One that is declared may have another name by now.
    let unchanged = held.filter(|client| !records.clients.contains_key(client.client_id.as_str()));
    ids.extend(unchanged.map(|client| client.client_id.to_string()));
    if ids.is_empty() && planner.client(named).is_some() {
        return Some(named.to_owned());
    }
    match ids.len() {
        0 => planner.unknown(declared.at("client"), OwnedKind::Client, named),
        1 => return ids.pop_first(),
        several => {
            let message = format!("{several} clients are called \"{named}\": say which by client_id");
            planner.fault(declared.at("client"), message);
        }
    }
    None
}

/// What people call a grant: `Billing for https://api/ (user)`.
pub(super) fn name(planner: &Planner<'_>, grant: &ClientGrant) -> String {
    let client = |id: &ClientId| planner.client(id.as_str()).map(|client| client.name.clone());
    let whose = match grant.grantee() {
        Some(Grantee::Client(id)) => client(&id).unwrap_or_else(|| id.to_string()),
        _ => DefaultFor::ThirdPartyClients.as_str().to_owned(),
    };
    let subject = if grant.subject_type == SubjectType::User { " (user)" } else { "" };
    format!("{whose} for {}{subject}", grant.audience)
}

/// What the grant needs, and its rules.
fn check(planner: &mut Planner<'_>, declared: &Declared, former: Option<&ClientGrant>, grant: &ClientGrant) {
    if former.is_some_and(|former| former.is_system) {
        planner.fault(&declared.pointer, "this grant is the server's own, and is not declared");
        return;
    }
    let Some(api) = planner.resource_server(&grant.audience) else {
        planner.unknown(declared.at("audience"), OwnedKind::ResourceServer, grant.audience.as_str());
        return;
    };
    let api_named = Owned::from(&api.id);
    let client = grant.client_id.as_ref().map(|id| (id, planner.client(id.as_str())));
    if let Some((id, None)) = client {
        planner.unknown(declared.at("client_id"), OwnedKind::Client, id.as_str());
        return;
    }
    let checked = grant.check(api, client.and_then(|(_, client)| client));
    planner.refer(api_named);
    if let Some(id) = &grant.client_id {
        planner.refer(id);
    }
    if let Err(fault) = checked {
        planner.fault(&declared.pointer, fault);
    }
}

/// The organizations that the grant is to be in; none where the document leaves that to others.
fn organizations(
    planner: &mut Planner<'_>,
    declared: &Declared,
    grant: &ClientGrant,
) -> Option<BTreeSet<OrganizationId>> {
    let listed = declared.body.get("organizations")?.as_array()?;
    let mut organizations = BTreeSet::new();
    for (number, named) in listed.iter().filter_map(Value::as_str).enumerate() {
        if let Some(id) = planner.organization(named) {
            organizations.insert(id);
        } else {
            let place = declared.at(&format!("organizations/{number}"));
            planner.unknown(place, OwnedKind::Organization, named);
        }
    }
    if !listed.is_empty()
        && let Err(fault) = grant.check_association()
    {
        planner.fault(declared.at("organizations"), fault);
    }
    Some(organizations)
}

fn settle(
    planner: &mut Planner<'_>,
    declared: &Declared,
    (name, former): (&str, Option<&ClientGrant>),
    grant: ClientGrant,
    organizations: Option<&BTreeSet<OrganizationId>>,
) -> Result<(), Error> {
    let (before, after) = (former.map(patch::to_members).transpose()?, patch::to_members(&grant)?);
    let none = BTreeSet::new();
    let held = planner.index.associations.get(&grant.id).unwrap_or(&none);
    let wanted = organizations.unwrap_or(held);
    let settling = Settling {
        owned: Owned::from(&grant.id),
        name,
        former: before.as_ref(),
        desired: &after,
        further: difference(planner, held, wanted).into_iter().collect(),
    };
    let settled = planner.settle(declared, settling);
    let is_other = before.as_ref() != Some(&after);
    let id = grant.id.clone();
    match settled.action {
        Some(Action::Create) => planner.changes.push(Change::CreateClientGrant(grant)),
        Some(_) if is_other => planner.changes.push(Change::UpdateClientGrant(planner.versioned(grant))),
        _ => {}
    }
    if settled.action.is_some() {
        associate(planner, &id, held, wanted);
    }
    planner.changes.extend(settled.ownership);
    Ok(())
}

/// Puts the grant into the organizations that it is to be in, and takes it from the others.
fn associate(
    planner: &mut Planner<'_>,
    id: &ClientGrantId,
    held: &BTreeSet<OrganizationId>,
    wanted: &BTreeSet<OrganizationId>,
) {
    let added = wanted
        .difference(held)
        .cloned()
        .map(|organization| Change::AddClientGrantToOrganization { organization, client_grant: id.clone() });
    let removed = held.difference(wanted).cloned().map(|organization| {
        Change::RemoveClientGrantFromOrganization { organization, client_grant: id.clone() }
    });
    planner.changes.extend(added.chain(removed));
}

/// By the names of the organizations: one that is not there yet has another identifier with every plan.
fn difference(
    planner: &Planner<'_>,
    held: &BTreeSet<OrganizationId>,
    wanted: &BTreeSet<OrganizationId>,
) -> Option<Difference> {
    let shown = |set: &BTreeSet<OrganizationId>| {
        let names: BTreeSet<String> = set.iter().map(|id| planner.organization_name(id)).collect();
        (!names.is_empty()).then(|| names.into_iter().collect::<Value>())
    };
    let (from, to) = (shown(held), shown(wanted));
    (held != wanted).then(|| Difference { member: "organizations".into(), from, to })
}
