//! Changing what is said of a client in an organization.

use grantd_model::OrganizationClient;
use grantd_schema::Operation::UpdateOrganizationClient;
use grantd_store::Change;

use super::view::view;
use crate::request::flag;
use crate::{Caller, Context, Error, Members, Request};

/// Replaces what is said of a client in an organization.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(UpdateOrganizationClient)?;
    let body = request.payload(UpdateOrganizationClient)?;
    let former = super::load(context, request).await?;
    let use_for_member_access = flag(&body, "use_for_member_access").unwrap_or(former.use_for_member_access);
    let updated = OrganizationClient { use_for_member_access, ..former };
    context.store.commit(vec![Change::UpdateOrganizationClient(updated.clone())]).await?;
    view(context, &updated).await
}
