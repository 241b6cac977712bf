//! The counts of rate limits: how many requests all nodes have let through a bucket, and until when it is not full again.
//! Outside of the revision.
//!
//! Times are by the database's clock, in microseconds, so that a node whose own is wrong holds up nobody.

use std::collections::HashMap;

use grantd_model::RatesHeard;
use sqlx::QueryBuilder;

use super::{CLOCK, Connection, Db};
use crate::{RateCount, StoreError};

/// Microseconds that a row is kept after its bucket is full again. Nothing is lost with it but the total, and nodes that
/// know the bucket hear of it more often than that.
const KEPT: i64 = 3_600_000_000;

/// A row: its bucket, its total, and how long it is busy.
type Row = (String, i64, i64);

/// Adds what is told, and says how those buckets stand. Rows are locked in the order of their names, so that two nodes
/// wait for one another and never in a circle.
pub(crate) async fn add(
    connection: &mut Connection,
    counts: &[RateCount],
) -> Result<HashMap<String, RatesHeard>, StoreError> {
    let mut counts: Vec<&RateCount> = counts.iter().collect();
    counts.sort_unstable_by(|one, other| one.bucket.cmp(&other.bucket));
    let (silent, told): (Vec<_>, Vec<_>) = counts.into_iter().partition(|count| count.requests == 0);
    let mut rows = tell(connection, &told).await?;
    rows.extend(read(connection, &silent).await?);
    let heard = |total: i64, busy: i64| RatesHeard { total: unsigned(total), busy: unsigned(busy) };
    Ok(rows.into_iter().map(|(bucket, total, busy)| (bucket, heard(total, busy))).collect())
}

/// How many rows there are differs from one statement to the next, so none of them is kept prepared.
async fn tell(connection: &mut Connection, told: &[&RateCount]) -> Result<Vec<Row>, StoreError> {
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let mut insert = QueryBuilder::<Db>::new("INSERT INTO rate_counts (bucket, requests, full_at) ");
    insert.push_values(told, |mut row, count| {
        row.push_bind(&*count.bucket);
        row.push_bind(stored(count.requests));
        row.push(CLOCK).push_unseparated(" + ").push_bind_unseparated(stored(count.busy));
    });
    // What has come back is not owed: a bucket is busy from now on, or from when it would have been full.
    insert.push(" ON CONFLICT (bucket) DO UPDATE SET requests = rate_counts.requests + excluded.requests, ");
    insert.push("full_at = excluded.full_at + CASE WHEN rate_counts.full_at > ").push(CLOCK);
    insert.push(" THEN rate_counts.full_at - ").push(CLOCK);
    insert.push(" ELSE 0 END RETURNING bucket, requests, full_at - ").push(CLOCK);
    Ok(insert.build_query_as::<Row>().persistent(false).fetch_all(connection).await?)
}

async fn read(connection: &mut Connection, silent: &[&RateCount]) -> Result<Vec<Row>, StoreError> {
    if silent.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = QueryBuilder::<Db>::new("SELECT bucket, requests, full_at - ");
    select.push(CLOCK).push(" FROM rate_counts WHERE bucket IN (");
    let mut buckets = select.separated(", ");
    for count in silent {
        buckets.push_bind(&*count.bucket);
    }
    select.push(") ORDER BY bucket");
    Ok(select.build_query_as::<Row>().persistent(false).fetch_all(connection).await?)
}

/// Removes rows of buckets that have been full for long, some at a time and in the order of their names. How many.
pub(crate) async fn forget(connection: &mut Connection) -> Result<usize, StoreError> {
    let mut select = QueryBuilder::<Db>::new("SELECT bucket FROM rate_counts WHERE full_at < ");
    select.push(CLOCK).push(" - ").push_bind(KEPT).push(" ORDER BY bucket LIMIT ");
    select.push_bind(i64::try_from(RateCount::MOST).unwrap_or(i64::MAX));
    let old: Vec<String> = select.build_query_scalar().fetch_all(&mut *connection).await?;
    for bucket in &old {
        // Somebody may have come back to it.
        let mut delete = QueryBuilder::<Db>::new("DELETE FROM rate_counts WHERE bucket = ");
        delete.push_bind(&**bucket).push(" AND full_at < ").push(CLOCK).push(" - ").push_bind(KEPT);
        delete.build().execute(&mut *connection).await?;
    }
    Ok(old.len())
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}
