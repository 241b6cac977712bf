//! Auth0: Update an organization discovery domain.

use grantd_model::{DiscoveryDomain, Versioned};
use grantd_schema::Operation::UpdateDiscoveryDomain;
use grantd_store::Change;

use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request};

/// Changes a domain.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<DiscoveryDomain, Error> {
    caller.require(UpdateDiscoveryDomain)?;
    let body = request.payload(UpdateDiscoveryDomain)?;
    while_stale(|| attempt(context, request, &body)).await
}

async fn attempt(context: &Context, request: &Request, body: &Members) -> Result<DiscoveryDomain, Error> {
    let former = super::load(context, request).await?;
    let domain = former.record.updated(body.clone());
    let update = Versioned { record: domain.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateDiscoveryDomain(update)]).await?;
    Ok(domain)
}
