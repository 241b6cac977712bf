//! What can be asked and done about an access token after it was issued: introspection (RFC 7662) and revocation
//! (RFC 7009). Both are ours: Auth0 has neither for access tokens.
//!
//! The two endpoints read the same request and answer by the same table of errors; each is one file.

mod asking;
mod errors;
mod introspect;
mod request;
mod revoke;

pub(crate) use self::introspect::introspect;
pub(crate) use self::revoke::revoke;

use std::sync::Arc;

use grantd_decision::Facts;
use grantd_model::SigningAlgorithm;
use grantd_snapshot::Snapshot;
use grantd_token::{InspectError, InspectedToken, inspect};
use http::HeaderName;
use http::header::{CACHE_CONTROL, PRAGMA};

use crate::State;
use crate::oauth::token::newer_than;

/// No answer of these endpoints is ever cached.
const UNCACHED: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];

/// The next snapshot, where there is a reason to ask for one and the store has one.
async fn recheck(state: &State, snapshot: &Snapshot, reason: bool) -> Option<Arc<Snapshot>> {
    if reason { newer_than(state, snapshot.revision()).await } else { None }
}

/// The token, if it is one of ours that has not expired.
fn inspected(state: &State, snapshot: &Snapshot, token: &str) -> Result<InspectedToken, InspectError> {
    let keys = state.signing.keys(snapshot);
    let secret_of = |audience: &str| {
        let api = snapshot.resource_server(audience)?;
        api.signing_secret.clone().filter(|_| api.signing_alg == SigningAlgorithm::HS256)
    };
    inspect(token, keys.ring(), &state.issuer.url, secret_of, state.clock().now())
}
