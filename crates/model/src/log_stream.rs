//! Log streams: where entries of the log are delivered as they come (Auth0: Log streams).
//!
//! A stream of ours is a webhook, or a file of JSON lines on the server's own disk. What may be in its definition is
//! said here; whether the server may go there is the operator's policy, and asked by who saves and by who delivers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::log_destination::LogDestination;
use crate::patch::{self, Members};
use crate::{LogStreamId, OutsideUrl, Secret, Timestamp, UrlFault};

/// The longest value of a header, in bytes.
const LONGEST_VALUE: usize = 4096;

/// Headers that a delivery has of its own, or that frame it.
const RESERVED: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// A log stream.
#[derive(Clone, Debug, PartialEq)]
pub struct LogStream {
    /// `lst_…`
    pub id: LogStreamId,
    /// What the Management API shows and changes.
    pub settings: LogStreamSettings,
    /// Entries of this time and later are delivered: `startFrom`, or when the stream was made.
    pub start: Timestamp,
    /// What deliveries are signed with.
    pub signing: SigningSecrets,
}

/// The settings of a stream, in the contract's order. What was never set is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogStreamSettings {
    /// What people call it; need not be unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it delivers.
    #[serde(default)]
    pub status: LogStreamStatus,
    /// Which kind of stream.
    #[serde(rename = "type")]
    pub kind: LogStreamType,
    /// Stored only: no stream is served before another.
    #[serde(rename = "isPriority", default)]
    pub is_priority: bool,
    /// Which entries are delivered: those of any of these; all, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<LogStreamFilter>>,
    /// Stored only: entries have no members about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii_config: Option<Value>,
    /// Where to.
    pub sink: LogStreamSink,
}

/// Whether a stream delivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStreamStatus {
    /// It does.
    #[default]
    Active,
    /// Not now; it goes on where it stopped.
    Paused,
    /// As paused. This server suspends no stream by itself.
    Suspended,
}

/// The kinds of streams that can be made here; the contract has seven more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogStreamType {
    /// `http`
    #[serde(rename = "http")]
    Http,
}

/// Entries that a stream delivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStreamFilter {
    /// `category`, always.
    #[serde(rename = "type")]
    pub kind: String,
    /// The category; see [`LogEventKind::category`](crate::LogEventKind::category).
    pub name: String,
}

/// Where a stream goes, and how. Its debug output shows nothing: URLs have credentials in them at times.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStreamSink {
    /// The value of `Authorization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_authorization: Option<String>,
    /// How events are put together; lines unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_content_format: Option<ContentFormat>,
    /// The value of `Content-Type`; `application/json` unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_content_type: Option<String>,
    /// A URL: https for a webhook, `file:///NAME.jsonl` for a file.
    pub http_endpoint: String,
    /// Headers beside those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_custom_headers: Option<Vec<CustomHeader>>,
}

impl fmt::Debug for LogStreamSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogStreamSink(…)")
    }
}

/// How the events of a delivery are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ContentFormat {
    /// One event a line.
    #[default]
    JsonLines,
    /// An array of events.
    JsonArray,
    /// One event, which is a delivery of its own.
    JsonObject,
}

/// A header of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomHeader {
    /// Its name.
    pub header: String,
    /// Its value.
    pub value: String,
}

/// What deliveries are signed with (Standard Webhooks). While one secret replaces another both sign, so that a
/// receiver can change over when it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecrets {
    /// `whsec_…`
    pub current: Secret,
    /// The one before, and until when it signs too.
    pub former: Option<(Secret, Timestamp)>,
}

impl SigningSecrets {
    /// How long a replaced secret signs beside its successor: a day, in milliseconds.
    const OVERLAP: u64 = 24 * 60 * 60 * 1000;

    /// The secrets after a new one has come.
    #[must_use]
    pub fn rotated(&self, next: Secret, now: Timestamp) -> Self {
        let until = Timestamp::from_millis(now.millis().saturating_add(Self::OVERLAP));
        Self { current: next, former: Some((self.current.clone(), until)) }
    }

    /// The secrets that sign now, the current one first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let former = self.former.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.current).chain(former.map(|(secret, _)| secret))
    }
}

