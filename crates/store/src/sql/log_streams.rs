//! Log streams. Followers read all of them at once: there are few.

use grantd_model::patch::{self, Members};
use grantd_model::{LogStream, LogStreamId, LogStreamSink, Secret, SigningSecrets, Timestamp, Versioned};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::revision::{kind, touch};
use super::{
    Connection, Db, Write, from_text, stale_or_missing, stored_revision, to_text, unique, versioned,
};
use crate::{KeyEncryptionKeys, Noun, StoreError};

const NOUN: Noun = Noun::LogStream;
const SINK: &str = "sink";

/// `id, record, start, sealed_sink, revision`
type Row = (String, String, i64, Vec<u8>, i64);

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    sink: LogStreamSink,
    signing_secret: String,
    /// The secret before, and until when it signs: milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    former: Option<(String, u64)>,
}

/// The columns of a stream, as they are written.
struct Columns {
    record: String,
    start: i64,
    sealed: Vec<u8>,
}

pub(crate) async fn get(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    id: &LogStreamId,
) -> Result<Option<Versioned<LogStream>>, StoreError> {
    let text = "SELECT id, record, start, sealed_sink, revision FROM log_streams WHERE id = $1";
    let row = sqlx::query_as::<Db, Row>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| from_row(row, key)).transpose()
}

pub(crate) async fn all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
) -> Result<Vec<LogStream>, StoreError> {
    let text = "SELECT id, record, start, sealed_sink, revision FROM log_streams ORDER BY created, id";
    let rows = sqlx::query_as::<Db, Row>(text).fetch_all(connection).await?;
    rows.into_iter().map(|row| from_row(row, key).map(|stream| stream.record)).collect()
}

/// Transactions that write come one after the other, each with its revision, so counting here is safe.
pub(crate) async fn create(write: &mut Write<'_>, stream: &LogStream) -> Result<(), StoreError> {
    let held = sqlx::query_scalar::<Db, i64>("SELECT COUNT(*) FROM log_streams");
    let held = held.fetch_one(&mut *write.connection).await?;
    if usize::try_from(held).is_ok_and(|held| held >= LogStream::MOST) {
        return Err(StoreError::TooMany(NOUN));
    }
    let Columns { record, start, sealed } = columns(write, stream)?;
    sqlx::query::<Db>(
        "INSERT INTO log_streams (id, record, start, sealed_sink, created, revision) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(stream.id.as_str())
    .bind(record)
    .bind(start)
    .bind(sealed)
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    touch(write, kind::LOG_STREAMS, "").await
}

pub(crate) async fn update(write: &mut Write<'_>, stream: &Versioned<LogStream>) -> Result<(), StoreError> {
    let Columns { record, start, sealed } = columns(write, &stream.record)?;
    let id = &stream.record.id;
    let updated = sqlx::query::<Db>(
        "UPDATE log_streams SET record = $1, start = $2, sealed_sink = $3, revision = $4 \
         WHERE id = $5 AND revision <= $6",
    )
    .bind(record)
    .bind(start)
    .bind(sealed)
    .bind(write.revision)
    .bind(id.as_str())
    .bind(stored_revision(stream.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, id)).await);
    }
    touch(write, kind::LOG_STREAMS, "").await
}

pub(crate) async fn delete(write: &mut Write<'_>, id: &LogStreamId) -> Result<(), StoreError> {
    let deleted = sqlx::query::<Db>("DELETE FROM log_streams WHERE id = $1").bind(id.as_str());
    if deleted.execute(&mut *write.connection).await?.rows_affected() == 0 {
        return Err(StoreError::Missing(NOUN));
    }
    touch(write, kind::LOG_STREAMS, "").await
}

async fn exists(write: &mut Write<'_>, id: &LogStreamId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM log_streams WHERE id = $1");
    Ok(found.bind(id.as_str()).fetch_optional(&mut *write.connection).await?.is_some())
}

fn columns(write: &Write<'_>, stream: &LogStream) -> Result<Columns, StoreError> {
    let corrupt = |source: serde_json::Error| StoreError::Corrupt { noun: NOUN, source: source.into() };
    let mut record = patch::to_members(&stream.settings).map_err(corrupt)?;
    record.shift_remove(SINK);
    let former = stream.signing.former.as_ref();
    let sealed = Sealed {
        sink: stream.settings.sink.clone(),
        signing_secret: stream.signing.current.expose_str().to_owned(),
        former: former.map(|(secret, until)| (secret.expose_str().to_owned(), until.millis())),
    };
    let sealed = Zeroizing::new(to_text(NOUN, &sealed)?);
    Ok(Columns {
        record: to_text(NOUN, &record)?,
        start: i64::try_from(stream.start.millis()).unwrap_or(i64::MAX),
        sealed: write.key.seal(NOUN, stream.id.as_str(), sealed.as_bytes())?,
    })
}

fn from_row(row: Row, key: &KeyEncryptionKeys) -> Result<Versioned<LogStream>, StoreError> {
    let (id, record, start, sealed, revision) = row;
    let corrupt = |source: serde_json::Error| StoreError::Corrupt { noun: NOUN, source: source.into() };
    let opened: Sealed = from_text(NOUN, key.open(NOUN, &id, &sealed)?.expose_str())?;
    let mut members: Members = from_text(NOUN, &record)?;
    members.insert(SINK.into(), serde_json::to_value(&opened.sink).map_err(corrupt)?);
    let former = opened.former;
    let signing = SigningSecrets {
        current: Secret::from(opened.signing_secret),
        former: former.map(|(secret, until)| (Secret::from(secret), Timestamp::from_millis(until))),
    };
    let stream = LogStream {
        id: id.into(),
        settings: serde_json::from_value(Value::Object(members)).map_err(corrupt)?,
        start: Timestamp::from_millis(u64::try_from(start).unwrap_or_default()),
        signing,
    };
    Ok(versioned(stream, revision))
}
