//! The denylist of access tokens.

use grantd_model::{RevokedToken, Timestamp, TokenId};

use super::revision::{kind, touch};
use super::{Connection, Db, Write};
use crate::{Noun, StoreError};

pub(crate) async fn get(connection: &mut Connection, id: &str) -> Result<Option<RevokedToken>, StoreError> {
    let text = "SELECT token, expires_at FROM revoked_tokens WHERE token = $1";
    let row = sqlx::query_as::<Db, (String, i64)>(text).bind(id).fetch_optional(connection).await?;
    Ok(row.map(from_row))
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<RevokedToken>, StoreError> {
    let text = "SELECT token, expires_at FROM revoked_tokens ORDER BY token";
    let rows = sqlx::query_as::<Db, (String, i64)>(text).fetch_all(connection).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Transactions that write come one after the other, so counting here is safe. The count goes through an index of at
/// most 100,000 entries.
pub(crate) async fn create(
    write: &mut Write<'_>,
    revoked: &RevokedToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    forget(write.connection, now).await?;
    let live = "SELECT COUNT(*) FROM revoked_tokens";
    let live = sqlx::query_scalar::<Db, i64>(live).fetch_one(&mut *write.connection).await?;
    if usize::try_from(live).is_ok_and(|live| live >= RevokedToken::MOST) {
        return Err(StoreError::TooMany(Noun::RevokedToken));
    }
    let text = "INSERT INTO revoked_tokens (token, expires_at, revision) VALUES ($1, $2, $3) \
                ON CONFLICT (token) DO NOTHING";
    sqlx::query::<Db>(text)
        .bind(revoked.token.as_str())
        .bind(stored(revoked.expires_at))
        .bind(write.revision)
        .execute(&mut *write.connection)
        .await?;
    touch(write, kind::REVOKED_TOKEN, revoked.token.as_str()).await
}

/// Takes out what has expired. Followers find out by themselves.
async fn forget(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    let text = "DELETE FROM changes WHERE kind = $1 \
                AND key IN (SELECT token FROM revoked_tokens WHERE expires_at <= $2)";
    sqlx::query::<Db>(text).bind(kind::REVOKED_TOKEN).bind(stored(now)).execute(&mut *connection).await?;
    let text = "DELETE FROM revoked_tokens WHERE expires_at <= $1";
    sqlx::query::<Db>(text).bind(stored(now)).execute(connection).await?;
    Ok(())
}

fn from_row((token, expires_at): (String, i64)) -> RevokedToken {
    let expires_at = Timestamp::from_millis(u64::try_from(expires_at).unwrap_or_default());
    RevokedToken { token: TokenId::from(token), expires_at }
}

fn stored(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}
