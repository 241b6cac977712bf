//! Auth0: Get a client.

use grantd_schema::Operation::GetClient;

use super::view::{Sight, certificate, view};
use crate::fields::select;
use crate::request::flag;
use crate::{Caller, Context, Error, Members, Request};

const SIGNING_KEYS: &str = "signing_keys";

/// One client by its id, as far as the caller's scopes go.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetClient)?;
    let query = request.query(GetClient)?;
    let client = super::load(context, request.parameter("id")).await?.record;
    let certificate = certificate(context).await?;
    let sight = Sight::of(context, caller).await?;
    let shown = view(context, &client, &sight, certificate.as_deref())?;
    let keys = shown.get(SIGNING_KEYS).cloned();
    let mut selected = select(shown, &query);
    // Every recorded answer shows them, also where other fields are named.
    if let Some(keys) = keys.filter(|_| flag(&query, "include_fields") != Some(false)) {
        selected.entry(SIGNING_KEYS).or_insert(keys);
    }
    Ok(selected)
}
