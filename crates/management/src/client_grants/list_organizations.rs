//! Auth0: Get the organizations associated to a client grant.

use grantd_model::{Organization, OrganizationFilter};
use grantd_schema::Operation::ListClientGrantOrganizations;

use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// The organizations that a grant was added to; those that it covers by `allow_any_organization` are not listed.
pub async fn list_organizations(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<Organization>, Error> {
    caller.require(ListClientGrantOrganizations)?;
    let query = request.query(ListClientGrantOrganizations)?;
    let paging = Envelope::ItemsFirst.paging(&query)?;
    let grant = super::load(&*context.store, request.parameter("id")).await?.record;
    let filter = OrganizationFilter { client_grant: Some(grant.id), sort: None };
    let page = context.store.list_organizations(&filter, &paging).await?;
    Ok(Listing::new("organizations", Envelope::ItemsFirst, paging, page))
}
