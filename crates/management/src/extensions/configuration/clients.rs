//! Clients: known by their identifier, or by a name that only one of them has.

use std::collections::HashMap;

use grantd_model::{
    Audience, Client, ClientFault, ClientId, OrganizationId, Owned, OwnedKind, Secret, patch,
};
use grantd_store::Change;
use serde_json::Value;

use super::credentials::{self, Registered};
use super::document::Declared;
use super::plan::{Action, Difference};
use super::planner::{Planner, Settling};
use crate::clients::{generate_secret, new_secret};
use crate::{Error, Members};

const SECRET: &str = "client_secret";
const MODE: &str = "third_party_security_mode";

/// Names come first: an API and its client may be declared in any order, and so may two clients of one name.
pub(super) fn plan(planner: &mut Planner<'_>, declared: &[Declared]) -> Result<(), Error> {
    let mut nameless: HashMap<&str, usize> = HashMap::new();
    for one in declared.iter().filter(|one| one.text("client_id").is_none()) {
        *nameless.entry(one.text("name").unwrap_or_default()).or_default() += 1;
    }
    for one in declared {
        let name = one.text("name").unwrap_or_default();
        if one.text("client_id").is_none() && nameless.get(name).is_some_and(|count| *count > 1) {
            planner.fault(
                &one.pointer,
                format!("several clients are called \"{name}\": tell them apart by client_id"),
            );
        } else {
            client(planner, one)?;
        }
    }
    Ok(())
}

fn client(planner: &mut Planner<'_>, declared: &Declared) -> Result<(), Error> {
    let Ok(former) = find(planner, declared) else { return Ok(()) };
    let id = match (former, declared.text("client_id")) {
        (Some(former), _) => former.client_id.clone(),
        (None, Some(chosen)) => ClientId::from(chosen),
        (None, None) => generate_id(planner, declared),
    };
    let name = declared.text("name").unwrap_or_default().to_owned();
    let is_first = !planner.declared.clients.contains_key(id.as_str());
    if !planner.is_first(is_first, declared, OwnedKind::Client, &name) {
        return Ok(());
    }
    let Some((client, registered)) = desired(planner, declared, &id, former)? else {
        planner.leave_out(&[&name, id.as_str()]);
        return Ok(());
    };
    planner.declared.client_names.entry(name.clone()).or_default().push(id.to_string());
    planner.declared.clients.insert(id.to_string(), client.clone());
    settle(planner, declared, former, client, registered)
}

/// The client that is there already. Nobody's configuration has the administration client or the global one.
fn find<'p>(planner: &mut Planner<'p>, declared: &Declared) -> Result<Option<&'p Client>, ()> {
    let index = planner.index;
    let former = match (declared.text("client_id"), declared.text("name").unwrap_or_default()) {
        (Some(id), _) => index.clients.get(id).copied(),
        (None, name) => match index.clients_by_name.get(name).map(Vec::as_slice) {
            None | Some([]) => None,
            Some([one]) => Some(*one),
            Some(several) => {
                let message =
                    format!("{} clients are called \"{name}\": say which by client_id", several.len());
                planner.fault(&declared.pointer, message);
                return Err(());
            }
        },
    };
    match former {
        Some(client) if client.global || index.is_administrator(&client.client_id) => {
            planner.fault(&declared.pointer, "this client is the server's own, and is not declared");
            Err(())
        }
        former => Ok(former),
    }
}

fn generate_id(planner: &Planner<'_>, declared: &Declared) -> ClientId {
    let is_strict = declared.text("third_party_security_mode") == Some("strict");
    let generate = if is_strict { ClientId::generate_third_party } else { ClientId::generate };
    generate(&*planner.context.entropy)
}

