//! The endpoints of what Auth0 has and grantd does not: reading answers from the table, writing is refused.

use std::future::ready;
use std::sync::Arc;

use axum::routing::MethodRouter;
use grantd_management::elsewhere::Elsewhere;
use grantd_management::{Caller, Context, Request};
use http::Method;

use super::endpoint::endpoint;
use crate::State;

/// All methods of one path.
pub(crate) fn elsewhere(row: &'static Elsewhere) -> MethodRouter<Arc<State>> {
    let read = |_: &Context, caller: &Caller, request: &Request| ready(row.read(caller, request));
    let write = |_: &Context, caller: &Caller, _: &Request| ready(row.write(caller));
    [Method::POST, Method::PATCH, Method::PUT, Method::DELETE]
        .into_iter()
        .fold(endpoint(Method::GET, 200, read), |routes, method| routes.merge(endpoint(method, 200, write)))
}
