//! Secrets, in the body or in the Authorization header (RFC 6749 §2.3.1).

use grantd_model::{Client, ClientAuthenticationMethods, ClientSecretId, Timestamp, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;

use super::credentials::{Basic, IdAndSecret};
use crate::State;

/// The client with this id, if this is one of its live secrets and it sends it this way. An unknown client takes the
/// same work as a wrong secret.
pub(super) fn client<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    id: &str,
    secret: &str,
    method: TokenEndpointAuthMethod,
    now: Timestamp,
) -> Result<&'s Client, &'static str> {
    let proved = snapshot.client_with_secret(id, secret.as_bytes(), now);
    judge(state, snapshot, id, proved, method, now)
}

/// The client of Basic credentials, as they are or decoded.
pub(super) fn client_by_header<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    basic: &Basic,
    now: Timestamp,
) -> Result<&'s Client, &'static str> {
    let matching = |held: &IdAndSecret| snapshot.client_with_secret(&held.id, held.secret.as_bytes(), now);
    let proved = matching(&basic.plain).or_else(|| basic.decoded.as_ref().and_then(matching));
    judge(state, snapshot, &basic.plain.id, proved, TokenEndpointAuthMethod::ClientSecretBasic, now)
}

/// A public client has to say so in its registration: no method at all still means a secret.
pub(super) fn public_client<'s>(snapshot: &'s Snapshot, id: &str) -> Result<&'s Client, &'static str> {
    let client = snapshot.client(id).ok_or("the client is unknown")?;
    let shows_certificates = |methods: &ClientAuthenticationMethods| methods.is_mutual_tls();
    match client.token_endpoint_auth_method {
        Some(TokenEndpointAuthMethod::None) => Ok(client),
        _ if client.client_authentication_methods.as_ref().is_some_and(shows_certificates) => {
            Err("the request came with no certificate")
        }
        _ => Err("the request has nothing but client_id, and the client is not public"),
    }
}

/// Whether the method is the right one too; the use of the secret is noted then.
fn judge<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    id: &str,
    proved: Option<(&'s Client, ClientSecretId)>,
    method: TokenEndpointAuthMethod,
    now: Timestamp,
) -> Result<&'s Client, &'static str> {
    match proved {
        Some((client, secret)) if client.accepts(method) => {
            state.context.store.note_secret_use(&client.client_id, secret, now);
            Ok(client)
        }
        Some(_) => Err("the client is not registered for this method"),
        None => match snapshot.client(id) {
            Some(client) if client.accepts(method) => Err("the secret is wrong"),
            Some(_) => Err("the client is not registered for this method"),
            None => Err("the client is unknown"),
        },
    }
}
