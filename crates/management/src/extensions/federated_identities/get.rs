//! `GET /grantd/v1/clients/{client_id}/federated_identities/{id}`

use super::view::view;
use crate::extensions::query;
use crate::{Caller, Context, Error, Members, Request};

/// One federated identity of a client.
pub async fn get_federated_identity(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Members, Error> {
    caller.require_any(&["read:client_credentials"])?;
    query::check_none(&request.query)?;
    view(&super::load(context, request).await?.record)
}
