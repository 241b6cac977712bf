//! Auth0: Rotate a client secret.

use grantd_model::{ClientFault, Versioned};
use grantd_schema::Operation::RotateClientSecret;
use grantd_store::Change;

use super::view::{Sight, certificate, view};
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request, authority};

/// Gives a client a new secret in the place of the current one, which is refused from then on. Further ones stay.
pub async fn rotate_secret(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(RotateClientSecret)?;
    request.query(RotateClientSecret)?;
    authority::check_secret(context, caller, &request.parameter("id").into()).await?;
    while_stale(|| attempt(context, request.parameter("id"))).await
}

async fn attempt(context: &Context, id: &str) -> Result<Members, Error> {
    let former = super::load(context, id).await?;
    if former.record.client_authentication_methods.is_some() {
        return Err(ClientFault::NoSecret.into());
    }
    let mut client = former.record;
    client.replace_secret(super::generate_secret(context));
    let update = Versioned { record: client.clone(), revision: former.revision };
    super::commit(context, vec![Change::UpdateClient(update)]).await?;
    view(context, &client, &Sight::of_new_secret(), certificate(context).await?.as_deref())
}
