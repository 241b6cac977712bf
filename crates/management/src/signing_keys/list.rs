//! Auth0: Get all application signing keys.

use std::cmp::Reverse;

use grantd_schema::Operation::ListSigningKeys;

use super::view::SigningKeyView;
use crate::{Caller, Context, Error, Request};

/// All keys, revoked ones too: RSA keys first, and of each kind the current, the next and the previous ones, newest
/// first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Vec<SigningKeyView>, Error> {
    caller.require(ListSigningKeys)?;
    request.query(ListSigningKeys)?;
    let mut keys = context.store.signing_keys().await?;
    keys.sort_by_key(|key| (key.kind, key.state, Reverse(key.current_since)));
    keys.into_iter().map(SigningKeyView::of).collect()
}
