//! Removing what a configuration no longer declares: only records that carry its own label, and nothing that goes along
//! with them and is somebody else's.

use std::collections::BTreeSet;

use grantd_model::{ClientGrant, Owned, OwnedKind};
use grantd_store::Change;

use super::grants;
use super::plan::{Action, Step};
use super::planner::Planner;

/// In which order records go: none before those that need it.
const ORDER: [OwnedKind; 4] =
    [OwnedKind::ClientGrant, OwnedKind::Client, OwnedKind::ResourceServer, OwnedKind::Organization];

pub(super) fn plan(planner: &mut Planner<'_>) {
    let Some(owner) = planner.owner else {
        planner.fault("", "a configuration needs an owner to be pruned: nothing says what it has made");
        return;
    };
    let is_own = |owned: &&Owned| planner.index.ownership(owned).owner.as_deref() == Some(owner);
    let stale: BTreeSet<Owned> = planner
        .index
        .ownerships
        .keys()
        .filter(|owned| !planner.declared.owned.contains(*owned))
        .filter(is_own)
        .cloned()
        .collect();
    for kind in ORDER {
        for owned in stale.iter().filter(|owned| owned.kind == kind) {
            remove(planner, owned, &stale);
        }
    }
}

fn remove(planner: &mut Planner<'_>, owned: &Owned, stale: &BTreeSet<Owned>) {
    let name = name(planner, owned);
    if planner.index.ownership(owned).delete_protection {
        let message =
            format!("the {} \"{name}\" is protected from deletion, and is no longer declared", owned.kind);
        planner.fault("", message);
        return;
    }
    if planner.referenced.contains(owned) {
        planner.fault("", format!("the {} \"{name}\" is no longer declared, and still named", owned.kind));
        return;
    }
    for grant in along(planner, owned) {
        check_along(planner, grant, &name, stale);
    }
    let (action, id) = (Action::Delete, Some(owned.id.clone()));
    planner.steps.push(Step { action, kind: owned.kind.into(), name, id, differences: Vec::new() });
    planner.changes.push(match owned.kind {
        OwnedKind::ClientGrant => Change::DeleteClientGrant(owned.id.as_str().into()),
        OwnedKind::Client => Change::DeleteClient(owned.id.as_str().into()),
        OwnedKind::ResourceServer => Change::DeleteResourceServer(owned.id.as_str().into()),
        OwnedKind::Organization => Change::DeleteOrganization(owned.id.as_str().into()),
    });
}

/// The grants that go with a client or an API.
fn along<'p>(planner: &Planner<'p>, owned: &Owned) -> Vec<&'p ClientGrant> {
    let index = planner.index;
    let grants = match owned.kind {
        OwnedKind::Client => index.grants_of_client.get(owned.id.as_str()),
        OwnedKind::ResourceServer => {
            identifier(planner, &owned.id).and_then(|identifier| index.grants_for_api.get(identifier))
        }
        OwnedKind::ClientGrant | OwnedKind::Organization => None,
    };
    grants.cloned().unwrap_or_default()
}

/// What goes along with a record is nobody else's, and not protected.
fn check_along(planner: &mut Planner<'_>, grant: &ClientGrant, name: &str, stale: &BTreeSet<Owned>) {
    let owned = Owned::from(&grant.id);
    if stale.contains(&owned) {
        return;
    }
    let ownership = planner.index.ownership(&owned);
    let grant_name = format!("the client grant \"{}\"", grants::name(planner, grant));
    if let Some(owner) = ownership.owner {
        planner.fault(
            "",
            format!("{grant_name} would go with \"{name}\", and belongs to the configuration \"{owner}\""),
        );
    } else if ownership.delete_protection {
        planner.fault("", format!("{grant_name} would go with \"{name}\", and is protected from deletion"));
    }
}

fn name(planner: &Planner<'_>, owned: &Owned) -> String {
    let index = planner.index;
    let id = owned.id.as_str();
    let name = match owned.kind {
        OwnedKind::Organization => index.organizations.get(id).map(|held| held.name.clone()),
        OwnedKind::ResourceServer => identifier(planner, id).map(str::to_owned),
        OwnedKind::Client => index.clients.get(id).map(|client| client.name.clone()),
        OwnedKind::ClientGrant => index.client_grants_by_id.get(id).map(|grant| grants::name(planner, grant)),
    };
    name.unwrap_or_else(|| id.to_owned())
}

fn identifier<'p>(planner: &Planner<'p>, id: &str) -> Option<&'p str> {
    planner.index.resource_servers_by_id.get(id).map(|api| api.identifier.as_str())
}
