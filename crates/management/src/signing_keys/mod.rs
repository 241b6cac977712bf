//! The keys that sign tokens (Auth0: Signing keys).

mod get;
mod list;
mod revoke;
mod rotate;
mod rotate_if_due;
mod view;

pub use get::get;
pub use list::list;
pub use revoke::revoke;
pub use rotate::rotate;
pub use rotate_if_due::rotate_if_due;
pub use view::{SigningKeyReference, SigningKeyView};

use std::sync::Arc;

use grantd_model::{SigningAlgorithm, SigningKey, SigningKeyKind, SigningKeyState};
use grantd_store::{Change, Noun, StoreError};
use grantd_token::generate_signing_key;

use crate::{Context, Error, Inexistent};

/// Commits a change to an API together with the keys that it is the first to need: whoever never uses a kind of key
/// never publishes one, since there are verifiers that cannot read a set with keys that they do not know.
pub(crate) async fn commit_with_keys(
    context: &Context,
    algorithm: SigningAlgorithm,
    change: Change,
) -> Result<(), Error> {
    let mut changes = missing(context, algorithm).await?;
    changes.push(change);
    commit(context, changes).await
}

/// Commits changes to keys. One that is there already was made by somebody else in between, so the keys were read too
/// early.
async fn commit(context: &Context, changes: Vec<Change>) -> Result<(), Error> {
    match context.store.commit(changes).await {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(Noun::SigningKey)) => Err(StoreError::Stale(Noun::SigningKey).into()),
        Err(error) => Err(error.into()),
    }
}

/// The first current and next key for the algorithm, unless they are there.
async fn missing(context: &Context, algorithm: SigningAlgorithm) -> Result<Vec<Change>, Error> {
    let Some(kind) = SigningKeyKind::of(algorithm) else { return Ok(Vec::new()) };
    let keys = context.store.signing_keys().await?;
    if keys.iter().any(|key| key.kind == kind && key.state == SigningKeyState::Current) {
        return Ok(Vec::new());
    }
    let current = generate(context, kind).await?.promoted(context.clock.now());
    let next = generate(context, kind).await?;
    Ok(vec![Change::CreateSigningKey(current), Change::CreateSigningKey(next)])
}

/// A new next key. RSA keys take a while, so no other request waits for them.
async fn generate(context: &Context, kind: SigningKeyKind) -> Result<SigningKey, Error> {
    let (host, now, entropy) =
        (Arc::clone(&context.tenant), context.clock.now(), Arc::clone(&context.entropy));
    let made = tokio::task::spawn_blocking(move || generate_signing_key(kind, &host, now, &*entropy)).await;
    let failed = |error: &dyn std::error::Error| Error::Crypto(error.to_string());
    made.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

async fn load(context: &Context, kid: &str) -> Result<SigningKey, Error> {
    let keys = context.store.signing_keys().await?;
    keys.into_iter().find(|key| key.kid.as_str() == kid).ok_or(Error::NotFound(Inexistent::SigningKey))
}
