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

use grantd_model::{Revision, SigningAlgorithm, SigningKey, SigningKeyKind, SigningKeyState};
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
    let mut changes = missing(context, &[algorithm]).await?;
    changes.push(change);
    commit_all(context, changes).await.map(drop)
}

/// Commits changes, to keys among others. A key that is there already was made by somebody else in between, so the keys
/// were read too early.
pub(crate) async fn commit_all(context: &Context, changes: Vec<Change>) -> Result<Revision, Error> {
    match context.store.commit(changes).await {
        Ok(revision) => Ok(revision),
        Err(StoreError::Duplicate(Noun::SigningKey)) => Err(StoreError::Stale(Noun::SigningKey).into()),
        Err(error) => Err(error.into()),
    }
}

/// The first current and next keys for the algorithms, as far as they are not there.
pub(crate) async fn missing(
    context: &Context,
    algorithms: &[SigningAlgorithm],
) -> Result<Vec<Change>, Error> {
    let mut kinds: Vec<_> = algorithms.iter().filter_map(|one| SigningKeyKind::of(*one)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let keys = context.store.signing_keys().await?;
    let is_there = |kind| keys.iter().any(|key| key.kind == kind && key.state == SigningKeyState::Current);
    let mut made = Vec::new();
    for kind in kinds.into_iter().filter(|kind| !is_there(*kind)) {
        made.push(Change::CreateSigningKey(generate(context, kind).await?.promoted(context.clock.now())));
        made.push(Change::CreateSigningKey(generate(context, kind).await?));
    }
    Ok(made)
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
