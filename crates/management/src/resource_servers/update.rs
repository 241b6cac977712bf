//! Auth0: Update a resource server.

use grantd_model::Versioned;
use grantd_schema::Operation::{GetResourceServer, UpdateResourceServer};
use grantd_store::Change;

use super::create::with_secret;
use super::view::view;
use crate::retry::while_stale;
use crate::signing_keys::commit_with_keys;
use crate::{Caller, Context, Error, Members, Request};

/// Changes an API; of a system API only how its tokens live and look.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateResourceServer)?;
    let body = request.payload(UpdateResourceServer)?;
    while_stale(|| attempt(context, caller, request.parameter("id"), &body)).await
}

async fn attempt(context: &Context, caller: &Caller, name: &str, body: &Members) -> Result<Members, Error> {
    let former = super::load(&*context.store, name).await?;
    former.record.check_system(body)?;
    let api = with_secret(context, super::checked(former.record.updated(body.clone())?)?);
    api.check_readable()?;
    let update = Versioned { record: api.clone(), revision: former.revision };
    commit_with_keys(context, api.signing_alg, Change::UpdateResourceServer(update)).await?;
    let mut members = view(&*context.store, &api).await?;
    // The secret is shown to who may read it, and to who has just had it changed.
    let is_former = api.signing_secret == former.record.signing_secret;
    if is_former && !caller.holds_any(GetResourceServer.scopes()) {
        members.shift_remove("signing_secret");
    }
    Ok(members)
}
