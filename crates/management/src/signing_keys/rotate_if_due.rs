//! Rotation on a schedule, if the deployment asks for it (an extension of ours).

use grantd_model::{KeyId, SigningKey, SigningKeyKind, SigningKeyState};

use super::rotate;
use crate::retry::while_stale;
use crate::{Context, Error};

const DAY: u64 = 86_400;

/// Rotates the keys if the current one has signed for as long as the settings say; the answer is the key that is next
/// then. Several nodes may ask at once: one of them rotates.
pub async fn rotate_if_due(context: &Context) -> Result<Option<KeyId>, Error> {
    match while_stale(|| attempt(context)).await {
        // It is due, and has to wait a moment.
        Err(Error::Rotation(_)) => Ok(None),
        outcome => outcome,
    }
}

async fn attempt(context: &Context) -> Result<Option<KeyId>, Error> {
    let Some(days) = context.store.tenant().await?.record.extensions.signing_key_rotation_days else {
        return Ok(None);
    };
    let current = context.store.signing_keys().await?.into_iter().find(signs_by_default);
    let now = context.clock.now();
    if current.is_some_and(|key| !key.has_signed_for(u64::from(days) * DAY, now)) {
        return Ok(None);
    }
    rotate::attempt(context).await.map(|next| Some(next.kid))
}

fn signs_by_default(key: &SigningKey) -> bool {
    key.kind == SigningKeyKind::Rsa2048 && key.state == SigningKeyState::Current
}
