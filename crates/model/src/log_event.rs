//! An entry of the log: what happened, in Auth0's shape (Auth0: Log event type codes; Get log events by ID).
//!
//! An event is made where it happens and knows no place yet. The log gives it its position; position and date make
//! the identifier that the wire shows, so that an identifier leads to its entry without an index.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::Timestamp;
use crate::patch::Members;

/// What kind of thing happened (Auth0: Log event type codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogEventKind {
    /// `seccft`: a client got a token for itself.
    TokenIssued,
    /// `feccft`: a client got none.
    TokenDenied,
    /// `sapi`: the Management API changed something.
    ManagementWrite,
    /// `mgmt_api_read`: the Management API showed secrets.
    ManagementReadOfSecrets,
    /// `api_limit`: a rate limit was hit.
    RateLimitHit,
    /// `api_limit_warning`: four fifths of a rate limit are used.
    RateLimitWarning,
    /// `token_quota_consumption_warning`: 60, 80 or 100 % of a token quota are used.
    TokenQuotaWarning,
}

impl LogEventKind {
    /// The `type` on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenIssued => "seccft",
            Self::TokenDenied => "feccft",
            Self::ManagementWrite => "sapi",
            Self::ManagementReadOfSecrets => "mgmt_api_read",
            Self::RateLimitHit => "api_limit",
            Self::RateLimitWarning => "api_limit_warning",
            Self::TokenQuotaWarning => "token_quota_consumption_warning",
        }
    }

    /// The category that filters of log streams name (Auth0: Log stream filters).
    pub const fn category(self) -> &'static str {
        match self {
            Self::TokenIssued => "auth.token_exchange.success",
            Self::TokenDenied => "auth.token_exchange.fail",
            Self::ManagementWrite | Self::ManagementReadOfSecrets => "management.success",
            Self::RateLimitHit | Self::RateLimitWarning | Self::TokenQuotaWarning => "system.notification",
        }
    }

    /// The kind with this `type`; none if there is none.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::TokenIssued,
        Self::TokenDenied,
        Self::ManagementWrite,
        Self::ManagementReadOfSecrets,
        Self::RateLimitHit,
        Self::RateLimitWarning,
        Self::TokenQuotaWarning,
    ];
}

impl Serialize for LogEventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What happened. Members that are none are absent on the wire; the order is Auth0's. An event borrows what it says: it is
/// written down where it happens, in a [`LogBatch`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEvent<'e> {
    /// When.
    pub date: Timestamp,
    /// What kind of thing.
    #[serde(rename = "type")]
    pub kind: LogEventKind,
    /// One sentence; of a failure the true reason.
    pub description: Cow<'e, str>,
    /// Always empty: there are no connections here. Exchanges have it (Auth0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<&'static str>,
    /// The client that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'e, str>>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Cow<'e, str>>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// What it calls itself, at most 256 characters of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Cow<'e, str>>,
    /// The host that was asked: the issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Cow<'e, str>>,
    /// Always empty: no users take part. Exchanges have it (Auth0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<&'static str>,
    /// Always empty, as `user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<&'static str>,
    /// The organization that the token is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Cow<'e, str>>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<Cow<'e, str>>,
    /// The API that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Cow<'e, str>>,
    /// The scopes that were granted, or asked for where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Cow<'e, str>>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<LogDetails<'e>>,
    /// The deployment: the issuer's host.
    pub tenant_name: Cow<'e, str>,
}

/// What else there is to say about an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LogDetails<'e> {
    /// Of a token, what it can be named by.
    Token {
        /// Its `jti`.
        access_token_jti: &'e str,
    },
    /// Anything.
    Other(Value),
}

impl From<Value> for LogDetails<'_> {
    fn from(value: Value) -> Self {
        Self::Other(value)
    }
}

impl<'e> LogEvent<'e> {
    /// An event of which only the kind, the time, the sentence and the deployment are known.
    pub fn new(
        kind: LogEventKind,
        date: Timestamp,
        description: impl Into<Cow<'e, str>>,
        tenant_name: impl Into<Cow<'e, str>>,
    ) -> Self {
        Self {
            date,
            kind,
            description: description.into(),
            connection_id: None,
            client_id: None,
            client_name: None,
            ip: None,
            user_agent: None,
            hostname: None,
            user_id: None,
            user_name: None,
            organization_id: None,
            organization_name: None,
            audience: None,
            scope: None,
            details: None,
            tenant_name: tenant_name.into(),
        }
    }
}

/// A place in the log: 1 for the first entry, then one more with each. 0 is before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition(pub u64);

/// The identifier of an entry, as Auth0's: 56 decimal digits that sort by time. `900`, the time in UTC to the
/// millisecond (17), the position (36).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogId {
    /// When it happened.
    pub date: Timestamp,
    /// Where it stands.
    pub position: LogPosition,
}

impl std::fmt::Display for LogId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("900")?;
        self.date
            .to_string()
            .chars()
            .filter(char::is_ascii_digit)
            .try_for_each(|digit| write!(f, "{digit}"))?;
        write!(f, "{:036}", self.position.0)
    }
}

impl LogId {
    /// The position that an identifier names; none if it is no identifier.
    pub fn position_of(text: &str) -> Option<LogPosition> {
        let fits =
            text.len() == 56 && text.starts_with("900") && text.bytes().all(|byte| byte.is_ascii_digit());
        let position = text.get(20..).filter(|_| fits)?;
        position.parse().ok().map(LogPosition)
    }
}

/// An event at its place in the log, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place.
    pub position: LogPosition,
    /// When it happened.
    pub date: Timestamp,
    /// The event as JSON: a [`LogEvent`] written down.
    pub text: String,
}

impl LogEntry {
    /// The identifier on the wire.
    pub fn id(&self) -> String {
        LogId { date: self.date, position: self.position }.to_string()
    }

    /// The entry as the wire shows it: the event with its identifiers.
    pub fn members(&self) -> Result<Members, serde_json::Error> {
        let mut members: Members = serde_json::from_str(&self.text)?;
        let tenant = members.shift_remove("tenant_name");
        let id = Value::from(self.id());
        members.insert("$event_schema".into(), serde_json::json!({"version": "1.0.0"}));
        members.insert("log_id".into(), id.clone());
        members.extend(tenant.map(|tenant| ("tenant_name".to_owned(), tenant)));
        members.insert("_id".into(), id.clone());
        members.insert("isMobile".into(), false.into());
        members.insert("id".into(), id);
        Ok(members)
    }
}
