//! A secret as our API shows it: everything but its value.

use std::collections::HashMap;
use std::time::Duration;

use grantd_model::{Client, ClientSecret, ClientSecretId, Timestamp};
use serde::Serialize;

use crate::{Context, Error};

/// What is said of a secret. Every member is always there, but the value: it is shown once, when it is made.
#[derive(Serialize)]
pub struct ClientSecretView {
    id: String,
    label: Option<String>,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    expired: bool,
    current: bool,
    safe_to_remove: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl ClientSecretView {
    /// With the value, for who has just had the secret made.
    pub(super) fn with_value(self, secret: &ClientSecret) -> Self {
        Self { client_secret: Some(secret.value.expose_str().to_owned()), ..self }
    }
}

/// What it takes to say something of a client's secrets.
pub(super) struct Views<'c> {
    client: &'c Client,
    uses: HashMap<ClientSecretId, Timestamp>,
    unused_for: Duration,
    now: Timestamp,
}

impl<'c> Views<'c> {
    /// How long nobody uses a secret before it counts as unused, unless a request says so: a day.
    pub(super) const UNUSED_FOR: Duration = Duration::from_hours(24);

    /// Asks when the secrets were last used.
    pub(super) async fn of(
        context: &Context,
        client: &'c Client,
        unused_for: Duration,
    ) -> Result<Self, Error> {
        let uses = context.store.secret_uses(client).await.map_err(Error::Store)?;
        Ok(Self { client, uses, unused_for, now: context.clock.now() })
    }

    /// One of the client's secrets.
    pub(super) fn view(&self, secret: &ClientSecret) -> ClientSecretView {
        let last_used = |id| self.uses.get(&id).copied();
        ClientSecretView {
            id: secret.id.to_string(),
            label: secret.label.clone(),
            created_at: secret.created_at.to_string(),
            expires_at: secret.expires_at.as_ref().map(ToString::to_string),
            last_used_at: last_used(secret.id).as_ref().map(ToString::to_string),
            expired: secret.is_expired(self.now),
            current: secret.id == self.client.client_secret.id,
            safe_to_remove: self.client.is_safe_to_remove(secret, last_used, self.unused_for, self.now),
            client_secret: None,
        }
    }
}
