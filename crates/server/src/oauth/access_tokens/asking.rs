//! Who asks about a token: a request with its certificate, and the client that it proves to be from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_snapshot::Snapshot;
use http::{Extensions, HeaderMap};

use super::errors::AccessTokenError;
use super::request::AccessTokenRequest;
use crate::State;
use crate::client_certificate::{ClientCertificate, presented};
use crate::oauth::client_authentication::{AuthenticatedClient, authenticate};

/// A request about a token, and what came with it.
pub(super) struct Asking<'r> {
    pub(super) state: &'r State,
    pub(super) request: &'r AccessTokenRequest<'r>,
    certificate: Option<Arc<ClientCertificate>>,
    spent: AtomicBool,
}

impl<'r> Asking<'r> {
    pub(super) fn new(
        state: &'r State,
        request: &'r AccessTokenRequest<'r>,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, AccessTokenError> {
        let certificate = presented(extensions, headers)?;
        Ok(Self { state, request, certificate, spent: AtomicBool::new(false) })
    }

    /// The client by one revision of the configuration. One request spends its assertion once, though its refusal is
    /// checked against the next revision.
    pub(super) async fn client<'s>(
        &self,
        snapshot: &'s Snapshot,
    ) -> Result<AuthenticatedClient<'s>, AccessTokenError> {
        let Self { state, request, certificate, spent } = self;
        let client = authenticate(state, snapshot, &request.credentials, certificate.as_deref()).await?;
        if let Some(once) = client.once()
            && !spent.load(Ordering::Relaxed)
        {
            let claimed = state.replays.claim(&*state.context.store, once, state.clock().now()).await;
            claimed.map_err(|spent| AccessTokenError::assertion_spent(&client, spent))?;
            spent.store(true, Ordering::Relaxed);
        }
        Ok(client)
    }
}
