//! A client as the wire shows it, to this caller.

use std::collections::HashSet;

use grantd_model::patch;
use grantd_model::{Client, ClientId, SigningKeyKind, SigningKeyState};
use grantd_token::pkcs7_from_pem;
use serde_json::json;

use crate::{Caller, Context, Error, Members, authority};

/// What every scope that reads clients shows (Auth0: Get a client).
const SUMMARY: [&str; 4] = ["client_id", "name", "description", "app_type"];

/// What only a scope that reads secrets shows, among the members of the record.
const KEY: &str = "encryption_key";
/// The same; there is nothing secret in it.
const METHODS: &str = "client_authentication_methods";

/// How much of a client somebody may see.
pub(super) struct Sight {
    details: bool,
    secrets: bool,
    /// Clients whose secrets are hidden all the same: they stand for more than the caller may.
    beyond: HashSet<ClientId>,
}

impl Sight {
    /// What a caller sees of clients that it reads.
    pub(super) async fn of(context: &Context, caller: &Caller) -> Result<Self, Error> {
        let secrets = caller.holds_any(&["read:client_keys", "read:client_credentials"]);
        let beyond = if secrets { authority::clients_beyond(context, caller).await? } else { HashSet::new() };
        let details = caller.holds_any(&["read:clients", "read:client_keys"]);
        Ok(Self { details, secrets, beyond })
    }

    /// What a caller sees of a client that it has just changed.
    pub(super) async fn of_changed(context: &Context, caller: &Caller) -> Result<Self, Error> {
        Ok(Self { details: true, ..Self::of(context, caller).await? })
    }

    /// What a caller sees of a client whose secret it has just had made.
    pub(super) fn of_new_secret() -> Self {
        Self { details: true, secrets: true, beyond: HashSet::new() }
    }
}

/// The certificate that clients show in `signing_keys`: that of the RSA key that signs now.
pub(super) async fn certificate(context: &Context) -> Result<Option<String>, Error> {
    let keys = context.store.signing_keys().await?;
    let current = keys
        .into_iter()
        .find(|key| key.kind == SigningKeyKind::Rsa2048 && key.state == SigningKeyState::Current);
    Ok(current.map(|key| key.certificate))
}

/// The record, as far as the sight goes.
pub(super) fn view(
    context: &Context,
    client: &Client,
    sight: &Sight,
    certificate: Option<&str>,
) -> Result<Members, Error> {
    let mut members = Members::new();
    members.insert("tenant".into(), (*context.tenant).into());
    members.extend(patch::to_members(client)?);
    if !sight.details {
        members.retain(|name, _| SUMMARY.contains(&name.as_str()) || [KEY, METHODS].contains(&name.as_str()));
    }
    if !sight.secrets {
        members.shift_remove(METHODS);
    }
    if sight.secrets && !sight.beyond.contains(&client.client_id) {
        // Where none counts, none is shown (recorded).
        if client.client_authentication_methods.is_none() {
            members.insert("client_secret".into(), client.client_secret.value.expose_str().into());
        }
        if let Some(certificate) = certificate {
            let pkcs7 = pkcs7_from_pem(certificate).map_err(|error| Error::Crypto(error.to_string()))?;
            let key = json!([{ "cert": certificate, "pkcs7": pkcs7, "subject": "deprecated" }]);
            members.insert("signing_keys".into(), key);
        }
    } else {
        members.shift_remove(KEY);
    }
    Ok(members)
}
