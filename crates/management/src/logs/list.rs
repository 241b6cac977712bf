//! Auth0: Search log events. By page and by checkpoint: the one newest first with all that a query can ask, the other in
//! the order of the log, for who reads it to its end.

use grantd_model::{LogEntry, LogId, LogPosition, LogQuery};
use grantd_schema::Operation::ListLogs;
use grantd_store::Log;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::search::{Search, search};
use crate::fields::select;
use crate::request::{flag, text};
use crate::{Caller, Context, Error, Members, Request};

/// How many entries a page has, unless the query says otherwise.
const DEFAULT_PAGE: u64 = 50;
/// How deep a search goes by page (Auth0).
const DEEPEST: u64 = 1_000;

/// Entries as the wire shows them: a bare array, or an object with totals; and where to go on.
#[derive(Debug)]
pub struct LogListing {
    logs: Vec<Members>,
    totals: Option<(u64, u64)>,
    next: Option<String>,
}

impl LogListing {
    /// The value of the `Link` header of a checkpoint.
    pub fn link(&self) -> Option<String> {
        self.next.as_ref().map(|next| format!("<{next}>; rel=\"next\""))
    }
}

/// The entries that a query asks for.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<LogListing, Error> {
    caller.require(ListLogs)?;
    let query = request.query(ListLogs)?;
    if query.contains_key("from") || query.contains_key("take") {
        return checkpoint(context, &query).await;
    }
    let number = |name, otherwise| query.get(name).and_then(Value::as_u64).unwrap_or(otherwise);
    let (page, limit) = (number("page", 0), number("per_page", DEFAULT_PAGE));
    let start = page.saturating_mul(limit);
    if start.saturating_add(limit) > DEEPEST {
        return Err(Error::SearchTooDeep);
    }
    let named = |name| text(&query, name).filter(|asked| !asked.is_empty());
    let asked = match (named("q"), named("search")) {
        (None, Some(asked)) => LogQuery::parse_search(asked),
        (asked, _) => LogQuery::parse(asked.unwrap_or_default()),
    };
    let wanted = Search::new(asked.map_err(Error::LogQuery)?, text(&query, "sort"), start, limit);
    let entries = match &context.log {
        Some(log) => search(&**log, wanted).await?,
        None => Vec::new(),
    };
    let totals = flag(&query, "include_totals").unwrap_or(false).then_some((start, limit));
    Ok(LogListing { logs: shown(&entries, &query)?, totals, next: None })
}

/// Entries after one, in the order of the log; other parameters do not count (Auth0). The next page is there also when
/// this one is empty: it will not be for ever.
async fn checkpoint(context: &Context, query: &Members) -> Result<LogListing, Error> {
    let take = query.get("take").and_then(Value::as_u64).unwrap_or(DEFAULT_PAGE);
    let from = text(query, "from").filter(|from| !from.is_empty());
    let from = from.map(|from| LogId::position_of(from).ok_or(Error::InvalidCursor).map(|at| (from, at)));
    let from = from.transpose()?;
    let position = from.map_or(LogPosition(0), |(_, position)| position);
    let entries = match &context.log {
        Some(log) => {
            if let Some((from, position)) = from {
                check_known(&**log, from, position).await?;
            }
            log.after(position, u32::try_from(take).unwrap_or(u32::MAX)).await?
        }
        None => Vec::new(),
    };
    let last = entries.last().map(LogEntry::id).or_else(|| from.map(|(from, _)| from.to_owned()));
    let audience = &context.management_audience;
    let next = match last {
        Some(last) => format!("{audience}logs?from={last}&take={take}"),
        None => format!("{audience}logs?take={take}"),
    };
    Ok(LogListing { logs: shown(&entries, &Members::new())?, totals: None, next: Some(next) })
}

/// Whether a checkpoint is one of this log. After a restore the log has other entries where the former one had those that
/// the reader has read: going on there would leave some out without a word. What retention has removed cannot be compared.
async fn check_known(log: &dyn Log, from: &str, position: LogPosition) -> Result<(), Error> {
    match log.get(position).await? {
        Some(entry) if entry.id() == from => Ok(()),
        None if position <= log.removed().await? => Ok(()),
        _ => Err(Error::InvalidCursor),
    }
}

fn shown(entries: &[LogEntry], query: &Members) -> Result<Vec<Members>, Error> {
    entries.iter().map(|entry| Ok(select(entry.members()?, query))).collect()
}

impl Serialize for LogListing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((start, limit)) = self.totals else { return self.logs.serialize(serializer) };
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("length", &self.logs.len())?;
        map.serialize_entry("limit", &limit)?;
        map.serialize_entry("logs", &self.logs)?;
        map.serialize_entry("start", &start)?;
        // Auth0's total is that of the page.
        map.serialize_entry("total", &self.logs.len())?;
        map.end()
    }
}
