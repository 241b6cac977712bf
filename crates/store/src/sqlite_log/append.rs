//! Adding entries: many in one transaction, each bound to the one before it.

use grantd_model::{LogEvent, LogPosition, LogStreamId};
use sqlx::{Connection as _, QueryBuilder, SqliteConnection};

use super::{Db, end, position_of, stored_position, stored_time};
use crate::log_chain::{ChainEnd, ChainHash, ChainKey, Row};
use crate::{Noun, StoreError};

/// Rows that share a statement: what a statement costs beside its rows is a good part of ten rows.
const ROWS: usize = 100;

/// The one connection that writes, and the end of the chain that it writes on.
pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    pub(super) key: ChainKey,
    pub(super) tip: Tip,
}

/// The newest entry, and how much text all entries have.
#[derive(Clone, Copy)]
pub(super) struct Tip {
    pub(super) position: LogPosition,
    pub(super) hash: ChainHash,
    pub(super) bytes: u64,
}

/// Before the first entry.
const EMPTY: Tip = Tip { position: LogPosition(0), hash: ChainHash::NONE, bytes: 0 };

/// An entry that is about to be added.
struct Added {
    position: LogPosition,
    text: String,
    hash: ChainHash,
}

impl Writer {
    /// Goes on where the log ends. What happens from now on is worth noting even where the end is not as it was left:
    /// then a position is left out, so that the break shows for as long as the entries around it are kept.
    pub(super) async fn take_over(
        mut connection: SqliteConnection,
        key: ChainKey,
    ) -> Result<Self, StoreError> {
        let head = end(&mut connection, ChainEnd::Head).await?;
        let tip = head.as_ref().map_or(EMPTY, |head| Tip {
            position: head.position,
            hash: head.hash,
            bytes: head.bytes,
        });
        let sealed = head.is_some_and(|head| head.seal == key.seal(ChainEnd::Head, head.position, head.hash));
        let mut writer = Self { connection, key, tip };
        if !sealed {
            writer.begin_anew().await?;
        }
        Ok(writer)
    }

    async fn begin_anew(&mut self) -> Result<(), StoreError> {
        let text = "SELECT MAX(position) FROM (SELECT position FROM events UNION ALL SELECT position FROM chain_ends)";
        let last = sqlx::query_scalar::<Db, Option<i64>>(text).fetch_one(&mut self.connection).await?;
        if let Some(last) = last {
            tracing::error!("the end of the log is not as it was left: `grantd audit verify` says more");
            self.tip.position = LogPosition(position_of(last).0.saturating_add(1));
        }
        put_end(&mut self.connection, &self.key, ChainEnd::Head, self.tip).await
    }

    pub(super) fn head(&self) -> LogPosition {
        self.tip.position
    }

    pub(super) async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }

    /// Adds the events in this order, durably, all or none.
    pub(super) async fn append(&mut self, events: &[LogEvent]) -> Result<(), StoreError> {
        let mut tip = self.tip;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for events in events.chunks(ROWS) {
            let added = chain(&self.key, &mut tip, events)?;
            let mut insert =
                QueryBuilder::<Db>::new("INSERT INTO events (position, at, kind, client_id, text, hash) ");
            insert.push_values(events.iter().zip(&added), |mut row, (event, added)| {
                row.push_bind(stored_position(added.position));
                row.push_bind(stored_time(event.date));
                row.push_bind(event.kind.as_str());
                row.push_bind(event.client_id.as_ref().map(grantd_model::ClientId::as_str));
                row.push_bind(&*added.text);
                row.push_bind(added.hash.0.as_slice());
            });
            insert.build().execute(&mut *transaction).await?;
        }
        put_end(&mut transaction, &self.key, ChainEnd::Head, tip).await?;
        transaction.commit().await?;
        self.tip = tip;
        Ok(())
    }

    pub(super) async fn deliver(
        &mut self,
        stream: &LogStreamId,
        position: LogPosition,
    ) -> Result<(), StoreError> {
        let text = "INSERT INTO deliveries (stream, position) VALUES ($1, $2) \
                    ON CONFLICT (stream) DO UPDATE SET position = excluded.position";
        let put = sqlx::query::<Db>(text).bind(stream.as_str()).bind(stored_position(position));
        put.execute(&mut self.connection).await?;
        Ok(())
    }
}

/// The entries that the events become.
fn chain(key: &ChainKey, tip: &mut Tip, events: &[LogEvent]) -> Result<Vec<Added>, StoreError> {
    let mut added = Vec::with_capacity(events.len());
    for event in events {
        let text = serde_json::to_string(event)
            .map_err(|source| StoreError::Corrupt { noun: Noun::Log, source: source.into() })?;
        let position = LogPosition(tip.position.0 + 1);
        let row = Row {
            position,
            at: event.date,
            kind: event.kind.as_str(),
            client_id: event.client_id.as_ref().map(grantd_model::ClientId::as_str),
            text: &text,
        };
        let hash = key.link(tip.hash, &row);
        *tip = Tip { position, hash, bytes: tip.bytes + text.len() as u64 };
        added.push(Added { position, text, hash });
    }
    Ok(added)
}

/// Writes down an end of the chain, sealed.
pub(super) async fn put_end(
    connection: &mut SqliteConnection,
    key: &ChainKey,
    end: ChainEnd,
    tip: Tip,
) -> Result<(), StoreError> {
    let text = "INSERT INTO chain_ends (name, position, hash, bytes, seal) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (name) DO UPDATE SET position = excluded.position, hash = excluded.hash, \
                bytes = excluded.bytes, seal = excluded.seal";
    let seal = key.seal(end, tip.position, tip.hash);
    sqlx::query::<Db>(text)
        .bind(end.as_str())
        .bind(stored_position(tip.position))
        .bind(tip.hash.0.as_slice())
        .bind(i64::try_from(tip.bytes).unwrap_or(i64::MAX))
        .bind(seal.0.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}
