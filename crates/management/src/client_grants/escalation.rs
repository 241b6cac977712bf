//! No caller grants more than it may.
//!
//! With `create:client_grants` alone a client could give itself, or a friend, every scope of the Management
//! API. So scopes of system APIs can only be handed on by who holds them, unless the deployment says otherwise.
//! Auth0 does not check this: a deliberate difference.

use grantd_model::{ClientGrant, ResourceServer};

use crate::{Caller, Context, Error};

/// Fails if the grant, as it is to be, hands out what the caller does not hold and the grant did not have.
pub(super) async fn check(
    context: &Context,
    caller: &Caller,
    api: &ResourceServer,
    former: Option<&ClientGrant>,
    grant: &ClientGrant,
) -> Result<(), Error> {
    if !api.is_system {
        return Ok(());
    }
    let had =
        |scope: &str| former.and_then(|grant| grant.scope.as_ref()).is_some_and(|had| had.contains(scope));
    let unheld: Vec<String> = grant
        .scope
        .iter()
        .flatten()
        .filter(|scope| !caller.scopes.contains(scope.as_str()) && !had(scope.as_str()))
        .map(ToString::to_string)
        .collect();
    if unheld.is_empty() || context.store.tenant().await?.record.extensions.allow_granting_unheld_scopes {
        return Ok(());
    }
    Err(Error::UnheldScopes(unheld))
}
