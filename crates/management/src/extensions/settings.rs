//! Our own settings of the deployment: how requested scopes are handled, who may grant what, how often the keys rotate, and
//! how many requests there may be.

use std::sync::LazyLock;

use grantd_model::{Extensions, FEWEST_ROTATION_DAYS, Tenant, Versioned, patch};
use grantd_schema::{Part, Schema};
use grantd_store::Change;
use serde_json::{Value, json};

use super::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Members, Request, authority};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::compile(&schema()));

/// The settings, as a request may change them.
pub(super) fn schema() -> Value {
    let limits = endpoint_limits();
    json!({
        "type": "object",
        "properties": {
            "scope_handling": {
                "type": "string",
                "enum": ["auth0", "rfc6749"],
                "description": "Whether requested scopes are only checked, or narrow the token.",
            },
            "allow_granting_unheld_scopes": {
                "type": "boolean",
                "description": "Whether Management API scopes can be granted by who does not hold them.",
            },
            "signing_key_rotation_days": {
                "type": ["integer", "null"],
                "minimum": FEWEST_ROTATION_DAYS,
                "maximum": 3650,
                "description": "After how many days the signing keys rotate by themselves; null for never.",
            },
            "rate_limits": {
                "type": ["object", "null"],
                "properties": {"token_endpoint": limits, "management_api": limits},
                "additionalProperties": false,
                "minProperties": 1,
                "description": "How many requests there may be; null for no limit.",
            },
        },
        "additionalProperties": false,
        "minProperties": 1,
    })
}

/// The limits of an endpoint, each with a burst and one of the two ways to say how fast it comes back.
fn endpoint_limits() -> Value {
    let number = json!({"type": "integer", "minimum": 1, "maximum": 1_000_000});
    let limit = json!({
        "type": "object",
        "properties": {"burst": number, "per_second": number, "per_minute": number},
        "additionalProperties": false,
        "required": ["burst"],
        "minProperties": 2,
        "maxProperties": 2,
        "description": "A limit has a burst, and either per_second or per_minute.",
    });
    json!({
        "type": "object",
        "properties": {"global": limit, "per_client": limit},
        "additionalProperties": false,
        "minProperties": 1,
    })
}

/// Reads the settings.
pub async fn get_settings(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Extensions, Error> {
    caller.require_any(&["read:tenant_settings"])?;
    query::check_none(&request.query)?;
    Ok(context.store.tenant().await?.record.extensions)
}

/// Changes settings; the answer shows all of them.
pub async fn update_settings(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Extensions, Error> {
    caller.require_any(&["update:tenant_settings"])?;
    query::check_none(&request.query)?;
    let body = request.json()?;
    SCHEMA.check(Part::Payload, &body)?;
    let members = body.as_object().cloned().unwrap_or_default();
    if members.get("allow_granting_unheld_scopes").is_some_and(|allows| allows == true) {
        authority::check_all(context, caller).await?;
    }
    while_stale(|| attempt(context, &members)).await
}

async fn attempt(context: &Context, body: &Members) -> Result<Extensions, Error> {
    let former = context.store.tenant().await?;
    let extensions: Extensions = patch::apply(&former.record.extensions, body.clone())?;
    let tenant = Tenant { extensions: extensions.clone(), ..former.record };
    let update = Versioned { record: tenant, revision: former.revision };
    context.store.commit(vec![Change::UpdateTenant(update)]).await?;
    Ok(extensions)
}
