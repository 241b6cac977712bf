//! `PATCH /grantd/v1/clients/{client_id}/federated_identities/{id}`

use grantd_model::Versioned;
use grantd_schema::Part;
use grantd_store::Change;

use super::schemas::UPDATE;
use super::view::view;
use crate::extensions::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request, authority};

/// Changes what is believed; `claims` and `jwks` are replaced whole. Takes as much authority as to create it.
pub async fn update_federated_identity(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Members, Error> {
    caller.require_any(&["update:client_credentials"])?;
    query::check_none(&request.query)?;
    let body = request.json()?;
    UPDATE.check(Part::Payload, &body)?;
    let members = body.as_object().cloned().unwrap_or_default();
    let client = super::client(context, request).await?;
    authority::check_secret(context, caller, &client).await?;
    while_stale(|| attempt(context, request, &members)).await
}

async fn attempt(context: &Context, request: &Request, body: &Members) -> Result<Members, Error> {
    let former = super::load(context, request).await?;
    let identity = former.record.updated(body.clone(), context.clock.now())?;
    super::check(context, &identity.trust)?;
    let update = Versioned { record: identity.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateFederatedIdentity(update)]).await?;
    view(&identity)
}
