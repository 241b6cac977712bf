//! The denylist of access tokens.

use grantd_model::{ClientId, RevokedToken, Timestamp, TokenId};

use super::revision::{kind, touch};
use super::{Connection, Db, Write};
use crate::{Noun, StoreError};

pub(crate) async fn get(connection: &mut Connection, id: &str) -> Result<Option<RevokedToken>, StoreError> {
    let text = "SELECT token, client_id, expires_at FROM revoked_tokens WHERE token = $1";
    let row = sqlx::query_as::<Db, (String, String, i64)>(text).bind(id).fetch_optional(connection).await?;
    Ok(row.map(from_row))
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<RevokedToken>, StoreError> {
    let text = "SELECT token, client_id, expires_at FROM revoked_tokens ORDER BY token";
    let rows = sqlx::query_as::<Db, (String, String, i64)>(text).fetch_all(connection).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Transactions that write come one after the other, so counting here is safe.
pub(crate) async fn create(
    write: &mut Write<'_>,
    revoked: &RevokedToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    make_room(write.connection, &revoked.client_id, now).await?;
    let text = "INSERT INTO revoked_tokens (token, client_id, expires_at, revision) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (token) DO NOTHING";
    sqlx::query::<Db>(text)
        .bind(revoked.token.as_str())
        .bind(revoked.client_id.as_str())
        .bind(stored(revoked.expires_at))
        .bind(write.revision)
        .execute(&mut *write.connection)
        .await?;
    touch(write, kind::REVOKED_TOKEN, revoked.token.as_str()).await
}

/// Entries that have ended make room for others, and no client has more than its share of those that have not.
async fn make_room(connection: &mut Connection, client: &ClientId, now: Timestamp) -> Result<(), StoreError> {
    forget(connection, RevokedToken::ended_long_ago(now)).await?;
    // Both counts go through an index; this one meets the entries of the client alone.
    let text = "SELECT COUNT(*) FROM revoked_tokens WHERE client_id = $1 AND expires_at > $2";
    let live = sqlx::query_scalar::<Db, i64>(text).bind(client.as_str()).bind(stored(now));
    if reaches(live.fetch_one(&mut *connection).await?, RevokedToken::MOST_OF_CLIENT) {
        return Err(StoreError::TooManyOfClient(Noun::RevokedToken));
    }
    if reaches(count(connection).await?, RevokedToken::MOST) {
        forget(connection, now).await?;
        if reaches(count(connection).await?, RevokedToken::MOST) {
            return Err(StoreError::TooMany(Noun::RevokedToken));
        }
    }
    Ok(())
}

async fn count(connection: &mut Connection) -> Result<i64, StoreError> {
    let text = "SELECT COUNT(*) FROM revoked_tokens";
    Ok(sqlx::query_scalar::<Db, i64>(text).fetch_one(connection).await?)
}

fn reaches(count: i64, most: usize) -> bool {
    usize::try_from(count).is_ok_and(|count| count >= most)
}

/// Takes out what has ended until then. Followers find out by themselves.
async fn forget(connection: &mut Connection, last: Timestamp) -> Result<(), StoreError> {
    let text = "DELETE FROM changes WHERE kind = $1 \
                AND key IN (SELECT token FROM revoked_tokens WHERE expires_at <= $2)";
    sqlx::query::<Db>(text).bind(kind::REVOKED_TOKEN).bind(stored(last)).execute(&mut *connection).await?;
    let text = "DELETE FROM revoked_tokens WHERE expires_at <= $1";
    sqlx::query::<Db>(text).bind(stored(last)).execute(connection).await?;
    Ok(())
}

fn from_row((token, client_id, expires_at): (String, String, i64)) -> RevokedToken {
    let expires_at = Timestamp::from_millis(u64::try_from(expires_at).unwrap_or_default());
    RevokedToken { token: TokenId::from(token), client_id: ClientId::from(client_id), expires_at }
}

fn stored(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}
