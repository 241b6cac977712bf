//! Auth0: Get an organization by name.

use grantd_model::Organization;
use grantd_schema::Operation::GetOrganizationByName;

use crate::{Caller, Context, Error, Inexistent, Request};

/// One organization by its name.
pub async fn get_by_name(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Organization, Error> {
    caller.require(GetOrganizationByName)?;
    request.query(GetOrganizationByName)?;
    let organization = context.store.find_organization(request.parameter("name")).await?;
    Ok(organization.ok_or(Error::NotFound(Inexistent::Organization))?.record)
}
