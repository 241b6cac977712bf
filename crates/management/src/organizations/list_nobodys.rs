//! Auth0: Get members who belong to an organization; get connections of an organization.
//!
//! Nobody signs in here, so there is nothing in these lists; tools read them with every organization.

use grantd_model::Page;
use grantd_schema::Operation::{self, ListOrganizationConnections, ListOrganizationMembers};
use serde_json::Value;

use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// The members of an organization: none.
pub async fn list_members(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<Value>, Error> {
    empty(context, caller, request, ListOrganizationMembers, ("members", Envelope::ItemsFirst)).await
}

/// The connections of an organization: none.
pub async fn list_connections(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<Value>, Error> {
    let shown = ("connections", Envelope::ItemsFirstWithoutCheckpoints);
    empty(context, caller, request, ListOrganizationConnections, shown).await
}

async fn empty(
    context: &Context,
    caller: &Caller,
    request: &Request,
    operation: Operation,
    (key, envelope): (&'static str, Envelope),
) -> Result<Listing<Value>, Error> {
    caller.require(operation)?;
    let query = request.query(operation)?;
    super::load(&*context.store, request.parameter("id")).await?;
    let paging = envelope.paging(&query)?;
    let nothing = Page::of_nothing(&paging);
    Ok(Listing::new(key, envelope, paging, nothing))
}
