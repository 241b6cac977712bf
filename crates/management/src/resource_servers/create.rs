//! Auth0: Create a resource server.

use grantd_model::{ResourceServer, ResourceServerId, Secret, SigningAlgorithm, alphanumeric};
use grantd_schema::Operation::CreateResourceServer;
use grantd_store::Change;

use super::view::view;
use crate::retry::while_stale;
use crate::signing_keys::commit_with_keys;
use crate::{Caller, Context, Error, Members, Request};

/// Length of a generated HS256 secret, in characters: about 380 bits.
const SIGNING_SECRET: usize = 64;

/// Adds an API.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(CreateResourceServer)?;
    let body = request.payload(CreateResourceServer)?;
    let id = ResourceServerId::generate(&*context.entropy);
    let api = with_secret(context, super::checked(ResourceServer::from_request(&id, body)?)?);
    let create = || Change::CreateResourceServer(api.clone());
    while_stale(|| commit_with_keys(context, api.signing_alg, create())).await?;
    view(&*context.store, &api).await
}

/// An API that signs with a secret has one.
pub(crate) fn with_secret(context: &Context, mut api: ResourceServer) -> ResourceServer {
    if api.signing_alg == SigningAlgorithm::HS256 && api.signing_secret.is_none() {
        api.signing_secret = Some(Secret::from(alphanumeric(&*context.entropy, SIGNING_SECRET)));
    }
    api
}
