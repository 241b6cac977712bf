//! Auth0: Delete a log stream.

use grantd_schema::Operation::DeleteLogStream;
use grantd_store::Change;

use crate::{Caller, Context, Error, Request};

/// Removes a stream; what it has not delivered is not delivered any more.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteLogStream)?;
    request.query(DeleteLogStream)?;
    let id = request.parameter("id").into();
    context.store.commit(vec![Change::DeleteLogStream(id)]).await?;
    Ok(())
}
