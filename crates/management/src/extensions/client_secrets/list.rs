//! Lists the secrets of a client.

use std::sync::LazyLock;
use std::time::Duration;

use grantd_model::ClientSecret;
use grantd_schema::Schema;
use serde::Serialize;
use serde_json::{Value, json};

use super::READ;
use super::view::{ClientSecretView, Views};
use crate::extensions::query;
use crate::{Caller, Context, Error, Request, clients};

/// Uses are kept to the minute, and those of other nodes come some seconds later: less would say nothing.
static PARAMETERS: LazyLock<Schema> = LazyLock::new(|| {
    Schema::compile(&json!({
        "type": "object",
        "properties": {
            "unused_for": {
                "type": "integer",
                "minimum": 120,
                "maximum": 315_360_000,
                "description": "After how many seconds without use a secret is safe to remove.",
            },
        },
        "additionalProperties": false,
    }))
});

/// The secrets of a client.
#[derive(Serialize)]
pub struct ClientSecrets {
    secrets: Vec<ClientSecretView>,
}

/// All secrets of a client, oldest first, without their values.
pub async fn list_client_secrets(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<ClientSecrets, Error> {
    caller.require_any(READ)?;
    let parameters = query::parameters(&request.query, &PARAMETERS)?;
    let unused_for = parameters.get("unused_for").and_then(Value::as_u64);
    let unused_for = unused_for.map_or(Views::UNUSED_FOR, Duration::from_secs);
    let client = clients::load(context, request.parameter("client_id")).await?.record;
    let views = Views::of(context, &client, unused_for).await?;
    let mut secrets: Vec<&ClientSecret> = client.secrets().collect();
    secrets.sort_by_key(|secret| (secret.created_at, secret.id));
    Ok(ClientSecrets { secrets: secrets.into_iter().map(|secret| views.view(secret)).collect() })
}
