//! `POST /grantd/v1/clients/{client_id}/federated_identities`

use grantd_model::{FederatedIdentity, FederatedIdentityId, Trust};
use grantd_schema::Part;
use grantd_store::Change;

use super::schemas::CREATE;
use super::view::view;
use crate::extensions::query;
use crate::{Caller, Context, Error, Members, Request, authority};

/// Lets tokens of an outside issuer count as the client's proof. Whoever has them can do what the client can, so the
/// caller has to hold its Management API scopes.
pub async fn create_federated_identity(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Members, Error> {
    caller.require_any(&["create:client_credentials"])?;
    query::check_none(&request.query)?;
    let body = request.json()?;
    CREATE.check(Part::Payload, &body)?;
    let client_id = super::client(context, request).await?;
    authority::check_secret(context, caller, &client_id).await?;
    let trust: Trust = serde_json::from_value(body)?;
    super::check(context, &trust)?;
    let id = FederatedIdentityId::generate(&*context.entropy);
    let now = context.clock.now();
    let identity = FederatedIdentity { id, client_id, trust, created_at: now, updated_at: now };
    context.store.commit(vec![Change::CreateFederatedIdentity(identity.clone())]).await?;
    view(&identity)
}
