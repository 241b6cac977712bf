//! Adding entries: many in one transaction, each bound to the one before it.

use std::borrow::Cow;

use grantd_model::{LogPosition, WrittenEvent};
use sqlx::QueryBuilder;

use super::{Connection, Db, Tip, end, position_of, put_end, stored_position, stored_time};
use crate::StoreError;
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row};

/// Rows that share a statement: what a statement costs beside its rows is a good part of ten rows.
const ROWS: usize = 100;

/// An entry that is about to be added.
struct Added<'e> {
    position: LogPosition,
    client_id: Option<Cow<'e, str>>,
    event: WrittenEvent<'e>,
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
    mut events: impl ExactSizeIterator<Item = WrittenEvent<'_>> + Send,
) -> Result<Tip, StoreError> {
    while events.len() > 0 {
        let added: Vec<Added<'_>> =
            events.by_ref().take(ROWS).map(|event| Added::behind(&mut tip, key, event)).collect();
        let mut insert =
            QueryBuilder::<Db>::new("INSERT INTO events (position, at, kind, client_id, text, hash) ");
        insert.push_values(&added, |mut row, added| {
            row.push_bind(stored_position(added.position));
            row.push_bind(stored_time(added.event.date));
            row.push_bind(added.event.kind.as_str());
            row.push_bind(added.client_id.as_deref());
            row.push_bind(added.event.text);
            row.push_bind(added.hash.0.as_slice());
        });
        insert.build().execute(&mut *connection).await?;
    }
    put_end(connection, key, ChainEnd::Head, tip).await?;
    Ok(tip)
}

impl<'e> Added<'e> {
    /// The entry that an event becomes behind this tip, which moves to it.
    fn behind(tip: &mut Tip, key: &ChainKey, event: WrittenEvent<'e>) -> Self {
        let position = LogPosition(tip.position.0 + 1);
        // Whoever asks for a token may call themselves anything, and some databases keep no NUL in a text.
        let client_id = event.client_id.map(|id| {
            if id.contains('\0') { Cow::Owned(id.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(id) }
        });
        let (kind, text) = (event.kind.as_str(), event.text);
        let row = Row { position, at: event.date, kind, client_id: client_id.as_deref(), text };
        let hash = key.link(tip.hash, &row);
        *tip = Tip { position, hash, bytes: tip.bytes + text.len() as u64 };
        Self { position, client_id, event, hash }
    }
}
