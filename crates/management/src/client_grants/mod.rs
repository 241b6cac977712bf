//! Client grants (Auth0: Client grants).

mod create;
mod delete;
mod get;
mod list;
mod list_organizations;
mod update;

pub use create::create;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use list_organizations::list_organizations;
pub use update::update;

use grantd_model::{ClientGrant, ClientGrantId, Versioned};
use grantd_store::Store;

use crate::{Error, Inexistent};

pub(crate) async fn load(store: &dyn Store, id: &str) -> Result<Versioned<ClientGrant>, Error> {
    let grant = store.get_client_grant(&ClientGrantId::from(id)).await?;
    grant.ok_or(Error::NotFound(Inexistent::ClientGrant))
}
