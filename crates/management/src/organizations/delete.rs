//! Auth0: Delete an organization.

use grantd_model::OrganizationId;
use grantd_schema::Operation::DeleteOrganization;
use grantd_store::{Change, Noun, StoreError};

use crate::{Caller, Context, Error, Inexistent, Request};

/// Removes an organization; grants in it stay, without it.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteOrganization)?;
    request.query(DeleteOrganization)?;
    let id = OrganizationId::from(request.parameter("id"));
    match context.store.commit(vec![Change::DeleteOrganization(id)]).await {
        Ok(_) => Ok(()),
        Err(StoreError::Missing(Noun::Organization)) => {
            Err(Error::NotFound(Inexistent::OrganizationToDelete))
        }
        Err(error) => Err(error.into()),
    }
}
