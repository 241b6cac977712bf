//! Auth0: Delete an organization discovery domain.

use grantd_schema::Operation::DeleteDiscoveryDomain;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Request};

/// Takes a domain from an organization; one that is not there is no failure.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteDiscoveryDomain)?;
    request.query(DeleteDiscoveryDomain)?;
    let organization = super::organization(context, request).await?;
    let id = request.parameter("discovery_domain_id").into();
    let change = Change::DeleteDiscoveryDomain { organization, id };
    context.store.commit(vec![change]).await.map(drop).or_else(gone)
}
