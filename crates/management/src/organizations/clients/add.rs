//! Adding clients to an organization.

use grantd_model::{OrganizationClient, OrganizationId};
use grantd_schema::Operation::AddOrganizationClients;
use grantd_store::{Change, Noun, StoreError};
use serde::Deserialize;

use super::view::view;
use crate::{Caller, Context, Error, Inexistent, Members, Request};

#[derive(Deserialize)]
struct Added {
    client_id: String,
    use_for_member_access: bool,
}

/// Adds clients to an organization: all of them, or none.
pub async fn add(context: &Context, caller: &Caller, request: &Request) -> Result<Vec<Members>, Error> {
    caller.require(AddOrganizationClients)?;
    let body = request.payload(AddOrganizationClients)?;
    let organization = super::super::load(&*context.store, request.parameter("id")).await?.record.id;
    let added = named(&organization, body)?;
    let changes = added.iter().cloned().map(Change::AddClientToOrganization).collect();
    context.store.commit(changes).await.map_err(|error| match error {
        StoreError::Missing(Noun::Client) => Error::NotFound(Inexistent::ClientInBody),
        other => other.into(),
    })?;
    let mut shown = Vec::new();
    for added in &added {
        shown.push(view(context, added).await?);
    }
    Ok(shown)
}

fn named(organization: &OrganizationId, mut body: Members) -> Result<Vec<OrganizationClient>, Error> {
    let named = body.shift_remove("clients").unwrap_or_default();
    let named = serde_json::from_value::<Vec<Added>>(named)?.into_iter();
    let added = named.map(|added| OrganizationClient {
        organization: organization.clone(),
        client: added.client_id.into(),
        use_for_member_access: added.use_for_member_access,
    });
    Ok(added.collect())
}
