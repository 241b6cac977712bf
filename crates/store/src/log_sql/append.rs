//! Adding entries: many in one transaction, each bound to the one before it.

use grantd_model::{LogEvent, LogPosition};
use sqlx::QueryBuilder;

use super::{Connection, Db, Tip, end, position_of, put_end, stored_position, stored_time};
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row};
use crate::{Noun, StoreError};

/// Rows that share a statement: what a statement costs beside its rows is a good part of ten rows.
const ROWS: usize = 100;

/// An entry that is about to be added.
struct Added {
    position: LogPosition,
    client_id: Option<String>,
    text: String,
    hash: ChainHash,
}

/// Where the log ends, for who goes on there, inside a transaction that keeps others away. What happens from now on is
/// worth noting even where the end is not as it was left: then a position is left out, so that the break shows for as
/// long as the entries around it are kept.
pub(crate) async fn take_over(connection: &mut Connection, key: &ChainKey) -> Result<Tip, StoreError> {
    let head = end(connection, ChainEnd::Head).await?;
    let tip = head.as_ref().map_or(Tip::EMPTY, |(head, bytes)| Tip {
        position: head.position,
        hash: head.hash,
        bytes: *bytes,
    });
    if head.is_some_and(|(head, _)| head.is_sealed(key, ChainEnd::Head)) {
        return Ok(tip);
    }
    begin_anew(connection, key, tip).await
}

async fn begin_anew(connection: &mut Connection, key: &ChainKey, mut tip: Tip) -> Result<Tip, StoreError> {
    let text = "SELECT MAX(position) FROM \
                (SELECT position FROM events UNION ALL SELECT position FROM chain_ends) AS positions";
    let last = sqlx::query_scalar::<Db, Option<i64>>(text).fetch_one(&mut *connection).await?;
    if let Some(last) = last {
        tracing::error!("the end of the log is not as it was left: `grantd audit verify` says more");
        tip.position = LogPosition(position_of(last).0.saturating_add(1));
    }
    put_end(connection, key, ChainEnd::Head, tip).await?;
    Ok(tip)
}

/// Adds the events in this order behind the tip, inside a transaction. The new tip is returned.
pub(crate) async fn append(
    connection: &mut Connection,
    key: &ChainKey,
    mut tip: Tip,
    events: &[LogEvent],
) -> Result<Tip, StoreError> {
    for events in events.chunks(ROWS) {
        let added = chain(key, &mut tip, events)?;
        let mut insert =
            QueryBuilder::<Db>::new("INSERT INTO events (position, at, kind, client_id, text, hash) ");
        insert.push_values(events.iter().zip(&added), |mut row, (event, added)| {
            row.push_bind(stored_position(added.position));
            row.push_bind(stored_time(event.date));
            row.push_bind(event.kind.as_str());
            row.push_bind(added.client_id.as_deref());
            row.push_bind(&*added.text);
            row.push_bind(added.hash.0.as_slice());
        });
        insert.build().execute(&mut *connection).await?;
    }
    put_end(connection, key, ChainEnd::Head, tip).await?;
    Ok(tip)
}

/// The entries that the events become.
fn chain(key: &ChainKey, tip: &mut Tip, events: &[LogEvent]) -> Result<Vec<Added>, StoreError> {
    let mut added = Vec::with_capacity(events.len());
    for event in events {
        let text = serde_json::to_string(event)
            .map_err(|source| StoreError::Corrupt { noun: Noun::Log, source: source.into() })?;
        let position = LogPosition(tip.position.0 + 1);
        // Whoever asks for a token may call themselves anything, and some databases keep no NUL in a text.
        let client_id = event.client_id.as_ref().map(|id| id.as_str().replace('\0', "\u{fffd}"));
        let kind = event.kind.as_str();
        let row = Row { position, at: event.date, kind, client_id: client_id.as_deref(), text: &text };
        let hash = key.link(tip.hash, &row);
        *tip = Tip { position, hash, bytes: tip.bytes + text.len() as u64 };
        added.push(Added { position, client_id, text, hash });
    }
    Ok(added)
}
