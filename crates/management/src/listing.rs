//! Lists on the wire: how a page is asked for, and the four envelopes that it comes in (Auth0: Pagination).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::patch::Members;
use grantd_model::{Cursor, Page, Paging};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::Error;
use crate::request::flag;

const DEFAULT_PAGE: u64 = 50;

/// How a collection wraps a page when totals are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `total, start, limit, <items>`: client grants, APIs, clients.
    TotalsFirst,
    /// `<items>, start, limit, total`: organizations and what is in them.
    ItemsFirst,
    /// As [`ItemsFirst`](Self::ItemsFirst), and never in checkpoints, whatever is asked for.
    ItemsFirstWithoutCheckpoints,
    /// As [`TotalsFirst`](Self::TotalsFirst), and never in checkpoints, whatever is asked for.
    TotalsFirstWithoutCheckpoints,
}

impl Envelope {
    /// How the query asks for a page. `take` or `from` win over `per_page` and `include_totals` (recorded).
    pub fn paging(self, query: &Members) -> Result<Paging, Error> {
        let number = |name: &str| query.get(name).and_then(serde_json::Value::as_u64);
        let bounded = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let from = query.get("from").and_then(serde_json::Value::as_str).filter(|from| !from.is_empty());
        if self.has_checkpoints() && (query.contains_key("take") || query.contains_key("from")) {
            let take = bounded(number("take").unwrap_or(DEFAULT_PAGE));
            return Ok(Paging::Checkpoint { after: from.map(decode).transpose()?, take });
        }
        Ok(Paging::Offset {
            page: bounded(number("page").unwrap_or(0)),
            per_page: bounded(number("per_page").unwrap_or(DEFAULT_PAGE)),
            include_totals: flag(query, "include_totals").unwrap_or(false),
        })
    }

    fn has_checkpoints(self) -> bool {
        !matches!(self, Self::ItemsFirstWithoutCheckpoints | Self::TotalsFirstWithoutCheckpoints)
    }

    fn totals_first(self) -> bool {
        matches!(self, Self::TotalsFirst | Self::TotalsFirstWithoutCheckpoints)
    }
}

/// A page of a collection as the wire shows it: a bare array, an object with totals, or a checkpoint.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    items: Vec<T>,
    total: Option<u64>,
    next: Option<Cursor>,
    paging: Paging,
    envelope: Envelope,
    key: &'static str,
}

impl<T> Listing<T> {
    /// The page that a query asked for, under the collection's name.
    pub fn new(key: &'static str, envelope: Envelope, paging: Paging, page: Page<T>) -> Self {
        Self { items: page.items, total: page.total, next: page.next, paging, envelope, key }
    }
}

impl<T: Serialize> Serialize for Listing<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.paging, self.total) {
            (Paging::Checkpoint { .. }, _) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry(self.key, &self.items)?;
                if let Some(next) = &self.next {
                    map.serialize_entry("next", &encode(next))?;
                }
                map.end()
            }
            (Paging::Offset { .. }, None) => self.items.serialize(serializer),
            (Paging::Offset { .. }, Some(total)) => {
                let mut map = serializer.serialize_map(Some(4))?;
                if self.envelope.totals_first() {
                    map.serialize_entry("total", &total)?;
                } else {
                    map.serialize_entry(self.key, &self.items)?;
                }
                map.serialize_entry("start", &self.paging.skip())?;
                map.serialize_entry("limit", &self.paging.limit())?;
                if self.envelope.totals_first() {
                    map.serialize_entry(self.key, &self.items)?;
                } else {
                    map.serialize_entry("total", &total)?;
                }
                map.end()
            }
        }
    }
}

/// A cursor as opaque text. It holds no secret and grants nothing: a forged one only starts a list elsewhere.
fn encode(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{},{}", cursor.created, cursor.id))
}

fn decode(text: &str) -> Result<Cursor, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::InvalidCursor)?;
    let plain = String::from_utf8(bytes).map_err(|_| Error::InvalidCursor)?;
    let (created, id) = plain.split_once(',').ok_or(Error::InvalidCursor)?;
    let created = created.parse().map_err(|_| Error::InvalidCursor)?;
    Ok(Cursor { created, id: id.to_owned() })
}
