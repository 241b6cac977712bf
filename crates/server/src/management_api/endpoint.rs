//! From a request to a use case and back.

use std::sync::Arc;

use axum::body::Body as HttpBody;
use axum::extract::{OriginalUri, RawPathParams, Request as HttpRequest, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use bytes::Bytes;
use grantd_management::{Body, Caller, Context, Error, Request};
use grantd_model::Causes;
use grantd_schema::Operation;
use http::header::LINK;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::authentication::authenticate;
use super::errors::Refusal;
use super::respond::respond;
use crate::State;
use crate::body::{Unread, media_type, read};
use crate::events::management::{self as events, Done};
use crate::rate_limits::{Asking, Gate, Limited};
use crate::watching;

/// The longest body (hapi's default, and Auth0's).
const BODY_LIMIT: usize = 1024 * 1024;
/// The longest one of a whole configuration.
const DOCUMENT_LIMIT: usize = 64 * 1024 * 1024;

/// A use case: an async function of the context, the caller and the request.
pub(crate) trait UseCase<'a>: Clone + Send + Sync + 'static {
    /// What the wire shows.
    type Reply: Serialize + Send;
    /// The call under way.
    type Future: Future<Output = Result<Self::Reply, Error>> + Send + 'a;

    /// Calls it.
    fn call(&self, context: &'a Context, caller: &'a Caller, request: &'a Request) -> Self::Future;
}

impl<'a, F, R, T> UseCase<'a> for F
where
    F: Fn(&'a Context, &'a Caller, &'a Request) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<T, Error>> + Send + 'a,
    T: Serialize + Send,
{
    type Reply = T;
    type Future = R;

    fn call(&self, context: &'a Context, caller: &'a Caller, request: &'a Request) -> R {
        self(context, caller, request)
    }
}

/// What an endpoint says beside what its use case returns.
struct Told<R> {
    /// The status when all goes well.
    success: u16,
    /// What it does, in a sentence for the log.
    summary: &'static str,
    /// Whether it changes the configuration when all goes well.
    changes: bool,
    /// How long its body may be, in bytes.
    longest: usize,
    /// Where to go on, for a `Link` header (RFC 8288).
    link: fn(&R) -> Option<String>,
}

/// The endpoint of an operation of Auth0's.
pub(crate) fn operation<R: Serialize + Send + 'static, U: for<'a> UseCase<'a, Reply = R>>(
    operation: Operation,
    use_case: U,
) -> (Operation, MethodRouter<Arc<State>>) {
    linked(operation, use_case, |_| None)
}

/// The endpoint of an operation whose answers say where to go on.
pub(crate) fn linked<R: Serialize + Send + 'static, U: for<'a> UseCase<'a, Reply = R>>(
    operation: Operation,
    use_case: U,
    link: fn(&R) -> Option<String>,
) -> (Operation, MethodRouter<Arc<State>>) {
    let method = Method::from_bytes(operation.method().as_bytes()).unwrap_or_default();
    let (success, summary) = (operation.success(), operation.summary());
    let told = Told { success, summary, changes: method != Method::GET, longest: BODY_LIMIT, link };
    (operation, described(method, told, use_case))
}

/// The endpoint of an operation of ours: its method, and its status when all goes well.
pub(crate) fn endpoint<R: Serialize + Send + 'static, U: for<'a> UseCase<'a, Reply = R>>(
    method: Method,
    success: u16,
    use_case: U,
) -> MethodRouter<Arc<State>> {
    let summary = "An operation of grantd's own";
    let changes = method != Method::GET;
    described(method, Told { success, summary, changes, longest: BODY_LIMIT, link: |_| None }, use_case)
}

/// The endpoint of an operation of ours that takes a whole configuration; planning one changes nothing.
pub(crate) fn document<R: Serialize + Send + 'static, U: for<'a> UseCase<'a, Reply = R>>(
    summary: &'static str,
    changes: bool,
    use_case: U,
) -> MethodRouter<Arc<State>> {
    let told = Told { success: 200, summary, changes, longest: DOCUMENT_LIMIT, link: |_| None };
    described(Method::POST, told, use_case)
}