/// Why a stream cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LogStreamFault {
    /// A type of the contract that there is none of here.
    #[error("log streams of type {0} are not supported; the only supported type is http")]
    Unsupported(String),
    /// `startFrom` is no date.
    #[error("startFrom is no date and time as in 2026-01-02T03:04:05Z")]
    StartFrom,
    /// The endpoint is not a URL of the form that is understood.
    #[error("sink.httpEndpoint is refused: {0}")]
    Endpoint(UrlFault),
    /// The endpoint is one that this server is not allowed to ask.
    #[error("sink.httpEndpoint cannot be asked: {0}")]
    Unreachable(String),
    /// The name of a file is more than a name.
    #[error(
        "sink.httpEndpoint names a file as file:///NAME.jsonl, with letters, digits, `-`, `_` and `.` in NAME"
    )]
    FileName,
    /// The server was started without a folder for files.
    #[error("sink.httpEndpoint names a file, and this server was started without --log-files")]
    NoFiles,
    /// What only deliveries over HTTP have, for a file.
    #[error("sink.{0} is for webhooks; a file has one event a line")]
    NotForFiles(&'static str),
    /// A value that cannot be in a header.
    #[error("sink.{0} has characters that no header has, or more than 4096 bytes")]
    HeaderValue(&'static str),
    /// A name that no header has.
    #[error("sink.httpCustomHeaders names a header that cannot be: {0}")]
    HeaderName(String),
    /// A header that deliveries have of their own.
    #[error("sink.httpCustomHeaders names a header that is not yours to set: {0}")]
    HeaderReserved(String),
    /// A header twice.
    #[error("sink.httpCustomHeaders names a header twice: {0}")]
    HeaderTwice(String),
}

impl LogStream {
    /// How many there may be.
    pub const MOST: usize = 25;

    /// A stream from the body of a create request that has passed its schema.
    pub fn from_request(
        id: LogStreamId,
        mut body: Members,
        signing: Secret,
        now: Timestamp,
    ) -> Result<Result<Self, LogStreamFault>, serde_json::Error> {
        let start = match body.shift_remove("startFrom") {
            None => Some(now),
            Some(text) => text.as_str().and_then(Timestamp::parse),
        };
        let settings = serde_json::from_value(Value::Object(body))?;
        let Some(start) = start else { return Ok(Err(LogStreamFault::StartFrom)) };
        let signing = SigningSecrets { current: signing, former: None };
        Ok(Ok(Self { id, settings, start, signing }))
    }

    /// The stream as the body of an update request changes it; `sink`, `filters` and `pii_config` are replaced whole.
    pub fn updated(&self, body: Members) -> Result<Self, serde_json::Error> {
        Ok(Self { settings: patch::apply(&self.settings, body)?, ..self.clone() })
    }
}

impl LogStreamSettings {
    /// Whether entries are delivered now.
    pub fn is_active(&self) -> bool {
        self.status == LogStreamStatus::Active
    }

    /// Whether entries of this category are delivered.
    pub fn delivers(&self, category: &str) -> bool {
        let filters = self.filters.as_deref().unwrap_or_default();
        filters.is_empty() || filters.iter().any(|filter| filter.name == category)
    }
}

impl LogStreamSink {
    /// Where it leads, if all of it is as it may be.
    pub fn check(&self) -> Result<LogDestination<'_>, LogStreamFault> {
        let destination = LogDestination::of(&self.http_endpoint)?;
        match destination {
            LogDestination::Webhook(url) => {
                OutsideUrl::parse(url).map_err(LogStreamFault::Endpoint)?;
                self.check_headers()?;
            }
            LogDestination::File(_) => self.check_file()?,
        }
        Ok(destination)
    }

    fn check_file(&self) -> Result<(), LogStreamFault> {
        let is_set = [
            ("httpAuthorization", self.http_authorization.is_some()),
            ("httpContentFormat", self.http_content_format.is_some_and(|f| f != ContentFormat::JsonLines)),
            ("httpContentType", self.http_content_type.is_some()),
            ("httpCustomHeaders", self.http_custom_headers.is_some()),
        ];
        match is_set.into_iter().find(|(_, set)| *set) {
            Some((name, _)) => Err(LogStreamFault::NotForFiles(name)),
            None => Ok(()),
        }
    }

    fn check_headers(&self) -> Result<(), LogStreamFault> {
        let values =
            [("httpAuthorization", &self.http_authorization), ("httpContentType", &self.http_content_type)];
        for (name, value) in values {
            if value.as_ref().is_some_and(|value| !is_header_value(value)) {
                return Err(LogStreamFault::HeaderValue(name));
            }
        }
        let mut seen: Vec<String> = Vec::new();
        for CustomHeader { header, value } in self.http_custom_headers.iter().flatten() {
            let name = header.to_ascii_lowercase();
            if !is_token(&name) {
                return Err(LogStreamFault::HeaderName(header.clone()));
            }
            if RESERVED.contains(&name.as_str()) {
                return Err(LogStreamFault::HeaderReserved(header.clone()));
            }
            if seen.contains(&name) {
                return Err(LogStreamFault::HeaderTwice(header.clone()));
            }
            if !is_header_value(value) {
                return Err(LogStreamFault::HeaderValue("httpCustomHeaders"));
            }
            seen.push(name);
        }
        Ok(())
    }
}

/// A token (RFC 9110 §5.6.2), of a length that a header's name may have.
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_part)
}

/// Visible characters of ASCII and spaces between them (RFC 9110 §5.5).
fn is_header_value(text: &str) -> bool {
    let is_part = |byte: u8| byte == b' ' || byte == b'\t' || byte.is_ascii_graphic();
    let is_bare = text.trim_matches([' ', '\t']) == text;
    (1..=LONGEST_VALUE).contains(&text.len()) && is_bare && text.bytes().all(is_part)
}
