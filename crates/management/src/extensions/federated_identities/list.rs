//! `GET /grantd/v1/clients/{client_id}/federated_identities`

use serde::Serialize;

use super::view::view;
use crate::extensions::query;
use crate::{Caller, Context, Error, Members, Request};

/// All of a client's, in order of creation. There are at most 20, so there are no pages.
#[derive(Debug, Serialize)]
pub struct FederatedIdentities {
    federated_identities: Vec<Members>,
}

/// The federated identities of a client.
pub async fn list_federated_identities(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<FederatedIdentities, Error> {
    caller.require_any(&["read:client_credentials"])?;
    query::check_none(&request.query)?;
    let client = super::client(context, request).await?;
    let identities = context.store.list_federated_identities(&client).await?;
    let federated_identities = identities.iter().map(view).collect::<Result<_, _>>()?;
    Ok(FederatedIdentities { federated_identities })
}
