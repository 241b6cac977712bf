//! The clients of an organization, as Auth0's SDKs know them; its published contract does not have them.

mod add;
mod get;
mod list;
mod remove;
mod update;
mod view;

pub use add::add;
pub use get::get;
pub use list::list;
pub use remove::remove;
pub use update::update;

pub(super) use view::association;

use grantd_model::OrganizationClient;

use crate::{Context, Error, Inexistent, Request};

/// What the path names: the organization must be there, and the client in it.
async fn load(context: &Context, request: &Request) -> Result<OrganizationClient, Error> {
    let organization = super::load(&*context.store, request.parameter("id")).await?.record;
    let client = request.parameter("client_id").into();
    let found = context.store.get_organization_client(&organization.id, &client).await?;
    found.ok_or(Error::NotFound(Inexistent::OrganizationClient))
}