/// The client as it is declared, with the credentials that it is declared with; none if something is wrong with it.
fn desired(
    planner: &mut Planner<'_>,
    declared: &Declared,
    id: &ClientId,
    former: Option<&Client>,
) -> Result<Option<(Client, Registered)>, Error> {
    let before = planner.faults.len();
    let mut body = declared.body.clone();
    body.shift_remove("client_id");
    let secret = body.shift_remove(SECRET);
    let secret = secret.as_ref().and_then(Value::as_str).map(Secret::from);
    name_organization(planner, declared, &mut body);
    let registered = credentials::register(planner, declared, id, &mut body)?;
    let mut client = Client::from_request(id.clone(), generate_secret(planner.context), body)?;
    if let Some(former) = former {
        // Set once: what the document does not name is not set again.
        if !declared.body.contains_key(MODE) && !client.is_first_party {
            client.third_party_security_mode = former.third_party_security_mode;
        }
        client.client_secret.clone_from(&former.client_secret);
        if client.client_authentication_methods.is_none() {
            client.further_secrets.clone_from(&former.further_secrets);
        }
    }
    if let Some(secret) = secret {
        if client.client_authentication_methods.is_some() {
            planner.fault(declared.at(SECRET), ClientFault::NoSecret);
        } else if client.client_secret.value != secret {
            client.replace_secret(new_secret(planner.context, secret));
        }
    }
    check(planner, declared, former, &client);
    Ok((planner.faults.len() == before).then_some((client, registered)))
}

/// The default organization by its name.
fn name_organization(planner: &mut Planner<'_>, declared: &Declared, body: &mut Members) {
    let Some(Value::Object(default)) = body.get_mut("default_organization") else { return };
    let named = default.shift_remove("organization").or_else(|| default.shift_remove("organization_id"));
    let named = named.as_ref().and_then(Value::as_str).unwrap_or_default();
    let id = planner.organization(named);
    if id.is_none() {
        planner.unknown(declared.at("default_organization"), OwnedKind::Organization, named);
    }
    let id = id.as_ref().map(OrganizationId::as_str).unwrap_or_default();
    default.insert("organization_id".into(), id.into());
}

/// The rules of the client, of what it was, and of the API that it is the face of.
fn check(planner: &mut Planner<'_>, declared: &Declared, former: Option<&Client>, client: &Client) {
    let checked = former.map_or_else(|| client.check(), |former| former.check_update(client));
    if let Err(fault) = checked {
        planner.fault(&declared.pointer, fault);
    }
    let api: Option<&Audience> = client.resource_server_identifier.as_ref();
    if former.is_some_and(|former| former.resource_server_identifier.as_ref() != api) {
        planner.fault(
            declared.at("resource_server_identifier"),
            "it is set when a client is created, and stays",
        );
    } else if let Some(identifier) = api {
        let named = planner.resource_server(identifier).map(|api| Owned::from(&api.id));
        if let Some(named) = named {
            planner.refer(named);
        } else {
            let place = declared.at("resource_server_identifier");
            planner.unknown(place, OwnedKind::ResourceServer, identifier.as_str());
        }
    }
}

fn settle(
    planner: &mut Planner<'_>,
    declared: &Declared,
    former: Option<&Client>,
    client: Client,
    registered: Registered,
) -> Result<(), Error> {
    let (before, after) = (former.map(patch::to_members).transpose()?, patch::to_members(&client)?);
    let is_other_secret =
        former.is_some_and(|former| former.client_secret.value != client.client_secret.value);
    let mut further: Vec<_> = is_other_secret.then(|| Difference::secret(SECRET)).into_iter().collect();
    further.extend(registered.difference);
    let settling = Settling {
        owned: Owned::from(&client.client_id),
        name: &client.name,
        former: before.as_ref(),
        desired: &after,
        further,
    };
    let settled = planner.settle(declared, settling);
    match settled.action {
        // New credentials need their client, and a client the credentials that count for it.
        Some(Action::Create) => {
            planner.changes.push(Change::CreateClient(client));
            planner.changes.extend(registered.made);
        }
        Some(_) => {
            planner.changes.extend(registered.made);
            planner.changes.push(Change::UpdateClient(planner.versioned(client)));
            planner.changes.extend(registered.removed);
        }
        None => {}
    }
    planner.changes.extend(settled.ownership);
    Ok(())
}
