//! Auth0: Get an organization.

use grantd_model::Organization;
use grantd_schema::Operation::GetOrganization;

use crate::{Caller, Context, Error, Request};

/// One organization by its id.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Organization, Error> {
    caller.require(GetOrganization)?;
    request.query(GetOrganization)?;
    Ok(super::load(&*context.store, request.parameter("id")).await?.record)
}
