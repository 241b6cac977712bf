//! The fields of an entry, as far as queries look at them.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde::Deserialize;

use super::Field;
use crate::{LogEntry, LogPosition, Timestamp};

/// An entry, read for searching.
#[derive(Debug)]
pub struct LogFields<'e> {
    pub(super) date: Timestamp,
    position: LogPosition,
    /// Written out once, however many terms ask for it.
    date_text: OnceCell<String>,
    log_id: OnceCell<String>,
    text: Texts<'e>,
}

#[derive(Debug, Default, Deserialize)]
struct Texts<'e> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'e, str>,
    #[serde(borrow, default)]
    description: Cow<'e, str>,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    client_name: Option<String>,
    #[serde(default)]
    connection_id: Option<String>,
    #[serde(default)]
    hostname: Option<String>,
    #[serde(default)]
    ip: Option<String>,
    #[serde(default)]
    organization_id: Option<String>,
    #[serde(default)]
    organization_name: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    user_name: Option<String>,
}

impl<'e> LogFields<'e> {
    /// The fields of an entry; one that cannot be read has none but its date and its place.
    pub fn of(entry: &'e LogEntry) -> Self {
        let text = serde_json::from_str(&entry.text).unwrap_or_default();
        Self {
            date: entry.date,
            position: entry.position,
            date_text: OnceCell::new(),
            log_id: OnceCell::new(),
            text,
        }
    }

    /// The value of a field of this name, as a query sees it; for sorting.
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, field) = Field::ALL.iter().find(|(known, _)| *known == name)?;
        self.get(*field)
    }

    pub(super) fn get(&self, field: Field) -> Option<Cow<'_, str>> {
        let Self { text, .. } = self;
        match field {
            Field::Audience => text.audience.as_deref().map(Cow::Borrowed),
            Field::ClientId => text.client_id.as_deref().map(Cow::Borrowed),
            Field::ClientName => text.client_name.as_deref().map(Cow::Borrowed),
            // Nobody signs in here.
            Field::Connection | Field::Strategy | Field::StrategyType => None,
            Field::ConnectionId => text.connection_id.as_deref().map(Cow::Borrowed),
            Field::Date => Some(Cow::Borrowed(self.date_text.get_or_init(|| self.date.to_string()))),
            Field::Description => Some(Cow::Borrowed(&*text.description)),
            Field::Hostname => text.hostname.as_deref().map(Cow::Borrowed),
            Field::Ip => text.ip.as_deref().map(Cow::Borrowed),
            Field::LogId => {
                let write = || crate::LogId { date: self.date, position: self.position }.to_string();
                Some(Cow::Borrowed(self.log_id.get_or_init(write)))
            }
            Field::OrganizationId => text.organization_id.as_deref().map(Cow::Borrowed),
            Field::OrganizationName => text.organization_name.as_deref().map(Cow::Borrowed),
            Field::Scope => text.scope.as_deref().map(Cow::Borrowed),
            Field::Type => Some(Cow::Borrowed(&*text.kind)),
            Field::UserAgent => text.user_agent.as_deref().map(Cow::Borrowed),
            Field::UserId => text.user_id.as_deref().map(Cow::Borrowed),
            Field::UserName => text.user_name.as_deref().map(Cow::Borrowed),
        }
    }
}
