//! The secrets of a client, of which several may be live at once: `/grantd/v1/clients/{client_id}/secrets`.
//!
//! Auth0's API shows and replaces the current one only, and a replaced secret is refused at once. Here another is
//! added first, and the former one removed when nobody uses it any more.

mod create;
mod delete;
mod list;
mod terms;
mod update;
mod view;

pub use create::create_client_secret;
pub use delete::delete_client_secret;
pub use list::list_client_secrets;
pub use update::update_client_secret;

use grantd_model::{Client, ClientSecretId, Versioned};
use grantd_store::Change;

use crate::{Context, Error, Inexistent, Request, authority, clients};

/// Whoever may read secrets may know that they are there.
const READ: &[&str] = &["read:client_keys"];
const CHANGE: &[&str] = &["update:client_keys"];

/// The secret that the path names; an identifier of another shape names none.
fn named(request: &Request) -> Result<ClientSecretId, Error> {
    ClientSecretId::parse(request.parameter("secret_id")).ok_or(Error::NotFound(Inexistent::ClientSecret))
}

/// Commits a client whose secrets have changed, unless it is the administration client and would be locked out.
async fn commit(context: &Context, client: &Versioned<Client>) -> Result<(), Error> {
    authority::check_administrator(context, &client.record.client_id, Some(&client.record)).await?;
    clients::commit(context, vec![Change::UpdateClient(client.clone())]).await
}
