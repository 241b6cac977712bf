//! Organizations: known by name, or by an identifier that is there.

use grantd_model::{Organization, OrganizationId, Owned, OwnedKind, patch};
use grantd_store::Change;

use super::document::Declared;
use super::plan::Action;
use super::planner::{Planner, Settling};
use crate::Error;

pub(super) fn plan(planner: &mut Planner<'_>, declared: &[Declared]) -> Result<(), Error> {
    declared.iter().try_for_each(|one| organization(planner, one))
}

fn organization(planner: &mut Planner<'_>, declared: &Declared) -> Result<(), Error> {
    let name = declared.text("name").unwrap_or_default().to_owned();
    let by_name = planner.index.organizations_by_name.get(&*name).copied();
    let chosen = declared.text("id");
    let former = chosen.and_then(|id| planner.index.organizations.get(id).copied()).or(by_name);
    if let (Some(former), Some(other)) = (former, by_name)
        && former.id != other.id
    {
        planner.fault(declared.at("name"), format!("another organization is called \"{name}\""));
        return Ok(());
    }
    let id = match (former, chosen) {
        (Some(former), _) => former.id.clone(),
        (None, Some(chosen)) => OrganizationId::from(chosen),
        (None, None) => OrganizationId::generate(&*planner.context.entropy),
    };
    let is_first = planner.declared.organizations.insert(name.clone(), id.clone()).is_none()
        && !planner.declared.owned.contains(&Owned::from(&id));
    if !planner.is_first(is_first, declared, OwnedKind::Organization, &name) {
        return Ok(());
    }
    planner.declared.organizations.insert(id.to_string(), id.clone());
    let mut body = declared.body.clone();
    body.shift_remove("id");
    body.retain(|_, value| !value.is_null());
    let desired = Organization::from_request(&id, body)?;
    let former = former.map(patch::to_members).transpose()?;
    let members = patch::to_members(&desired)?;
    let settling = Settling {
        owned: Owned::from(&id),
        name: &name,
        former: former.as_ref(),
        desired: &members,
        further: Vec::new(),
    };
    let settled = planner.settle(declared, settling);
    let change = match settled.action {
        Some(Action::Create) => Some(Change::CreateOrganization(desired)),
        Some(_) => Some(Change::UpdateOrganization(planner.versioned(desired))),
        None => None,
    };
    planner.changes.extend(change.into_iter().chain(settled.ownership));
    Ok(())
}
