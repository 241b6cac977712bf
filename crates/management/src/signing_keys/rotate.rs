//! Auth0: Rotate the application signing key.

use grantd_model::{KeyRotation, SigningKey};
use grantd_schema::Operation::RotateSigningKeys;
use grantd_store::Change;

use super::view::SigningKeyReference;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Request};

/// The next keys sign from now on, the current ones no longer; the answer is the RSA key that is next then.
pub async fn rotate(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<SigningKeyReference, Error> {
    caller.require(RotateSigningKeys)?;
    request.query(RotateSigningKeys)?;
    while_stale(|| attempt(context)).await.map(SigningKeyReference::from)
}

/// Two rotations at once are one: the second finds its keys in other states, and its new next key too young.
pub(super) async fn attempt(context: &Context) -> Result<SigningKey, Error> {
    let keys = context.store.signing_keys().await?;
    let rotation = KeyRotation::of(&keys, context.clock.now())?;
    let mut made = Vec::with_capacity(rotation.kinds.len());
    for kind in rotation.kinds {
        made.push(super::generate(context, kind).await?);
    }
    let moved = rotation.moved.into_iter().map(|(key, former)| Change::UpdateSigningKey { key, former });
    let changes = moved
        .chain(made.iter().cloned().map(Change::CreateSigningKey))
        .chain(rotation.outlived.into_iter().map(Change::DeleteSigningKey));
    super::commit_all(context, changes.collect()).await?;
    let first = made.into_iter().min_by_key(|key| key.kind);
    first.ok_or_else(|| Error::Crypto("there is no signing key to rotate".into()))
}
