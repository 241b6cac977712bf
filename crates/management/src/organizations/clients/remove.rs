//! Taking clients from an organization.

use grantd_model::ClientId;
use grantd_schema::Operation::RemoveOrganizationClients;
use grantd_store::Change;

use crate::request::texts;
use crate::{Caller, Context, Error, Request};

/// Takes clients from an organization, all at once; one that is not in it is no failure.
pub async fn remove(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(RemoveOrganizationClients)?;
    let body = request.payload(RemoveOrganizationClients)?;
    let organization = super::super::load(&*context.store, request.parameter("id")).await?.record.id;
    let named = texts(&body, "clients").unwrap_or_default().into_iter();
    let changes = named.map(|client| Change::RemoveClientFromOrganization {
        organization: organization.clone(),
        client: ClientId::from(client),
    });
    context.store.commit(changes.collect()).await?;
    Ok(())
}
