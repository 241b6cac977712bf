//! Auth0: Get clients.

use grantd_model::{ClientFilter, Page};
use grantd_schema::Operation::ListClients;

use super::view::{Sight, certificate, view};
use crate::fields::select;
use crate::request::{flag, text};
use crate::{Caller, Context, Envelope, Error, Listing, Members, Request};

/// Clients in order of creation, the global client last.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Listing<Members>, Error> {
    caller.require(ListClients)?;
    let query = request.query(ListClients)?;
    let paging = Envelope::TotalsFirst.paging(&query)?;
    let page = match filter(&query)? {
        Some(filter) => context.store.list_clients(&filter, &paging).await?,
        None => Page::of_nothing(&paging),
    };
    let certificate = certificate(context).await?;
    let sight = Sight::of(context, caller).await?;
    let views = page
        .items
        .iter()
        .map(|client| Ok(select(view(context, client, &sight, certificate.as_deref())?, &query)));
    let items = views.collect::<Result<Vec<_>, Error>>()?;
    let page = Page { items, total: page.total, next: page.next };
    Ok(Listing::new("clients", Envelope::TotalsFirst, paging, page))
}

/// The query's filter; none when nothing can match: no client has an outside metadata document.
fn filter(query: &Members) -> Result<Option<ClientFilter>, Error> {
    if query.contains_key("external_client_id") {
        return Ok(None);
    }
    let types = text(query, "app_type").map(|list| list.split(',').map(str::to_owned).collect());
    let filter = ClientFilter {
        is_global: flag(query, "is_global"),
        is_first_party: flag(query, "is_first_party"),
        app_types: types,
        ..ClientFilter::default()
    };
    search(filter, text(query, "q").unwrap_or_default()).map(Some)
}

/// The documented subset of `q`: two terms, one or both joined by AND.
fn search(mut filter: ClientFilter, query: &str) -> Result<ClientFilter, Error> {
    for term in query.split(" AND ").map(str::trim).filter(|term| !term.is_empty()) {
        match term.split_once(':') {
            Some(("client_grant.organization_id", organization)) => {
                filter.grant_in_organization = Some(organization.trim_matches('"').into());
            }
            Some(("client_grant.allow_any_organization", "true")) => filter.grant_for_any_organization = true,
            _ => return Err(Error::UnsupportedSearch(query.to_owned())),
        }
    }
    Ok(filter)
}
