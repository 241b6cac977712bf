//! APIs: known by their identifier.

use grantd_model::{Audience, Owned, OwnedKind, ResourceServer, ResourceServerId, SigningAlgorithm, patch};
use grantd_store::Change;

use super::MANAGEMENT_API;
use super::document::Declared;
use super::plan::{Action, Difference};
use super::planner::{Planner, Settling};
use crate::resource_servers::{checked, with_secret};
use crate::{Error, Members};

const SECRET: &str = "signing_secret";

pub(super) fn plan(planner: &mut Planner<'_>, declared: &[Declared]) -> Result<(), Error> {
    declared.iter().try_for_each(|one| resource_server(planner, one))
}

fn resource_server(planner: &mut Planner<'_>, declared: &Declared) -> Result<(), Error> {
    let identifier = Audience::from(declared.text("identifier").unwrap_or_default());
    let former = planner.index.resource_servers.get(identifier.as_str()).copied();
    if identifier.as_str() == MANAGEMENT_API || former.is_some_and(|api| api.is_system) {
        planner.fault(declared.at("identifier"), "system APIs are the server's own, and are not declared");
        return Ok(());
    }
    let id = match (former, declared.text("id")) {
        (Some(former), _) => former.id.clone(),
        (None, Some(chosen)) => ResourceServerId::from(chosen),
        (None, None) => ResourceServerId::generate(&*planner.context.entropy),
    };
    let Some(desired) = desired(planner, declared, &id, former)? else {
        planner.leave_out(&[identifier.as_str()]);
        return Ok(());
    };
    let name = identifier.to_string();
    let is_first = planner.declared.resource_servers.insert(identifier, desired.clone()).is_none();
    if !planner.is_first(is_first, declared, OwnedKind::ResourceServer, &name) {
        return Ok(());
    }
    let (before, after) = (former.map(members).transpose()?, members(&desired)?);
    let is_other_secret = former.is_some_and(|former| former.signing_secret != desired.signing_secret);
    let settling = Settling {
        owned: Owned::from(&desired.id),
        name: &name,
        former: before.as_ref(),
        desired: &after,
        further: is_other_secret.then(|| Difference::secret(SECRET)).into_iter().collect(),
    };
    let settled = planner.settle(declared, settling);
    let change = match settled.action {
        Some(Action::Create) => Some(Change::CreateResourceServer(desired)),
        Some(_) => Some(Change::UpdateResourceServer(planner.versioned(desired))),
        None => None,
    };
    planner.changes.extend(change.into_iter().chain(settled.ownership));
    Ok(())
}

/// The API as it is declared. A secret that the document does not know stays, or is made.
fn desired(
    planner: &mut Planner<'_>,
    declared: &Declared,
    id: &ResourceServerId,
    former: Option<&ResourceServer>,
) -> Result<Option<ResourceServer>, Error> {
    let mut body = declared.body.clone();
    body.shift_remove("id");
    let mut api = ResourceServer::from_request(id, body)?;
    if api.signing_alg == SigningAlgorithm::HS256 && api.signing_secret.is_none() {
        api.signing_secret = former.and_then(|former| former.signing_secret.clone());
    }
    match checked(api) {
        Ok(api) => Ok(Some(with_secret(planner.context, api))),
        Err(Error::ResourceServer(fault)) => {
            planner.fault(&declared.pointer, fault);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The members that are compared: the PEM among them, since that is what is declared.
fn members(api: &ResourceServer) -> Result<Members, Error> {
    Ok(patch::to_members(api)?)
}
