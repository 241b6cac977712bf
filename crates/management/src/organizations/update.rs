//! Auth0: Modify an organization.

use grantd_model::{Organization, Versioned};
use grantd_schema::Operation::UpdateOrganization;
use grantd_store::Change;

use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request};

/// Changes an organization.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Organization, Error> {
    caller.require(UpdateOrganization)?;
    let body = request.payload(UpdateOrganization)?;
    while_stale(|| attempt(context, request.parameter("id"), &body)).await
}

async fn attempt(context: &Context, id: &str, body: &Members) -> Result<Organization, Error> {
    let former = super::load(&*context.store, id).await?;
    let organization = former.record.updated(body.clone())?;
    let update = Versioned { record: organization.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateOrganization(update)]).await?;
    Ok(organization)
}
