//! Auth0: Remove a client grant from an organization.

use grantd_schema::Operation::DeleteOrganizationClientGrant;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Inexistent, Request};

/// Takes a grant from an organization; one that is not in it is no failure.
pub async fn remove_client_grant(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteOrganizationClientGrant)?;
    request.query(DeleteOrganizationClientGrant)?;
    let organization = super::load(&*context.store, request.parameter("id")).await;
    let organization = organization.map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound(Inexistent::OrganizationOfGrant),
        other => other,
    })?;
    let change = Change::RemoveClientGrantFromOrganization {
        organization: organization.record.id,
        client_grant: request.parameter("grant_id").into(),
    };
    context.store.commit(vec![change]).await.map(drop).or_else(gone)
}
