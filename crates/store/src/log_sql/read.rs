//! Reading entries: one, the next ones, or all in a range, some hundred rows at a time.

use std::ops::ControlFlow;

use grantd_model::{Direction, LogEntry, LogPosition, Timestamp};
use sqlx::{Pool, QueryBuilder};

use super::super::VIEW;
use super::{Connection, Db, position_of, stored_position, stored_time, time_of};
use crate::{LogRange, StoreError, Visit};

/// Rows that are read at a time: nobody holds a connection, or a view of the file, for a whole search.
const ROWS: i64 = 500;

type Row = (i64, i64, String);

fn entry((position, at, text): Row) -> LogEntry {
    LogEntry { position: position_of(position), date: time_of(at), text }
}

pub(crate) async fn get(
    connection: &mut Connection,
    position: LogPosition,
) -> Result<Option<LogEntry>, StoreError> {
    let text = "SELECT position, at, text FROM events WHERE position = $1";
    let row = sqlx::query_as::<Db, Row>(text).bind(stored_position(position));
    Ok(row.fetch_optional(connection).await?.map(entry))
}

pub(crate) async fn after(
    connection: &mut Connection,
    position: LogPosition,
    most: u32,
) -> Result<Vec<LogEntry>, StoreError> {
    let text = "SELECT position, at, text FROM events WHERE position > $1 ORDER BY position LIMIT $2";
    let rows = sqlx::query_as::<Db, Row>(text).bind(stored_position(position)).bind(i64::from(most));
    Ok(rows.fetch_all(connection).await?.into_iter().map(entry).collect())
}

/// Visits entries by date and position, page by page, each page after the last entry of the one before.
pub(crate) async fn scan(
    readers: &Pool<Db>,
    range: &LogRange,
    direction: Direction,
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    let mut last: Option<(Timestamp, LogPosition)> = None;
    loop {
        let mut query = select(range, direction, last);
        let mut view = readers.begin_with(VIEW).await?;
        let rows = query.build_query_as::<Row>().fetch_all(&mut *view).await?;
        drop(view);
        let full = i64::try_from(rows.len()).is_ok_and(|rows| rows == ROWS);
        for row in rows {
            let entry = entry(row);
            last = Some((entry.date, entry.position));
            if let ControlFlow::Break(()) = visit(entry) {
                return Ok(());
            }
        }
        if !full {
            return Ok(());
        }
    }
}

fn select(
    range: &LogRange,
    direction: Direction,
    last: Option<(Timestamp, LogPosition)>,
) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::<Db>::new("SELECT position, at, text FROM events WHERE 1 = 1");
    if let Some(from) = range.from {
        query.push(" AND at >= ").push_bind(stored_time(from));
    }
    if let Some(until) = range.until {
        query.push(" AND at <= ").push_bind(stored_time(until));
    }
    if let Some(kind) = &range.kind {
        query.push(" AND kind = ").push_bind(kind.clone());
    }
    if let Some(client) = &range.client_id {
        query.push(" AND client_id = ").push_bind(client.as_str().to_owned());
    }
    let (beyond, order) = match direction {
        Direction::Ascending => (">", "at, position"),
        Direction::Descending => ("<", "at DESC, position DESC"),
    };
    if let Some((at, position)) = last {
        query.push(format!(" AND (at, position) {beyond} ("));
        query.push_bind(stored_time(at)).push(", ").push_bind(stored_position(position)).push(")");
    }
    query.push(format!(" ORDER BY {order} LIMIT ")).push_bind(ROWS);
    query
}
