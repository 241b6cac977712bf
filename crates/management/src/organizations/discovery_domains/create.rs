//! Auth0: Create an organization discovery domain.

use grantd_model::{DiscoveryDomain, DiscoveryDomainId, alphanumeric};
use grantd_schema::Operation::CreateDiscoveryDomain;
use grantd_store::Change;

use crate::{Caller, Context, Error, Request};

/// Length of the token that would stand in the DNS, in characters.
const TOKEN: usize = 32;

/// Adds a domain to an organization.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<DiscoveryDomain, Error> {
    caller.require(CreateDiscoveryDomain)?;
    let body = request.payload(CreateDiscoveryDomain)?;
    let organization = super::organization(context, request).await?;
    let id = DiscoveryDomainId::generate(&*context.entropy);
    let token = alphanumeric(&*context.entropy, TOKEN);
    let domain = DiscoveryDomain::from_request(&id, &organization, &token, &body);
    context.store.commit(vec![Change::CreateDiscoveryDomain(domain.clone())]).await?;
    Ok(domain)
}
