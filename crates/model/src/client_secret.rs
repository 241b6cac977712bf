//! Client secrets: several may be live at once, so that a client moves from one to the next without a gap.
//!
//! One of them is the current one, which Auth0's API shows and changes ([`Client::client_secret`]); the others
//! stand beside it. All are part of the client and change with it in one versioned update, so that the rules
//! about their number hold whoever else changes them at the same time.

use std::fmt;
use std::iter::once;
use std::time::Duration;

use crate::{Client, ClientFault, Secret, Timestamp};

/// Names one secret among those of its client: `sec_` and 16 hexadecimal digits.
///
/// The millisecond that the secret was made in, or the next that no other secret of the client has: no two that
/// follow each other share it. A number, and not text as other identifiers, since the token path keeps one for
/// every client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientSecretId(u64);

impl ClientSecretId {
    /// The identifier of this text; none if it has another shape.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sec_")?;
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = digits.len() == 16 && digits.bytes().all(plain);
        u64::from_str_radix(digits, 16).ok().filter(|_| fits).map(Self)
    }
}

impl fmt::Display for ClientSecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sec_{:016x}", self.0)
    }
}

/// A secret of a client, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Its identifier, unique among the secrets of its client.
    pub id: ClientSecretId,
    /// What people call it, at most 128 characters.
    pub label: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The secret itself.
    pub value: Secret,
}

impl ClientSecret {
    /// How many a client may have, the current one among them.
    pub const MOST: usize = 10;

    /// A secret made now, without a label and without an end.
    pub fn new(value: Secret, now: Timestamp) -> Self {
        let id = ClientSecretId(now.millis());
        Self { id, label: None, created_at: now, expires_at: None, value }
    }

    /// Whether it has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }

    fn is_live(&self, now: Timestamp) -> bool {
        !self.is_expired(now)
    }
}

/// A secret of which nothing is known but its value.
impl From<Secret> for ClientSecret {
    fn from(value: Secret) -> Self {
        Self::new(value, Timestamp::default())
    }
}

impl From<&str> for ClientSecret {
    fn from(value: &str) -> Self {
        Secret::from(value).into()
    }
}

impl Client {
    /// All secrets, the current one first, then the others as they were added.
    pub fn secrets(&self) -> impl Iterator<Item = &ClientSecret> {
        once(&self.client_secret).chain(&self.further_secrets)
    }

    /// The secret with this identifier, for changing it.
    pub fn secret_mut(&mut self, id: ClientSecretId) -> Option<&mut ClientSecret> {
        once(&mut self.client_secret).chain(&mut self.further_secrets).find(|secret| secret.id == id)
    }

    /// Puts a secret in the place of the current one, and leaves the others alone (Auth0: Rotate a client secret).
    ///
    /// The value that is current already stays the secret that it is. One that a further secret has becomes the
    /// current one: two with one value could not be told apart, and removing one would not end it.
    pub fn replace_secret(&mut self, mut secret: ClientSecret) {
        let current = &self.client_secret;
        if current.value == secret.value && current.expires_at == secret.expires_at {
            return;
        }
        secret.id = self.free_id(secret.id);
        self.further_secrets.retain(|other| other.value != secret.value);
        self.client_secret = secret;
    }

    /// Adds a secret beside the others, and returns its identifier. Expired ones make room where there is none.
    pub fn add_secret(
        &mut self,
        mut secret: ClientSecret,
        now: Timestamp,
    ) -> Result<ClientSecretId, ClientFault> {
        if self.client_authentication_methods.is_some() {
            return Err(ClientFault::NoSecret);
        }
        if self.secrets().count() >= ClientSecret::MOST {
            self.further_secrets.retain(|held| held.is_live(now));
        }
        if self.secrets().count() >= ClientSecret::MOST {
            return Err(ClientFault::TooManySecrets);
        }
        secret.id = self.free_id(secret.id);
        let id = secret.id;
        self.further_secrets.push(secret);
        Ok(id)
    }

    /// Removes a secret and returns whether it was there. In the place of the current one comes the newest other
    /// live one. A client never loses its last live secret this way, and never is without a current one.
    pub fn remove_secret(&mut self, id: ClientSecretId, now: Timestamp) -> Result<bool, ClientFault> {
        let Some(secret) = self.secrets().find(|secret| secret.id == id) else { return Ok(false) };
        if !self.can_spare(secret, now) {
            return Err(ClientFault::LastSecret);
        }
        if self.client_secret.id == id {
            self.promote_newest(now);
        } else {
            self.further_secrets.retain(|held| held.id != id);
        }
        Ok(true)
    }

    /// Whether a secret can be removed with nobody noticing: it has expired; or nobody has used it for so long, and
    /// another live one was used after it.
    ///
    /// What was never used counts as idle since it was made: its user may only be about to begin.
    pub fn is_safe_to_remove(
        &self,
        secret: &ClientSecret,
        last_used: impl Fn(ClientSecretId) -> Option<Timestamp>,
        unused_for: Duration,
        now: Timestamp,
    ) -> bool {
        if secret.is_expired(now) {
            return self.can_spare(secret, now);
        }
        let used = last_used(secret.id);
        let idle = now.millis().saturating_sub(used.unwrap_or(secret.created_at).millis());
        let others_took_over = self.others_live(secret.id, now).any(|other| last_used(other.id) > used);
        u128::from(idle) >= unused_for.as_millis() && others_took_over
    }

    /// An expired secret that is not the current one is missed by nobody; any other needs another live one.
    fn can_spare(&self, secret: &ClientSecret, now: Timestamp) -> bool {
        let idle = secret.is_expired(now) && secret.id != self.client_secret.id;
        idle || self.others_live(secret.id, now).next().is_some()
    }

    fn others_live(&self, id: ClientSecretId, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets().filter(move |other| other.id != id && other.is_live(now))
    }

    /// This identifier, or the next one that no secret of the client has.
    fn free_id(&self, wanted: ClientSecretId) -> ClientSecretId {
        let mut id = wanted;
        while self.secrets().any(|secret| secret.id == id) {
            id = ClientSecretId(id.0.wrapping_add(1));
        }
        id
    }

    fn promote_newest(&mut self, now: Timestamp) {
        let live = self.further_secrets.iter().enumerate().filter(|(_, secret)| secret.is_live(now));
        let newest = live.max_by_key(|(_, secret)| secret.created_at).map(|(position, _)| position);
        if let Some(position) = newest {
            self.client_secret = self.further_secrets.remove(position);
        }
    }
}
