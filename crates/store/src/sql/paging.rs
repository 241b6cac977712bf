//! The parts of list statements that depend on how a list is asked for.

use grantd_model::{Cursor, Page, Paging};
use sqlx::{QueryBuilder, Row};

use super::{Connection, Db};
use crate::StoreError;

/// A list statement under construction: `SELECT … FROM … WHERE <conditions> <order>`.
pub(crate) struct List {
    table: &'static str,
    conditions: Vec<Condition>,
}

/// One condition, with what it binds.
pub(crate) enum Condition {
    /// A column is a text.
    Text(&'static str, String),
    /// A column is a number; booleans are 0 and 1.
    Number(&'static str, i64),
    /// A column is one of the texts.
    AnyOf(&'static str, Vec<String>),
    /// A key is among those that a statement finds, which binds one text at its end, where the second part follows.
    /// The few that it finds lead to the rows; asking each row would go through all of them.
    Within(&'static str, String, &'static str),
    /// A statement about the row that binds nothing.
    Fixed(&'static str),
}

/// The order of a list, as columns that together are unique.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    /// `ORDER BY` what follows.
    pub(crate) by: &'static str,
    /// The same columns as a row value compared with the cursor's, up to where created and id are bound.
    pub(crate) after: &'static str,
    /// Whether the cursor is the id alone.
    pub(crate) by_id: bool,
}

/// The rows of a page, how many there are in all where that was asked, and where the list goes on.
type Found = (Vec<<Db as sqlx::Database>::Row>, Option<u64>, Option<Cursor>);

impl List {
    /// A list of all rows of a table.
    pub(crate) fn of(table: &'static str) -> Self {
        Self { table, conditions: Vec::new() }
    }

    /// Narrows the list.
    pub(crate) fn with(mut self, condition: Option<Condition>) -> Self {
        self.conditions.extend(condition);
        self
    }

    /// Runs the list: the rows of the page, how many there are in all if that is asked, and where it goes on. Each row starts
    /// with its id and the revision of its creation. The connection sees one moment, for both statements.
    pub(crate) async fn fetch(
        &self,
        connection: &mut Connection,
        columns: &'static str,
        order: Order,
        paging: &Paging,
    ) -> Result<Found, StoreError> {
        let total = if paging.include_totals() { Some(self.count(connection).await?) } else { None };

        let mut select = QueryBuilder::<Db>::new("SELECT ");
        select.push(columns).push(" FROM ");
        self.push(&mut select);
        if let Some(cursor) = paging.after() {
            push_after(&mut select, order, cursor);
        }
        // One row more than asked for tells whether there is more.
        let limit = usize::try_from(paging.limit()).unwrap_or(usize::MAX);
        select.push(" ORDER BY ").push(order.by);
        select.push(" LIMIT ").push_bind(i64::from(paging.limit()) + 1);
        select.push(" OFFSET ").push_bind(i64::try_from(paging.skip()).unwrap_or(i64::MAX));
        let mut rows = select.build().fetch_all(&mut *connection).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = match rows.last() {
            Some(last) if more => Some(cursor_of(last)?),
            _ => None,
        };
        Ok((rows, total, next))
    }

    async fn count(&self, connection: &mut Connection) -> Result<u64, StoreError> {
        let mut count = QueryBuilder::<Db>::new("SELECT COUNT(*) FROM ");
        self.push(&mut count);
        let total: i64 = count.build_query_scalar().fetch_one(connection).await?;
        Ok(u64::try_from(total).unwrap_or_default())
    }

    fn push(&self, query: &mut QueryBuilder<Db>) {
        query.push(self.table).push(" WHERE 1 = 1");
        for condition in &self.conditions {
            query.push(" AND ");
            condition.push(query);
        }
    }
}

impl Condition {
    fn push(&self, query: &mut QueryBuilder<Db>) {
        match self {
            Self::Text(column, text) => {
                query.push(column).push(" = ").push_bind(text.clone());
            }
            Self::Number(column, number) => {
                query.push(column).push(" = ").push_bind(*number);
            }
            Self::AnyOf(_, texts) if texts.is_empty() => {
                query.push("1 = 0");
            }
            Self::AnyOf(column, texts) => {
                query.push(column).push(" IN (");
                let mut list = query.separated(", ");
                for text in texts {
                    list.push_bind(text.clone());
                }
                query.push(")");
            }
            Self::Within(before, text, after) => {
                query.push(before).push_bind(text.clone()).push(after);
            }
            Self::Fixed(text) => {
                query.push(text);
            }
        }
    }
}

fn push_after(query: &mut QueryBuilder<Db>, order: Order, cursor: &Cursor) {
    query.push(" AND ").push(order.after);
    if !order.by_id {
        query.push_bind(i64::try_from(cursor.created).unwrap_or(i64::MAX)).push(", ");
    }
    query.push_bind(cursor.id.clone()).push(")");
}

fn cursor_of(row: &<Db as sqlx::Database>::Row) -> Result<Cursor, StoreError> {
    let created: i64 = row.try_get(1)?;
    Ok(Cursor { id: row.try_get(0)?, created: u64::try_from(created).unwrap_or_default() })
}

/// A page whose items come from its rows one by one.
pub(crate) fn page<T>(
    (rows, total, next): Found,
    item: impl Fn(&<Db as sqlx::Database>::Row) -> Result<T, StoreError>,
) -> Result<Page<T>, StoreError> {
    Ok(Page { items: rows.iter().map(item).collect::<Result<_, _>>()?, total, next })
}
