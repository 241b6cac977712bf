//! Auth0: Get an organization discovery domain, by id or by name.

use grantd_model::DiscoveryDomain;
use grantd_schema::Operation::{GetDiscoveryDomain, GetDiscoveryDomainByName};

use crate::{Caller, Context, Error, Inexistent, Request};

/// One domain by its id.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<DiscoveryDomain, Error> {
    caller.require(GetDiscoveryDomain)?;
    request.query(GetDiscoveryDomain)?;
    Ok(super::load(context, request).await?.record)
}

/// One domain by its name, in any case.
pub async fn get_by_name(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<DiscoveryDomain, Error> {
    caller.require(GetDiscoveryDomainByName)?;
    request.query(GetDiscoveryDomainByName)?;
    let organization = super::organization(context, request).await?;
    let name = request.parameter("discovery_domain").to_ascii_lowercase();
    let domain = context.store.find_discovery_domain(&organization, &name).await?;
    Ok(domain.ok_or(Error::NotFound(Inexistent::DiscoveryDomain))?.record)
}