fn described<R: Serialize + Send + 'static, U: for<'a> UseCase<'a, Reply = R>>(
    method: Method,
    told: Told<R>,
    use_case: U,
) -> MethodRouter<Arc<State>> {
    let filter = MethodFilter::try_from(method).unwrap_or(MethodFilter::GET);
    let told = Arc::new(told);
    on(filter, async move |Shared(state): Shared<Arc<State>>, path: PathParameters, request: HttpRequest| {
        let gate = Gate::of(&state, Limited::ManagementApi);
        let mut caller = None;
        let mut response = match answer(&state, &gate, &mut caller, path, request, &told, &use_case).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        };
        gate.mark(&mut response);
        let known = response.extensions_mut().remove::<watching::Told>().unwrap_or_default();
        watching::Told { client_id: caller.map(|caller| caller.client_id), ..known }.with(response)
    })
}

async fn answer<R: Serialize + Send, U: for<'a> UseCase<'a, Reply = R>>(
    state: &State,
    gate: &Gate<'_>,
    known: &mut Option<Caller>,
    path: PathParameters,
    request: HttpRequest,
    told: &Told<R>,
    use_case: &U,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    gate.pass_all(asking(&parts))?;
    let caller = &*known.insert(authenticate(state, &parts).await?);
    gate.pass_client(&caller.client_id, asking(&parts))?;
    let changes = told.changes;
    let request = take_apart(path, &parts, body, told.longest).await?;
    let reply = use_case.call(&state.context, caller, &request).await;
    if changes {
        follow(state).await;
    }
    let reply = reply?;
    if changes {
        state.metrics.management_writes.count();
    }
    let status = StatusCode::from_u16(told.success).unwrap_or_default();
    let body = if status == StatusCode::NO_CONTENT {
        Vec::new()
    } else {
        serde_json::to_vec(&reply).map_err(|error| Refusal::from(Error::Defect(error)))?
    };
    let link = (told.link)(&reply).and_then(|link| HeaderValue::try_from(link).ok());
    let (parts, request, summary) = (&parts, &request, told.summary);
    events::done(state, Done { caller, summary, changes, parts, request, status, answer: &body }).await;
    let mut response = respond(status, body.into());
    response.headers_mut().extend(link.map(|link| (LINK, link)));
    Ok(response)
}

/// What the request is, for the rate limits: by the template of its path.
fn asking(parts: &Parts) -> Asking<'_> {
    let Parts { method, headers, extensions, .. } = parts;
    Asking { method: method.as_str(), path: watching::route(extensions), headers, extensions }
}

/// The local snapshot has the change before the response leaves: what was granted works at once. A snapshot that
/// cannot follow now does so later; the change is durable either way.
async fn follow(state: &State) {
    if let Err(error) = state.follower.catch_up().await {
        tracing::warn!(error = %Causes(&*error), "the snapshot does not follow");
    }
}

async fn take_apart(
    path: PathParameters,
    parts: &Parts,
    arriving: HttpBody,
    longest: usize,
) -> Result<Request, Refusal> {
    let PathParameters(path) = path;
    let path = path.ok_or(Refusal::UndecodablePath)?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let media_type = media_type(&parts.headers);
    let bytes = read(arriving, longest).await.map_err(|unread| match unread {
        Unread::TooLong => Refusal::BodyTooLong(longest),
        Unread::TooSlow => Refusal::BodyTooSlow,
        Unread::Broken => Refusal::BodyBroken,
    })?;
    Ok(Request { path, query, body: body(media_type.as_deref(), &bytes) })
}

/// A body without a type is taken for JSON, as hapi does.
fn body(media_type: Option<&str>, bytes: &Bytes) -> Body {
    if bytes.is_empty() {
        return Body::Empty;
    }
    match media_type {
        None | Some("application/json") => Body::Json(bytes.to_vec()),
        Some("application/x-www-form-urlencoded") => Body::Form(bytes.to_vec()),
        Some(json) if json.starts_with("application/") && json.ends_with("+json") => {
            Body::Json(bytes.to_vec())
        }
        Some(other) => Body::Other(other.to_owned()),
    }
}

/// The answer to a path that is not there.
pub(crate) async fn unknown_path(OriginalUri(_): OriginalUri) -> Response {
    Refusal::UnknownPath.into_response()
}

/// The parameters of the path, percent-decoded; none if they are not UTF-8.
pub(crate) struct PathParameters(Option<Vec<(String, String)>>);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for PathParameters {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> Result<Self, Self::Rejection> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self(parameters.ok().map(|parameters| parameters.iter().map(owned).collect())))
    }
}
