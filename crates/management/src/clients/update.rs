//! Auth0: Update a client.

use grantd_model::{Client, Versioned};
use grantd_schema::Operation::UpdateClient;
use grantd_store::Change;
use serde_json::{Value, json};

use super::authentication;
use super::view::{Sight, certificate, view};
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request};

const METADATA: &str = "client_metadata";

/// Changes a client. Which scope is needed depends on what changes.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateClient)?;
    let body = request.payload(UpdateClient)?;
    for member in body.keys() {
        caller.require_any(scope_for(member))?;
    }
    while_stale(|| attempt(context, caller, request.parameter("id"), &body)).await
}

fn scope_for(member: &str) -> &'static [&'static str] {
    match member {
        "client_secret" => &["update:client_keys"],
        "client_authentication_methods" => &["update:client_credentials", "update:clients"],
        _ => &["update:clients"],
    }
}

async fn attempt(context: &Context, caller: &Caller, id: &str, body: &Members) -> Result<Members, Error> {
    let former = super::load(context, id).await?;
    let mut client = former.record.updated(body.clone())?;
    if let Some(value) = body.get("client_secret").and_then(Value::as_str) {
        client.replace_secret(super::new_secret(context, value.into()));
    }
    former.record.check_update(&client)?;
    check_merged(&client)?;
    authentication::check(context, caller, &client, body).await?;
    let update = Versioned { record: client.clone(), revision: former.revision };
    super::commit(context, vec![Change::UpdateClient(update)]).await?;
    let sight = Sight::of_changed(context, caller).await?;
    view(context, &client, &sight, certificate(context).await?.as_deref())
}

/// Metadata is merged, so that each change may be small enough and their sum too large.
fn check_merged(client: &Client) -> Result<(), Error> {
    match client.properties.get(METADATA) {
        Some(metadata) => Ok(UpdateClient.check_payload(&json!({ METADATA: metadata }))?),
        None => Ok(()),
    }
}
