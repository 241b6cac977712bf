//! The domains of an organization (Auth0: Organization discovery domains): kept and shown.

mod create;
mod delete;
mod get;
mod list;
mod update;

pub use create::create;
pub use delete::delete;
pub use get::{get, get_by_name};
pub use list::list;
pub use update::update;

use grantd_model::{DiscoveryDomain, OrganizationId, Versioned};

use crate::{Context, Error, Inexistent, Request};

/// The organization that the path names.
async fn organization(context: &Context, request: &Request) -> Result<OrganizationId, Error> {
    Ok(super::load(&*context.store, request.parameter("id")).await?.record.id)
}

/// The domain that the path names by its id.
async fn load(context: &Context, request: &Request) -> Result<Versioned<DiscoveryDomain>, Error> {
    let organization = organization(context, request).await?;
    let id = request.parameter("discovery_domain_id").into();
    let domain = context.store.get_discovery_domain(&organization, &id).await?;
    domain.ok_or(Error::NotFound(Inexistent::DiscoveryDomain))
}
