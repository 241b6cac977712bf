//! Organizations, and the client grants in them (Auth0: Organizations).

pub mod clients;
pub mod discovery_domains;

mod add_client_grant;
mod create;
mod delete;
mod get;
mod get_by_name;
mod list;
mod list_client_grants;
mod list_nobodys;
mod remove_client_grant;
mod update;

pub use add_client_grant::add_client_grant;
pub use create::create;
pub use delete::delete;
pub use get::get;
pub use get_by_name::get_by_name;
pub use list::list;
pub use list_client_grants::list_client_grants;
pub use list_nobodys::{list_connections, list_members};
pub use remove_client_grant::remove_client_grant;
pub use update::update;

use grantd_model::{Organization, OrganizationId, Versioned};
use grantd_store::Store;

use crate::{Error, Inexistent};

async fn load(store: &dyn Store, id: &str) -> Result<Versioned<Organization>, Error> {
    let organization = store.get_organization(&OrganizationId::from(id)).await?;
    organization.ok_or(Error::NotFound(Inexistent::Organization))
}
