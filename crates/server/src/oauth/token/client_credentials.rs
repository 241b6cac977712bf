//! The client credentials grant (RFC 6749 §4.4): the client asks for itself.

use grantd_decision::{AccessRequest, Decision, Facts, Possession};
use grantd_model::CLIENT_CREDENTIALS;

use super::request::TokenRequest;
use crate::oauth::client_authentication::AuthenticatedClient;

/// Decides what the client gets for itself.
pub(super) fn decide<'f>(
    facts: &'f dyn Facts,
    client: &AuthenticatedClient<'f>,
    request: &'f TokenRequest<'_>,
    possession: Possession<'f>,
) -> Decision<'f> {
    let request = AccessRequest {
        client: client.client(),
        grant_type: CLIENT_CREDENTIALS,
        audience: request.audience.as_deref(),
        resource: request.resource.as_deref(),
        scope: request.scope.as_deref(),
        organization: request.organization.as_deref(),
        possession,
    };
    grantd_decision::decide(&request, facts)
}
