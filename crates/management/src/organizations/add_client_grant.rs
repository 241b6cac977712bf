//! Auth0: Associate a client grant with an organization.

use grantd_model::patch::{self, Members};
use grantd_schema::Operation::CreateOrganizationClientGrant;
use grantd_store::Change;

use crate::request::text;
use crate::{Caller, Context, Error, Request};

/// Adds a grant to an organization: its client may ask for tokens for the organization.
pub async fn add_client_grant(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Members, Error> {
    caller.require(CreateOrganizationClientGrant)?;
    let body = request.payload(CreateOrganizationClientGrant)?;
    let organization = super::load(&*context.store, request.parameter("id")).await?.record;
    let grant_id = text(&body, "grant_id").unwrap_or_default();
    let grant = crate::client_grants::load(&*context.store, grant_id).await?.record;
    grant.check_association()?;
    let change = Change::AddClientGrantToOrganization {
        organization: organization.id,
        client_grant: grant.id.clone(),
    };
    context.store.commit(vec![change]).await?;
    Ok(association(&patch::to_members(&grant)?))
}

/// The answer names the grant by `grant_id` and leaves `subject_type` out (recorded), unlike every other.
fn association(grant: &Members) -> Members {
    let renamed = |name: &String| if name == "id" { "grant_id".to_owned() } else { name.clone() };
    let shown = grant.iter().filter(|(name, _)| name.as_str() != "subject_type");
    shown.map(|(name, value)| (renamed(name), value.clone())).collect()
}
