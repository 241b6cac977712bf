//! Clients that prove themselves without a secret: their credentials, when a request describes or names them.

use grantd_model::{Client, ClientFault, ClientId, Credential, CredentialId, CredentialType};
use serde_json::Value;

use crate::credentials::register_listed;
use crate::{Caller, Context, CredentialFault, Error, Members, authority};

const METHODS: &str = "client_authentication_methods";
const SIGNED_REQUESTS: &str = "signed_request_object";

/// Makes the credentials that the body of a create request describes, and names them in the body instead.
pub(super) fn register_all(
    context: &Context,
    caller: &Caller,
    client: &ClientId,
    body: &mut Members,
) -> Result<Vec<Credential>, Error> {
    if describes_credentials(body) {
        caller.require_any(&["create:client_credentials"])?;
    }
    let mut made = Vec::new();
    if let Some(Value::Object(methods)) = body.get_mut(METHODS) {
        for method in methods.values_mut().filter_map(Value::as_object_mut) {
            made.extend(register_listed(context, client, method)?);
        }
    }
    if let Some(Value::Object(object)) = body.get_mut(SIGNED_REQUESTS) {
        made.extend(register_listed(context, client, object)?);
    }
    Ok(made)
}

fn describes_credentials(body: &Members) -> bool {
    let signed_requests = body.get(SIGNED_REQUESTS).and_then(|object| object.get("credentials"));
    body.contains_key(METHODS) || signed_requests.is_some()
}

/// What holds between an updated client and its credentials, and who may change it.
pub(super) async fn check(
    context: &Context,
    caller: &Caller,
    client: &Client,
    body: &Members,
) -> Result<(), Error> {
    if body.contains_key("client_secret") && client.client_authentication_methods.is_some() {
        return Err(ClientFault::NoSecret.into());
    }
    if body.contains_key("client_secret") || body.contains_key(METHODS) {
        authority::check_secret(context, caller, &client.client_id).await?;
    }
    let held = context.store.list_credentials(&client.client_id).await?;
    if body.contains_key(METHODS) || body.contains_key(SIGNED_REQUESTS) {
        check_named(client, &held)?;
    }
    let stays = proves_itself(client, &held).then_some(client);
    authority::check_administrator(context, &client.client_id, stays).await
}

/// The credentials that count are the client's, and of the type that they count for.
fn check_named(client: &Client, held: &[Credential]) -> Result<(), CredentialFault> {
    if let Some(methods) = &client.client_authentication_methods {
        let needed = methods.credential_type();
        methods.credentials().try_for_each(|id| check_type(id, needed, held))?;
    }
    client.request_credentials().try_for_each(|id| check_type(&id, CredentialType::PublicKey, held))
}

fn check_type(id: &CredentialId, needed: CredentialType, held: &[Credential]) -> Result<(), CredentialFault> {
    match held.iter().find(|credential| credential.id == *id) {
        None => Err(CredentialFault::Unknown(id.clone())),
        Some(credential) if credential.kind.credential_type() == needed => Ok(()),
        Some(_) => Err(CredentialFault::WrongType { id: id.clone(), needed }),
    }
}

/// Whether the client will always have something to prove itself with: a secret, or a key without an end.
pub(crate) fn proves_itself(client: &Client, held: &[Credential]) -> bool {
    let counts = |credential: &Credential| credential.expires_at.is_none();
    client.client_authentication_methods.as_ref().is_none_or(|methods| {
        held.iter().any(|credential| methods.enables(&credential.id) && counts(credential))
    })
}
