//! Reading one client of an organization.

use grantd_schema::Operation::GetOrganizationClient;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// One client of an organization.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetOrganizationClient)?;
    request.query(GetOrganizationClient)?;
    view(context, &super::load(context, request).await?).await
}
