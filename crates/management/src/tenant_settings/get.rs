//! Auth0: Get tenant settings.

use grantd_model::patch;
use grantd_schema::Operation::GetTenantSettings;
use serde_json::json;

use crate::fields::select;
use crate::{Caller, Context, Error, Members, Request};

/// What is set; what never was is absent.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetTenantSettings)?;
    let query = request.query(GetTenantSettings)?;
    let mut settings = patch::to_members(&context.store.tenant().await?.record.settings)?;
    settings.insert("sandbox_versions_available".into(), json!(["22", "18"]));
    Ok(select(settings, &query))
}
