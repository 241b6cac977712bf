//! Auth0: Update a log stream.

use grantd_model::Versioned;
use grantd_schema::Operation::{GetLogStream, UpdateLogStream};
use grantd_store::Change;

use super::view::{view, view_without_secrets};
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request};

/// Changes a stream; its place in the log stays.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateLogStream)?;
    let body = request.payload(UpdateLogStream)?;
    while_stale(|| attempt(context, caller, request.parameter("id"), &body)).await
}

async fn attempt(context: &Context, caller: &Caller, id: &str, body: &Members) -> Result<Members, Error> {
    let former = super::load(context, id).await?;
    let stream = former.record.updated(body.clone())?;
    super::check(context, &stream.settings.sink)?;
    let update = Versioned { record: stream.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateLogStream(update)]).await?;
    // What authenticates deliveries is shown to who may read it, and to who has just said it.
    let is_former = stream.settings.sink == former.record.settings.sink;
    if is_former && !caller.holds_any(GetLogStream.scopes()) {
        return view_without_secrets(&stream);
    }
    view(&stream)
}
