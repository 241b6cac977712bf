//! Listing the clients of an organization.

use grantd_model::Page;
use grantd_schema::Operation::ListOrganizationClients;

use super::view::view;
use crate::{Caller, Context, Envelope, Error, Listing, Members, Request};

/// The clients of an organization, in the order in which they were added.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Listing<Members>, Error> {
    caller.require(ListOrganizationClients)?;
    let query = request.query(ListOrganizationClients)?;
    let organization = super::super::load(&*context.store, request.parameter("id")).await?.record.id;
    let paging = Envelope::ItemsFirst.paging(&query)?;
    let found = context.store.list_organization_clients(&organization, &paging).await?;
    let mut items = Vec::new();
    for added in &found.items {
        items.push(view(context, added).await?);
    }
    let page = Page { items, total: found.total, next: found.next };
    Ok(Listing::new("clients", Envelope::ItemsFirst, paging, page))
}
