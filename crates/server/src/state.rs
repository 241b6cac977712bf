//! What all requests share.

use std::sync::Arc;

use grantd_management::Context;
use grantd_model::{Clock, Entropy};
use grantd_snapshot::Follower;
use grantd_store::Store;
use grantd_token::Issuer;

use crate::client_certificate::ClientCertificates;
use crate::oauth::signing::Signing;

/// One per process.
pub struct State {
    /// Who issues the tokens.
    pub(crate) issuer: Issuer,
    /// What the use cases of the Management API use.
    pub(crate) context: Context,
    /// The configuration that tokens are issued by.
    pub(crate) follower: Arc<Follower>,
    /// The parsed signing keys.
    pub(crate) signing: Signing,
    /// How certificates of clients arrive.
    pub(crate) certificates: Arc<ClientCertificates>,
}

impl State {
    /// The shared state for an issuer on a store, with the world outside as parameters.
    pub fn new(
        issuer: Issuer,
        store: Arc<dyn Store>,
        follower: Arc<Follower>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let context = Context {
            store,
            entropy,
            clock,
            tenant: issuer.host().into(),
            management_audience: issuer.management_api(),
        };
        Self { issuer, context, follower, signing: Signing::default(), certificates: Arc::default() }
    }

    /// Certificates of clients arrive in these ways; the listener must have the same.
    #[must_use]
    pub fn with_client_certificates(self, certificates: Arc<ClientCertificates>) -> Self {
        Self { certificates, ..self }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.context.clock
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.context.entropy
    }
}
