//! Up to where log streams have delivered.

use grantd_model::{LogPosition, LogStreamId};

use super::{Connection, Db, position_of, stored_position};
use crate::StoreError;

pub(crate) async fn get(
    connection: &mut Connection,
    stream: &LogStreamId,
) -> Result<Option<LogPosition>, StoreError> {
    let text = "SELECT position FROM deliveries WHERE stream = $1";
    let position = sqlx::query_scalar::<Db, i64>(text).bind(stream.as_str());
    Ok(position.fetch_optional(connection).await?.map(position_of))
}

pub(crate) async fn put(
    connection: &mut Connection,
    stream: &LogStreamId,
    position: LogPosition,
) -> Result<(), StoreError> {
    let text = "INSERT INTO deliveries (stream, position) VALUES ($1, $2) \
                ON CONFLICT (stream) DO UPDATE SET position = excluded.position";
    let put = sqlx::query::<Db>(text).bind(stream.as_str()).bind(stored_position(position));
    put.execute(connection).await?;
    Ok(())
}
