//! An API as the wire shows it.

use grantd_model::ResourceServer;
use grantd_model::patch;
use grantd_store::Store;
use serde_json::Value;

use crate::{Error, Members};

/// The record, with its secret and the client that is its face, and without the PEM of its encryption key.
pub(super) async fn view(store: &dyn Store, api: &ResourceServer) -> Result<Members, Error> {
    let mut members = patch::to_members(api)?;
    if let Some(key) = members.get_mut("token_encryption").and_then(|value| value.get_mut("encryption_key"))
        && let Value::Object(key) = key
    {
        key.shift_remove("pem");
    }
    if let Some(secret) = &api.signing_secret {
        members.insert("signing_secret".into(), secret.expose_str().into());
    }
    if let Some(client_id) = store.find_client_of_api(&api.identifier).await? {
        members.insert("client_id".into(), client_id.as_str().into());
    }
    Ok(members)
}
