//! Auth0: Revoke an application signing key by its key id.

use grantd_schema::Operation::RevokeSigningKey;
use grantd_store::Change;

use super::view::SigningKeyReference;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Request};

/// Revokes a previous key: it leaves the key set, and its tokens no longer count here. Once more is no failure.
pub async fn revoke(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<SigningKeyReference, Error> {
    caller.require(RevokeSigningKey)?;
    request.query(RevokeSigningKey)?;
    while_stale(|| attempt(context, request.parameter("kid"))).await
}

async fn attempt(context: &Context, kid: &str) -> Result<SigningKeyReference, Error> {
    let key = super::load(context, kid).await?;
    if key.revoked_at.is_some() {
        return Ok(key.into());
    }
    let former = key.state;
    let key = key.revoked(context.clock.now())?;
    context.store.commit(vec![Change::UpdateSigningKey { key: key.clone(), former }]).await?;
    Ok(key.into())
}
