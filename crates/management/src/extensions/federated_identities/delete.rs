//! `DELETE /grantd/v1/clients/{client_id}/federated_identities/{id}`

use grantd_store::Change;

use crate::error::gone;
use crate::extensions::query;
use crate::{Caller, Context, Error, Request};

/// Takes an identity from its client; its tokens prove nothing from then on. One that is not there is no failure.
pub async fn delete_federated_identity(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<(), Error> {
    caller.require_any(&["delete:client_credentials"])?;
    query::check_none(&request.query)?;
    let client = super::client(context, request).await?;
    let id = request.parameter("id").into();
    let change = Change::DeleteFederatedIdentity { client, id };
    context.store.commit(vec![change]).await.map(drop).or_else(gone)
}
