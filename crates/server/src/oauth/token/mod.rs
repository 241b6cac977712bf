//! `POST /oauth/token`: the steps are the code.
//!
//! Pass the gate of the rate limits, parse, stand in line, look at the keys that the request possesses, take one snapshot, authenticate,
//! spend what works once, decide, issue, answer. The yes-path does no I/O but for what `replays` has to note and `federated` has to fetch.
//! A refusal is checked against the store once more before it is spoken: whatever led to it may have changed on
//! another node, and what that node has just been told works here at once.

mod client_credentials;
mod errors;
mod request;
mod response;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use grantd_model::{Causes, ClientId, Revision};
use grantd_snapshot::Snapshot;
use grantd_token::{IssuedToken, issue};
use http::request::Parts;
use http::{Extensions, HeaderMap};
use tokio::time::timeout;
use tracing::{Instrument, debug_span};

use self::errors::TokenError;
use self::request::TokenRequest;
use self::response::TokenResponse;
use crate::State;
use crate::body::{Unread, read};
use crate::client_certificate::presented;
use crate::events::Origin;
use crate::events::exchange::{Asked, issued};
use crate::oauth::client_authentication::{AuthenticatedClient, authenticate};
use crate::oauth::possession::{Proved, Target};
use crate::oauth::quotas::Standings;
use crate::rate_limits::{Asking, Gate, Limited};
use crate::watching::Told;

/// The longest body: a request is a few hundred bytes, its scopes can make it longer.
pub(super) const BODY_LIMIT: usize = 64 * 1024;
/// How long a refusal waits for the store. A store that hangs must not hold up what it can say no more about.
const RECHECK: Duration = Duration::from_secs(2);

/// The token endpoint (RFC 6749 §3.2).
pub(crate) async fn token(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let (Parts { headers, extensions, .. }, body) = request.into_parts();
    let origin = Origin::of(&headers, &extensions);
    let gate = Gate::of(&state, Limited::TokenEndpoint);
    let arrived =
        Arrived { state: &state, gate: &gate, origin: &origin, headers: &headers, extensions: &extensions };
    let mut response = match arrived.answer(body).await {
        Ok(Issued { client, token, quotas }) => {
            Told::of_client(client).with(TokenResponse::new(token, quotas).into_response())
        }
        Err((error, asked)) => {
            error.record(&state, &origin, &asked);
            error.into_response()
        }
    };
    gate.mark(&mut response);
    response
}

/// A token, whose it is, and how the quotas stand that it counts in.
struct Issued {
    client: ClientId,
    token: IssuedToken,
    quotas: Standings,
}

/// A refusal, and what was asked for, as far as it could be read.
type Refusal = (TokenError, Asked);

/// A request of which the body is still to come.
struct Arrived<'r> {
    state: &'r State,
    gate: &'r Gate<'r>,
    origin: &'r Origin<'r>,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
}

impl Arrived<'_> {
    /// What the request is, for the rate limits.
    fn asking(&self) -> Asking<'_> {
        Asking { method: "POST", path: "/oauth/token", headers: self.headers, extensions: self.extensions }
    }

    async fn answer(&self, body: Body) -> Result<Issued, Refusal> {
        let unknown = |error| (error, Asked::default());
        self.gate.pass_all(self.asking()).map_err(|many| unknown(many.into()))?;
        let body = read(body, BODY_LIMIT).await.map_err(|unread| match unread {
            Unread::TooLong => unknown(TokenError::BodyTooLong),
            Unread::TooSlow => unknown(TokenError::BodyTooSlow),
            Unread::Broken => unknown(TokenError::invalid_request("the request body broke off")),
        })?;
        let request = TokenRequest::parse(self.headers, &body).map_err(unknown)?;
        self.state.admission.pass().await.map_err(|overloaded| {
            self.state.metrics.overloaded.count();
            unknown(overloaded.into())
        })?;
        let issued = self.state.admission.work(pin!(self.exchange(&request))).await;
        issued.map_err(|error| (error, request.asked()))
    }

    async fn exchange(&self, request: &TokenRequest<'_>) -> Result<Issued, TokenError> {
        let Self { state, headers, .. } = self;
        let (url, alias) = (&*state.endpoints.token, state.endpoints.token_alias.as_deref());
        let target = Target { method: "POST", url, alias, access_token: None };
        let proved = Proved::by(headers, presented(self.extensions, headers)?, target, state.clock().now())?;
        let snapshot = state.follower.current()?;
        let exchange = Exchange { arrived: self, request, proved: &proved, spent: AtomicBool::new(false) };
        match exchange.at(&snapshot).await {
            Err(refusal) if refusal.may_be_outdated() => match newer_than(state, snapshot.revision()).await {
                Some(newer) => exchange.at(&newer).await,
                None => Err(refusal),
            },
            outcome => outcome,
        }
    }
}

