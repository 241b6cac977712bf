//! Auth0: Get all discovery domains of an organization.

use grantd_model::{DiscoveryDomain, Paging};
use grantd_schema::Operation::ListDiscoveryDomains;

use crate::{Caller, Context, Envelope, Error, Listing, Members, Request};

/// The domains of an organization. They have no pages by number, so the answer is an object whatever is asked for.
pub async fn list(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<DiscoveryDomain>, Error> {
    caller.require(ListDiscoveryDomains)?;
    let query = request.query(ListDiscoveryDomains)?;
    let organization = super::organization(context, request).await?;
    let paging = paging(query.clone())?;
    let page = context.store.list_discovery_domains(&organization, &paging).await?;
    Ok(Listing::new("domains", Envelope::ItemsFirst, paging, page))
}

fn paging(mut query: Members) -> Result<Paging, Error> {
    query.entry("from").or_insert_with(|| "".into());
    Envelope::ItemsFirst.paging(&query)
}
