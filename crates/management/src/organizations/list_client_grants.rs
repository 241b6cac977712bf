//! Auth0: Get client grants associated to an organization.

use grantd_model::{ClientGrant, ClientGrantFilter};
use grantd_schema::Operation::ListOrganizationClientGrants;

use crate::request::{text, texts};
use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// The grants that were added to an organization.
pub async fn list_client_grants(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<ClientGrant>, Error> {
    caller.require(ListOrganizationClientGrants)?;
    let query = request.query(ListOrganizationClientGrants)?;
    let organization = super::load(&*context.store, request.parameter("id")).await?.record;
    let ids = texts(&query, "grant_ids");
    let filter = ClientGrantFilter {
        audience: text(&query, "audience").map(Into::into),
        client_id: text(&query, "client_id").map(Into::into),
        organization: Some(organization.id),
        ids: ids.map(|ids| ids.into_iter().map(Into::into).collect()),
        ..ClientGrantFilter::default()
    };
    let envelope = Envelope::ItemsFirstWithoutCheckpoints;
    let paging = envelope.paging(&query)?;
    let page = context.store.list_client_grants(&filter, &paging).await?;
    Ok(Listing::new("client_grants", envelope, paging, page))
}
