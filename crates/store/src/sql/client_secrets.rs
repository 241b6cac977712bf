//! The secrets in a client's row: the current one with its terms beside it, and the others sealed together.

use grantd_model::{Client, ClientSecret, ClientSecretId, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use zeroize::Zeroizing;

use super::{Db, from_text, to_text};
use crate::key_ring::Sealer;
use crate::{KeyEncryptionKeys, Noun, StoreError};

/// What the others are sealed as, so that they do not open as a current secret.
const FURTHER: Noun = Noun::ClientSecret;
/// What the current one is sealed as, in the row of its client.
const CURRENT: Noun = Noun::Client;

/// What is known of a secret beside its value.
#[derive(Serialize, Deserialize)]
struct Terms {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Milliseconds since the epoch, as is `expires_at`.
    created_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    terms: Terms,
    value: String,
}

impl Terms {
    fn of(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id.to_string(),
            label: secret.label.clone(),
            created_at: secret.created_at.millis(),
            expires_at: secret.expires_at.map(Timestamp::millis),
        }
    }

    fn with(self, value: Secret) -> Result<ClientSecret, StoreError> {
        let corrupt = || StoreError::Corrupt { noun: FURTHER, source: "an id of another shape".into() };
        Ok(ClientSecret {
            id: ClientSecretId::parse(&self.id).ok_or_else(corrupt)?,
            label: self.label,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_millis),
            value,
        })
    }
}

/// The columns of a client's secrets, as they are stored.
pub(crate) struct Columns {
    /// `sealed_secret`
    pub(crate) sealed: Vec<u8>,
    /// `secret_terms`
    pub(crate) terms: String,
    /// `sealed_further_secrets`; none where there are none.
    pub(crate) further: Option<Vec<u8>>,
}

impl Columns {
    pub(crate) fn of(client: &Client, key: &Sealer<'_>) -> Result<Self, StoreError> {
        let id = client.client_id.as_str();
        Ok(Self {
            sealed: key.seal(CURRENT, id, client.client_secret.value.expose())?,
            terms: to_text(FURTHER, &Terms::of(&client.client_secret))?,
            further: further(client, key)?,
        })
    }

    pub(crate) fn read(row: &<Db as sqlx::Database>::Row) -> Result<Self, StoreError> {
        Ok(Self {
            sealed: row.try_get("sealed_secret")?,
            terms: row.try_get("secret_terms")?,
            further: row.try_get("sealed_further_secrets")?,
        })
    }

    /// Puts the secrets into their client.
    pub(crate) fn open(&self, client: &mut Client, key: &KeyEncryptionKeys) -> Result<(), StoreError> {
        let id = client.client_id.as_str();
        let value = key.open(CURRENT, id, &self.sealed)?;
        let terms: Terms = from_text(FURTHER, &self.terms)?;
        client.client_secret = terms.with(value)?;
        if let Some(sealed) = &self.further {
            let text = key.open(FURTHER, id, sealed)?;
            let further: Vec<Sealed> = from_text(FURTHER, text.expose_str())?;
            let further = further.into_iter().map(|sealed| sealed.terms.with(sealed.value.into()));
            client.further_secrets = further.collect::<Result<_, _>>()?;
        }
        Ok(())
    }
}

fn further(client: &Client, key: &Sealer<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    if client.further_secrets.is_empty() {
        return Ok(None);
    }
    let sealed = client
        .further_secrets
        .iter()
        .map(|secret| Sealed { terms: Terms::of(secret), value: secret.value.expose_str().to_owned() });
    let text = Zeroizing::new(to_text(FURTHER, &sealed.collect::<Vec<_>>())?);
    key.seal(FURTHER, client.client_id.as_str(), text.as_bytes()).map(Some)
}
