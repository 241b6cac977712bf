//! Auth0: Get resource servers.

use grantd_model::{Audience, ResourceServerFilter};
use grantd_schema::Operation::ListResourceServers;

use super::view::view;
use crate::fields::select;
use crate::request::texts;
use crate::{Caller, Context, Envelope, Error, Listing, Members, Request};

/// APIs in order of creation, the Management API first.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Listing<Members>, Error> {
    caller.require(ListResourceServers)?;
    let query = request.query(ListResourceServers)?;
    let identifiers = texts(&query, "identifiers");
    let filter = ResourceServerFilter {
        identifiers: identifiers.map(|list| list.into_iter().map(Audience::from).collect()),
    };
    let envelope = Envelope::TotalsFirstWithoutCheckpoints;
    let paging = envelope.paging(&query)?;
    let page = context.store.list_resource_servers(&filter, &paging).await?;
    let mut views = Vec::with_capacity(page.items.len());
    for api in &page.items {
        views.push(select(view(&*context.store, api).await?, &query));
    }
    let page = grantd_model::Page { items: views, total: page.total, next: page.next };
    Ok(Listing::new("resource_servers", envelope, paging, page))
}
