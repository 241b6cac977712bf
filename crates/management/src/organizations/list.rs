//! Auth0: Get organizations.

use grantd_model::{Direction, Organization, OrganizationFilter, OrganizationOrder};
use grantd_schema::Operation::ListOrganizations;

use crate::request::text;
use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// Organizations, by creation unless `sort` says otherwise.
pub async fn list(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<Organization>, Error> {
    caller.require(ListOrganizations)?;
    let query = request.query(ListOrganizations)?;
    let paging = Envelope::ItemsFirst.paging(&query)?;
    let filter = OrganizationFilter { client_grant: None, sort: text(&query, "sort").and_then(parse_sort) };
    let page = context.store.list_organizations(&filter, &paging).await?;
    Ok(Listing::new("organizations", Envelope::ItemsFirst, &query, paging, page))
}

fn parse_sort(text: &str) -> Option<(OrganizationOrder, Direction)> {
    let (field, direction) = text.split_once(':')?;
    let order = match field {
        "name" => OrganizationOrder::Name,
        "display_name" => OrganizationOrder::DisplayName,
        _ => OrganizationOrder::CreatedAt,
    };
    Some((order, if direction == "-1" { Direction::Descending } else { Direction::Ascending }))
}
