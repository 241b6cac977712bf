//! Auth0: Get client grants.

use grantd_model::{ClientGrant, ClientGrantFilter};
use grantd_schema::Operation::ListClientGrants;

use crate::request::{flag, name, text};
use crate::{Caller, Context, Envelope, Error, Listing, Request};

/// Grants, narrowed by client, audience, subject type and more, in order of their ids.
pub async fn list(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Listing<ClientGrant>, Error> {
    caller.require(ListClientGrants)?;
    let query = request.query(ListClientGrants)?;
    let filter = ClientGrantFilter {
        audience: text(&query, "audience").map(Into::into),
        client_id: text(&query, "client_id").map(Into::into),
        allow_any_organization: flag(&query, "allow_any_organization"),
        subject_type: name(&query, "subject_type")?,
        default_for: name(&query, "default_for")?,
        ..ClientGrantFilter::default()
    };
    let paging = Envelope::TotalsFirst.paging(&query)?;
    let page = context.store.list_client_grants(&filter, &paging).await?;
    Ok(Listing::new("client_grants", Envelope::TotalsFirst, paging, page))
}
