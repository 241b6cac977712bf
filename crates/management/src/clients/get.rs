//! Auth0: Get a client.

use grantd_schema::Operation::GetClient;

use super::view::{Sight, certificate, view};
use crate::fields::select;
use crate::{Caller, Context, Error, Members, Request};

/// One client by its id, as far as the caller's scopes go.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetClient)?;
    let query = request.query(GetClient)?;
    let client = super::load(context, request.parameter("id")).await?.record;
    let certificate = certificate(context).await?;
    let sight = Sight::of(context, caller).await?;
    Ok(select(view(context, &client, &sight, certificate.as_deref())?, &query))
}
