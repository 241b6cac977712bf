//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_management::Context;
use grantd_model::{Causes, Clock, Entropy};
use grantd_outbound::{KeySets, Outbound};
use grantd_snapshot::Follower;
use grantd_store::{Store, StoreError};
use grantd_token::{Issuer, OutsideKeys};

use crate::admission::Admission;
use crate::client_certificate::ClientCertificates;
use crate::management_api::KnownTokens;
use crate::metrics::Metrics;
use crate::oauth::quotas::Ledger;
use crate::oauth::replays::Replays;
use crate::oauth::signing::Signing;
use crate::rate_limits::Buckets;
use crate::recorder::Recorder;

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
    /// Tokens of the Management API that were verified a moment ago.
    pub(crate) known_tokens: KnownTokens,
    /// The keys of outside issuers; none if nobody is asked for them.
    pub(crate) outside_keys: Option<KeySets<OutsideKeys>>,
    /// How certificates of clients arrive.
    pub(crate) certificates: Arc<ClientCertificates>,
    /// What works once, and was used.
    pub(crate) replays: Replays,
    /// How many tokens of the quotas are issued.
    pub(crate) quotas: Ledger,
    /// The line before the work of the token endpoint.
    pub(crate) admission: Admission,
    /// What is left of the rate limits.
    pub(crate) buckets: Buckets,
    /// What is counted of requests.
    pub(crate) metrics: Metrics,
    /// Set when the server stops.
    pub(crate) stopping: AtomicBool,
    /// Where requests go.
    pub(crate) endpoints: Endpoints,
    /// The way of events to the log.
    pub(crate) recorder: Arc<Recorder>,
}

/// URLs that proofs of possession are made for.
pub(crate) struct Endpoints {
    /// The token endpoint.
    pub(crate) token: String,
    /// The token endpoint for clients with certificates, where it is another (RFC 8705 §5).
    pub(crate) token_alias: Option<String>,
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
        let buckets = Buckets::new(store.is_shared());
        let context = Context {
            store,
            log: None,
            entropy,
            clock,
            tenant: issuer.host().into(),
            management_audience: issuer.management_api(),
            may_ask: Arc::new(|_| Err("this server asks nobody".to_owned())),
            has_log_files: false,
        };
        Self {
            endpoints: Endpoints { token: format!("{}oauth/token", issuer.url), token_alias: None },
            issuer,
            context,
            follower,
            signing: Signing::default(),
            known_tokens: KnownTokens::default(),
            outside_keys: None,
            certificates: Arc::default(),
            replays: Replays::none(),
            quotas: Ledger::default(),
            admission: Admission::default(),
            buckets,
            metrics: Metrics::default(),
            stopping: AtomicBool::new(false),
            recorder: Arc::new(Recorder::none()),
        }
    }

    /// Certificates of clients arrive in these ways; the listener must have the same.
    #[must_use]
    pub fn with_client_certificates(self, certificates: Arc<ClientCertificates>) -> Self {
        let token_alias = certificates.url().map(|base| format!("{base}oauth/token"));
        Self { endpoints: Endpoints { token_alias, ..self.endpoints }, certificates, ..self }
    }

    /// The state of a server that starts on a store that others were on before: what was used once and may not be
    /// used again is known, or refused where it is not.
    pub async fn taking_over(mut self) -> Result<Self, StoreError> {
        self.replays = Replays::take_over(&*self.context.store, self.clock().now()).await?;
        Ok(self)
    }

    /// From now on the server says that it takes no more requests; called when it begins to stop.
    pub fn stops(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Leaves to the next server what it has to know; called when no request is under way any more.
    pub async fn hand_over(&self) {
        self.replays.leave(&*self.context.store, self.clock().now()).await;
        if let Err(error) = self.context.store.return_quota(self.quotas.close().await).await {
            tracing::warn!(error = %Causes(&error), "what is reserved of quotas and was not issued is wasted");
        }
    }

    /// What happens is recorded there.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Arc<Recorder>) -> Self {
        self.context.log = recorder.log().cloned();
        Self { recorder, ..self }
    }

    /// Log streams may lead into files.
    #[must_use]
    pub fn with_log_files(mut self) -> Self {
        self.context.has_log_files = true;
        self
    }

    /// The keys of outside issuers are asked for in this way.
    #[must_use]
    pub fn with_outbound(mut self, outbound: Outbound) -> Self {
        let policy = outbound.policy().clone();
        self.context.may_ask = Arc::new(move |url| policy.check(url).map_err(|why| why.to_string()));
        let parse = |jwks: &[u8]| OutsideKeys::parse(jwks).map_err(|error| error.to_string());
        self.outside_keys = Some(KeySets::new(outbound, parse));
        self
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.context.clock
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.context.entropy
    }
}
