//! When secrets were last used: written outside of the revision, read when somebody asks.

use std::collections::HashMap;

use grantd_model::{Client, ClientId, ClientSecretId, Timestamp};

use super::{Connection, Db, Write};
use crate::StoreError;
use crate::secret_uses::SecretUse;

/// The last uses that were written, by secret.
pub(crate) async fn of_client(
    connection: &mut Connection,
    client: &ClientId,
) -> Result<HashMap<ClientSecretId, Timestamp>, StoreError> {
    let text =
        "SELECT secret_id, last_used_at FROM client_secret_uses WHERE client_id = $1 ORDER BY secret_id";
    let rows = sqlx::query_as::<Db, (String, i64)>(text).bind(client.as_str()).fetch_all(connection).await?;
    let uses = rows.into_iter().filter_map(|(secret, millis)| {
        Some((ClientSecretId::parse(&secret)?, Timestamp::from_millis(u64::try_from(millis).ok()?)))
    });
    Ok(uses.collect())
}

/// Writes a use, unless a later one is written, or the client is gone.
pub(crate) async fn put(connection: &mut Connection, used: &SecretUse) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO client_secret_uses (client_id, secret_id, last_used_at) \
         SELECT client_id, $2, $3 FROM clients WHERE client_id = $1 \
         ON CONFLICT (client_id, secret_id) DO UPDATE SET last_used_at = excluded.last_used_at \
         WHERE excluded.last_used_at > client_secret_uses.last_used_at",
    )
    .bind(used.client.as_str())
    .bind(used.secret.to_string())
    .bind(i64::try_from(used.at.millis()).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the uses of secrets that the client does not have any more.
pub(crate) async fn keep(write: &mut Write<'_>, client: &Client) -> Result<(), StoreError> {
    for secret in of_client(write.connection, &client.client_id).await?.into_keys() {
        if client.secrets().all(|held| held.id != secret) {
            let text = "DELETE FROM client_secret_uses WHERE client_id = $1 AND secret_id = $2";
            let delete = sqlx::query::<Db>(text).bind(client.client_id.as_str()).bind(secret.to_string());
            delete.execute(&mut *write.connection).await?;
        }
    }
    Ok(())
}

/// Forgets all uses of a client's secrets.
pub(crate) async fn delete_of_client(write: &mut Write<'_>, client: &ClientId) -> Result<(), StoreError> {
    let text = "DELETE FROM client_secret_uses WHERE client_id = $1";
    sqlx::query::<Db>(text).bind(client.as_str()).execute(&mut *write.connection).await?;
    Ok(())
}