/// A request, and what is known of it without the configuration.
struct Exchange<'r> {
    arrived: &'r Arrived<'r>,
    request: &'r TokenRequest<'r>,
    proved: &'r Proved,
    spent: AtomicBool,
}

impl Exchange<'_> {
    /// The exchange by one revision of the configuration.
    async fn at(&self, snapshot: &Snapshot) -> Result<Issued, TokenError> {
        let Self { arrived: Arrived { state, origin, .. }, request, proved, .. } = self;
        let certificate = proved.certificate.as_deref();
        let authenticating = authenticate(state, snapshot, &request.credentials, certificate);
        let client = authenticating.instrument(debug_span!("authenticate")).await?;
        self.spend(&client).instrument(debug_span!("spend")).await?;
        let decide = || client_credentials::decide(snapshot, &client, request, proved.possession());
        let decision = debug_span!("decide").in_scope(decide);
        let authorization =
            decision.into_authorization().map_err(|denial| TokenError::denied(&client, denial))?;
        let keys = state.signing.keys(snapshot);
        let signer = keys.current(authorization.api.signing_alg).ok_or(TokenError::NoSigningKey)?;
        let counting = state.quotas.take(state, snapshot, &authorization);
        let counted = counting.instrument(debug_span!("count")).await?;
        let begun = Instant::now();
        let issue = || issue(&authorization, &state.issuer.url, signer, state.clock().now(), state.entropy());
        let token = debug_span!("issue").in_scope(issue)?;
        state.metrics.issued(authorization.api.signing_alg, begun.elapsed());
        issued(state, origin, &authorization, &token);
        let client = authorization.client.client_id.clone();
        let quotas = counted.spend();
        if quotas != Standings::default() {
            state.metrics.quota_counted.count();
        }
        Ok(Issued { client, token, quotas })
    }

    /// Spends what works once, whatever comes of the request: one of the client's requests first, so that one too many
    /// spends nothing else. One request spends it once, though its denial is checked against the next revision.
    async fn spend(&self, client: &AuthenticatedClient<'_>) -> Result<(), TokenError> {
        if self.spent.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Self { arrived: arrived @ Arrived { state, gate, .. }, proved, .. } = self;
        gate.pass_client(&client.client().client_id, arrived.asking())?;
        let (store, now) = (&*state.context.store, state.clock().now());
        if let Some(once) = client.once() {
            let claimed = state.replays.claim(store, once, now).await;
            claimed.map_err(|spent| TokenError::assertion_spent(client, spent))?;
        }
        if let Some(once) = proved.once() {
            let claimed = state.replays.claim(store, once, now).await;
            claimed.map_err(TokenError::proof_spent)?;
        }
        self.spent.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// The snapshot after asking the store, if it is another than the one of this revision.
pub(super) async fn newer_than(state: &State, revision: Revision) -> Option<Arc<Snapshot>> {
    match timeout(RECHECK, state.follower.catch_up()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %Causes(&*error), "a refusal could not be checked");
        }
        Err(_) => tracing::warn!("the store took too long to check a refusal"),
    }
    state.follower.current().ok().filter(|newest| newest.revision() != revision)
}
