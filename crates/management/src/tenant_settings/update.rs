//! Auth0: Update tenant settings.

use grantd_model::{Tenant, Versioned, patch};
use grantd_schema::Operation::UpdateTenantSettings;
use grantd_store::Change;
use serde_json::Value;

use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request};

/// Flags that Auth0 shows in the answer to an update and nowhere else (recorded).
const SHOWN_ON_UPDATE: [&str; 2] = [
    "cannot_change_enforce_client_authentication_on_passwordless_start",
    "enforce_client_authentication_on_passwordless_start",
];

/// Changes settings; the answer shows all of them.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateTenantSettings)?;
    let body = request.payload(UpdateTenantSettings)?;
    while_stale(|| attempt(context, &body)).await
}

async fn attempt(context: &Context, body: &Members) -> Result<Members, Error> {
    let former = context.store.tenant().await?;
    let settings = former.record.settings.updated(body.clone())?;
    let mut shown = patch::to_members(&settings)?;
    let tenant = Tenant { settings, extensions: former.record.extensions };
    let update = Versioned { record: tenant, revision: former.revision };
    context.store.commit(vec![Change::UpdateTenant(update)]).await?;
    if let Some(Value::Object(flags)) = shown.get_mut("flags") {
        for name in SHOWN_ON_UPDATE {
            flags.entry(name).or_insert(Value::Bool(true));
        }
    }
    Ok(shown)
}
