//! A federated identity as the wire shows it. All of it is public: keys are the public ones of the issuer.

use grantd_model::{FederatedIdentity, patch};

use crate::{Error, Members};

/// Identifier, client, what is believed, and when it was made and changed.
pub(super) fn view(identity: &FederatedIdentity) -> Result<Members, Error> {
    let mut members = Members::new();
    members.insert("id".into(), identity.id.as_str().into());
    members.insert("client_id".into(), identity.client_id.as_str().into());
    members.extend(patch::to_members(&identity.trust)?);
    members.insert("created_at".into(), identity.created_at.to_string().into());
    members.insert("updated_at".into(), identity.updated_at.to_string().into());
    Ok(members)
}
