//! One search of the log: which entries, in which order, which of them.

use std::ops::ControlFlow;

use grantd_model::{Direction, LogEntry, LogFields, LogQuery};
use grantd_store::{Log, LogRange};

use crate::Error;

/// Entries that a search looks at: one that finds little must not read for ever.
const MOST_LOOKED_AT: u64 = 1_000_000;
/// Terms of a query that looks at so many; one of more terms looks at fewer entries.
const TERMS: u64 = 4;
/// Matches that are kept while they are sorted, before those that cannot be among the first are dropped.
const KEPT: usize = 4_096;

/// What is searched for.
pub(super) struct Search {
    query: LogQuery,
    order: Order,
    direction: Direction,
    skip: usize,
    take: usize,
}

/// What matches are in order of.
enum Order {
    /// Their date, and their place.
    Date,
    /// A field; by date, newest first, where it is the same.
    Field(String),
}

impl Search {
    /// A query with the other parameters of a request. `sort` has passed its schema: a field, a colon, and 1 or -1.
    pub(super) fn new(query: LogQuery, sort: Option<&str>, skip: u64, take: u64) -> Self {
        let (field, direction) = sort.and_then(|sort| sort.split_once(':')).unwrap_or(("date", "-1"));
        let direction = if direction == "1" { Direction::Ascending } else { Direction::Descending };
        let order = match field {
            "date" | "log_id" => Order::Date,
            field => Order::Field(field.to_owned()),
        };
        let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Self { query, order, direction, skip: count(skip), take: count(take) }
    }

    fn most_looked_at(&self) -> u64 {
        (MOST_LOOKED_AT * TERMS) / self.query.terms().max(TERMS)
    }

    fn range(&self) -> LogRange {
        let bounds = self.query.bounds();
        LogRange { from: bounds.from, until: bounds.until, kind: bounds.kind, client_id: bounds.client_id }
    }
}

/// The entries that are searched for.
pub(super) async fn search(log: &dyn Log, search: Search) -> Result<Vec<LogEntry>, Error> {
    if search.take == 0 {
        return Ok(Vec::new());
    }
    match &search.order {
        Order::Date => by_date(log, &search).await,
        Order::Field(field) => by_field(log, &search, field).await,
    }
}

async fn by_date(log: &dyn Log, search: &Search) -> Result<Vec<LogEntry>, Error> {
    let (mut found, mut skipped, mut looked_at) = (Vec::new(), 0, 0);
    let most = search.most_looked_at();
    let mut visit = |entry: LogEntry| {
        looked_at += 1;
        if search.query.matches(&LogFields::of(&entry)) {
            if skipped < search.skip {
                skipped += 1;
            } else {
                found.push(entry);
            }
        }
        go_on(found.len() < search.take && looked_at < most)
    };
    log.scan(&search.range(), search.direction, &mut visit).await?;
    Ok(found)
}

async fn by_field(log: &dyn Log, search: &Search, field: &str) -> Result<Vec<LogEntry>, Error> {
    let first = search.skip + search.take;
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let most = search.most_looked_at();
    let sort = |found: &mut Vec<(String, LogEntry)>| {
        // Stable, so that those with the same value stay as they came: newest first.
        match search.direction {
            Direction::Ascending => found.sort_by(|(one, _), (other, _)| one.cmp(other)),
            Direction::Descending => found.sort_by(|(one, _), (other, _)| other.cmp(one)),
        }
        found.truncate(first);
    };
    let mut visit = |entry: LogEntry| {
        looked_at += 1;
        let fields = LogFields::of(&entry);
        if search.query.matches(&fields) {
            // Who has no value comes as if it were empty.
            let value = fields.value(field).unwrap_or_default().into_owned();
            found.push((value, entry));
        }
        if found.len() >= KEPT {
            sort(&mut found);
        }
        go_on(looked_at < most)
    };
    log.scan(&search.range(), Direction::Descending, &mut visit).await?;
    sort(&mut found);
    Ok(found.into_iter().skip(search.skip).map(|(_, entry)| entry).collect())
}

fn go_on(goes: bool) -> ControlFlow<()> {
    if goes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
