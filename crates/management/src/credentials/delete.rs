//! Auth0: Delete a client credential.

use grantd_schema::Operation::DeleteCredential;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Request};

/// Removes a credential that does not count for its client; one that is not there is no failure.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteCredential)?;
    request.query(DeleteCredential)?;
    let Some(credential) = super::find(context, request).await? else { return Ok(()) };
    let change = Change::DeleteCredential(credential.record.id);
    context.store.commit(vec![change]).await.map(drop).or_else(gone)
}
