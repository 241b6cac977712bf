//! What may be used once, and was.

use grantd_model::Timestamp;

use super::{Connection, Db};
use crate::{FormerUses, OneTimeUse, StoreError};

/// Milliseconds that a use is kept after its end: a clock that was ahead and comes back makes it matter again.
const KEPT: u64 = 3_600_000;

/// Notes the uses; no if one of them is noted already. Those that ended an hour ago go.
pub(crate) async fn note(
    connection: &mut Connection,
    uses: &[OneTimeUse],
    now: Timestamp,
) -> Result<bool, StoreError> {
    forget(connection, now).await?;
    let mut first = true;
    for used in uses {
        let text =
            "INSERT INTO one_time_uses (digest, until) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        let noted = sqlx::query::<Db>(text).bind(used.digest.as_slice()).bind(stored(used.until));
        first &= noted.execute(&mut *connection).await?.rows_affected() == 1;
    }
    Ok(first)
}

/// Notes the uses of a server that stops, and that they are all.
pub(crate) async fn leave(
    connection: &mut Connection,
    uses: &[OneTimeUse],
    now: Timestamp,
) -> Result<(), StoreError> {
    note(connection, uses, now).await?;
    let text = "INSERT INTO clean_stop (one) VALUES (1) ON CONFLICT (one) DO NOTHING";
    sqlx::query::<Db>(text).execute(connection).await?;
    Ok(())
}

/// The uses that are kept still, and whether they are all that matter; from now on they are not.
pub(crate) async fn take_over(connection: &mut Connection, now: Timestamp) -> Result<FormerUses, StoreError> {
    let clean = sqlx::query::<Db>("DELETE FROM clean_stop").execute(&mut *connection).await?;
    let text = "SELECT digest, until FROM one_time_uses WHERE until > $1 ORDER BY until, digest";
    let rows = sqlx::query_as::<Db, (Vec<u8>, i64)>(text).bind(ended(now)).fetch_all(connection).await?;
    let uses = rows.into_iter().filter_map(|(digest, until)| {
        let until = Timestamp::from_millis(u64::try_from(until).ok()?);
        Some(OneTimeUse { digest: digest.try_into().ok()?, until })
    });
    Ok(FormerUses { uses: uses.collect(), complete: clean.rows_affected() == 1 })
}

async fn forget(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    let text = "DELETE FROM one_time_uses WHERE until <= $1";
    sqlx::query::<Db>(text).bind(ended(now)).execute(connection).await?;
    Ok(())
}

/// The end of uses that go by now.
fn ended(now: Timestamp) -> i64 {
    stored(Timestamp::from_millis(now.millis().saturating_sub(KEPT)))
}

fn stored(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}
