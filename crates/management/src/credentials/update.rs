//! Auth0: Update a client credential.

use grantd_model::{Credential, CredentialKind, Versioned};
use grantd_schema::Operation::UpdateCredential;
use grantd_store::Change;
use serde_json::Value;

use super::register::future;
use super::view::view;
use crate::clients::{self, proves_itself};
use crate::retry::while_stale;
use crate::{Caller, Context, CredentialFault, Error, Members, Request, authority};

/// Changes from when on a key no longer counts; null takes the expiry away.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateCredential)?;
    let body = request.payload(UpdateCredential)?;
    while_stale(|| attempt(context, caller, request, &body)).await
}

async fn attempt(
    context: &Context,
    caller: &Caller,
    request: &Request,
    body: &Members,
) -> Result<Members, Error> {
    let former = super::load(context, request).await?;
    let credential = expiring(context, &former.record, body)?;
    authority::check_secret(context, caller, &credential.client_id).await?;
    check_administrator(context, &credential).await?;
    let update = Versioned { record: credential.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateCredential(update)]).await?;
    Ok(view(&credential))
}

/// The administration client keeps a key without an end, if keys are what it has.
async fn check_administrator(context: &Context, changed: &Credential) -> Result<(), Error> {
    let client = clients::load(context, changed.client_id.as_str()).await?.record;
    let mut held = context.store.list_credentials(&client.client_id).await?;
    for credential in &mut held {
        if credential.id == changed.id {
            credential.clone_from(changed);
        }
    }
    let stays = proves_itself(&client, &held).then_some(&client);
    authority::check_administrator(context, &client.client_id, stays).await
}

fn expiring(context: &Context, former: &Credential, body: &Members) -> Result<Credential, CredentialFault> {
    if !matches!(former.kind, CredentialKind::PublicKey { .. }) {
        return Err(CredentialFault::ExpiryFixed);
    }
    let now = context.clock.now();
    let expires_at = body.get("expires_at").and_then(Value::as_str).map(future).transpose()?;
    let credential = Credential { expires_at, updated_at: now, ..former.clone() };
    if credential.is_expired(now) { Err(CredentialFault::Expired) } else { Ok(credential) }
}
