//! Auth0: Create an organization.

use grantd_model::patch::Members;
use grantd_model::{Organization, OrganizationId};
use grantd_schema::Operation::CreateOrganization;
use grantd_store::Change;
use serde_json::Value;

use crate::{Caller, Context, Error, Request};

/// Adds an organization.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Organization, Error> {
    caller.require(CreateOrganization)?;
    let mut body = request.payload(CreateOrganization)?;
    take_connections(caller, &mut body)?;
    let organization = Organization::from_request(&OrganizationId::generate(&*context.entropy), body)?;
    context.store.commit(vec![Change::CreateOrganization(organization.clone())]).await?;
    Ok(organization)
}

/// Connections belong to user login, which this server does not have: none can be named.
fn take_connections(caller: &Caller, body: &mut Members) -> Result<(), Error> {
    let Some(connections) = body.shift_remove("enabled_connections") else { return Ok(()) };
    caller.require_any(&["create:organization_connections"])?;
    match connections {
        Value::Array(named) if !named.is_empty() => Err(Error::ConnectionsUnsupported),
        _ => Ok(()),
    }
}
