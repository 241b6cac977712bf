//! What may be said of a secret: what it is called, and until when it lives.

use std::sync::LazyLock;

use grantd_model::{ClientFault, ClientSecret, Timestamp};
use grantd_schema::{Part, Schema};
use serde_json::{Value, json};

use crate::{Body, Error, Members, Request};

/// The longest that a secret with an end may live: ten years, in seconds.
const LONGEST: u64 = 10 * 365 * 24 * 3_600;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::compile(&json!({
        "type": "object",
        "properties": {
            "label": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": 128,
                "pattern": "^[^\\x00-\\x1f\\x7f]*$",
                "description": "What people call the secret.",
            },
            "expires_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "From when on the secret is refused.",
            },
            "expires_in": {
                "type": "integer",
                "minimum": 1,
                "maximum": LONGEST,
                "description": "The same in seconds from now.",
            },
        },
        "additionalProperties": false,
    }))
});

/// What a request says of a secret; what it does not name stays.
pub(super) struct Terms(Members);

impl Terms {
    /// From the body of a request. No body says nothing.
    pub(super) fn read(request: &Request) -> Result<Self, Error> {
        if matches!(request.body, Body::Empty) {
            return Ok(Self(Members::new()));
        }
        let body = request.json()?;
        SCHEMA.check(Part::Payload, &body)?;
        let terms = Self(body.as_object().cloned().unwrap_or_default());
        if terms.0.contains_key("expires_at") && terms.0.contains_key("expires_in") {
            return Err(ClientFault::SecretExpiryTwice.into());
        }
        Ok(terms)
    }

    /// Puts them into a secret. An end is in the future, and at most ten years away.
    pub(super) fn apply(&self, secret: &mut ClientSecret, now: Timestamp) -> Result<(), ClientFault> {
        if let Some(label) = self.0.get("label") {
            secret.label = label.as_str().map(str::to_owned);
        }
        if let Some(seconds) = self.0.get("expires_in").and_then(Value::as_u64) {
            secret.expires_at = Some(Timestamp::from_millis(now.millis() + seconds * 1_000));
        }
        if let Some(date) = self.0.get("expires_at") {
            secret.expires_at = date.as_str().map(|date| end(date, now)).transpose()?;
        }
        Ok(())
    }
}

fn end(date: &str, now: Timestamp) -> Result<Timestamp, ClientFault> {
    let latest = Timestamp::from_millis(now.millis() + LONGEST * 1_000);
    Timestamp::parse(date).filter(|end| now < *end && *end <= latest).ok_or(ClientFault::SecretExpiry)
}
