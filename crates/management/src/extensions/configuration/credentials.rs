//! The credentials that clients are declared with: those that are there already stay, by what they are.

use grantd_model::{Client, ClientId, Credential, CredentialId};
use grantd_store::Change;
use serde_json::{Value, json};

use super::document::Declared;
use super::plan::Difference;
use super::planner::Planner;
use crate::credentials::describe;
use crate::{CredentialFault, Error, Members};

const METHODS: &str = "client_authentication_methods";
const SIGNED_REQUESTS: &str = "signed_request_object";

/// What becomes of a client's credentials.
#[derive(Default)]
pub(super) struct Registered {
    /// To be made or changed, once the client is there and before it names them.
    pub(super) made: Vec<Change>,
    /// To be removed once the client no longer names them.
    pub(super) removed: Vec<Change>,
    /// What changes of those that stay.
    pub(super) difference: Option<Difference>,
}

/// A client whose credentials are worked out.
struct Register<'r> {
    client: &'r ClientId,
    held: &'r [&'r Credential],
    /// All that the client names, those that are new among them.
    named: Vec<Credential>,
    changed: Vec<(Credential, Credential)>,
}

/// Puts references into the body in place of the credentials that it describes.
pub(super) fn register(
    planner: &mut Planner<'_>,
    declared: &Declared,
    client: &ClientId,
    body: &mut Members,
) -> Result<Registered, Error> {
    let none = Vec::new();
    let held = planner.index.credentials.get(client.as_str()).unwrap_or(&none);
    let mut register = Register { client, held, named: Vec::new(), changed: Vec::new() };
    if let Some(Value::Object(methods)) = body.get_mut(METHODS) {
        for (name, method) in methods.iter_mut() {
            register.take_all(planner, declared, &format!("{METHODS}/{name}"), method)?;
        }
    }
    if let Some(requests) = body.get_mut(SIGNED_REQUESTS) {
        register.take_all(planner, declared, SIGNED_REQUESTS, requests)?;
    }
    let former = planner.index.clients.get(client.as_str()).copied();
    Ok(register.outcome(planner, former))
}

impl Register<'_> {
    /// Puts a reference in the place of each credential that stands in `holder.credentials`.
    fn take_all(
        &mut self,
        planner: &mut Planner<'_>,
        declared: &Declared,
        place: &str,
        holder: &mut Value,
    ) -> Result<(), Error> {
        let listed = holder.get_mut("credentials").and_then(Value::as_array_mut).into_iter().flatten();
        for (number, description) in listed.enumerate() {
            match self.take(planner, description.take()) {
                Ok(reference) => *description = reference,
                Err(Error::Credential(fault)) => {
                    *description = json!({ "id": "" });
                    planner.fault(declared.at(&format!("{place}/credentials/{number}")), fault);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The reference to the credential that a description describes.
    fn take(&mut self, planner: &Planner<'_>, description: Value) -> Result<Value, Error> {
        let described = describe(planner.context, self.client, description)?;
        let known = self.named.iter().find(|named| named.kind == described.kind).cloned();
        let known = known.or_else(|| {
            self.held.iter().find(|held| held.kind == described.kind).map(|held| kept(held, &described))
        });
        let credential = match known {
            Some(credential) => credential,
            None if described.is_expired(planner.context.clock.now()) => {
                return Err(CredentialFault::Expired.into());
            }
            None => described,
        };
        let reference = json!({ "id": credential.id });
        if let Some((held, changed)) = self.difference(&credential) {
            self.changed.push((held, changed));
        }
        if !self.named.iter().any(|named| named.id == credential.id) {
            self.named.push(credential);
        }
        Ok(reference)
    }

    fn difference(&self, credential: &Credential) -> Option<(Credential, Credential)> {
        let is_known = self.changed.iter().any(|(_, changed)| changed.id == credential.id);
        let held = self.held.iter().find(|held| held.id == credential.id)?;
        (!is_known && **held != *credential).then(|| ((*held).clone(), credential.clone()))
    }

    fn outcome(self, planner: &Planner<'_>, former: Option<&Client>) -> Registered {
        let is_held = |credential: &Credential| self.held.iter().any(|held| held.id == credential.id);
        let is_named = |id: &CredentialId| self.named.iter().any(|named| named.id == *id);
        let new = self.named.iter().filter(|named| !is_held(named)).cloned().map(Change::CreateCredential);
        let changed = self.changed.iter().map(|(_, changed)| planner.versioned(changed.clone()));
        let made = new.chain(changed.map(Change::UpdateCredential)).collect();
        let mut unused: Vec<_> = former.into_iter().flat_map(Client::credentials_in_use).collect();
        unused.dedup();
        let removed = unused.into_iter().filter(|id| !is_named(id)).map(Change::DeleteCredential).collect();
        let shown = |pick: fn(&(Credential, Credential)) -> &Credential| {
            Value::Array(self.changed.iter().map(|pair| terms(pick(pair))).collect())
        };
        let difference = (!self.changed.is_empty()).then(|| Difference {
            member: "credentials".into(),
            from: Some(shown(|(held, _)| held)),
            to: Some(shown(|(_, changed)| changed)),
        });
        Registered { made, removed, difference }
    }
}

/// The credential that is there, with the name and the end that it is declared with.
fn kept(held: &Credential, described: &Credential) -> Credential {
    let is_same = held.name == described.name && held.expires_at == described.expires_at;
    let updated_at = if is_same { held.updated_at } else { described.updated_at };
    let (name, expires_at) = (described.name.clone(), described.expires_at);
    Credential { name, expires_at, updated_at, ..held.clone() }
}

/// What can be changed of a credential.
fn terms(credential: &Credential) -> Value {
    let expires_at = credential.expires_at.map(|expiry| expiry.to_string());
    json!({ "id": credential.id, "name": credential.name, "expires_at": expires_at })
}
