//! Auth0: Get organizations.

use grantd_model::patch::{self, Members};
use grantd_model::{ClientId, Direction, Organization, OrganizationFilter, OrganizationOrder, Page};
use grantd_schema::Operation::ListOrganizations;

use super::clients::association;
use crate::request::text;
use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// Organizations, by creation unless `sort` says otherwise.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Listing<Members>, Error> {
    caller.require(ListOrganizations)?;
    let query = request.query(ListOrganizations)?;
    let paging = Envelope::ItemsFirst.paging(&query)?;
    let filter = OrganizationFilter { client_grant: None, sort: text(&query, "sort").and_then(parse_sort) };
    let found = context.store.list_organizations(&filter, &paging).await?;
    let client = text(&query, "include_client_association_for").map(ClientId::from);
    let mut items = Vec::new();
    for organization in &found.items {
        items.push(shown(context, organization, client.as_ref()).await?);
    }
    let page = Page { items, total: found.total, next: found.next };
    Ok(Listing::new("organizations", Envelope::ItemsFirst, paging, page))
}

/// The organization, and what it says of the client that was asked for, where it is in it.
async fn shown(
    context: &Context,
    organization: &Organization,
    client: Option<&ClientId>,
) -> Result<Members, Error> {
    let mut members = patch::to_members(organization)?;
    if let Some(client) = client
        && let Some(added) = context.store.get_organization_client(&organization.id, client).await?
    {
        members.insert("client".into(), association(&added).into());
    }
    Ok(members)
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
