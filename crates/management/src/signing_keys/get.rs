//! Auth0: Get an application signing key by its key id.

use grantd_schema::Operation::GetSigningKey;

use super::view::SigningKeyView;
use crate::{Caller, Context, Error, Request};

/// One key by its `kid`.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<SigningKeyView, Error> {
    caller.require(GetSigningKey)?;
    request.query(GetSigningKey)?;
    SigningKeyView::of(super::load(context, request.parameter("kid")).await?)
}
