//! A client of an organization as the wire shows it: with what everybody may know of the client (recorded).

use grantd_model::OrganizationClient;
use grantd_model::patch::{self, Members};

use crate::{Context, Error};

/// What is shown of the client, in this order.
const SHOWN: [&str; 5] = ["name", "app_type", "logo_uri", "is_first_party", "grant_types"];

/// The client with its association.
pub(super) async fn view(context: &Context, added: &OrganizationClient) -> Result<Members, Error> {
    let client = context.store.get_client(&added.client).await?;
    let client = client.map(|client| patch::to_members(&client.record)).transpose()?.unwrap_or_default();
    let shown = SHOWN.iter().filter_map(|name| Some(((*name).to_owned(), client.get(*name)?.clone())));
    let mut members = association(added);
    members.insert("client".into(), shown.collect::<Members>().into());
    members.shift_insert(0, "client_id".into(), added.client.as_str().into());
    Ok(members)
}

/// What is said of the client, as organizations show it.
pub(in crate::organizations) fn association(added: &OrganizationClient) -> Members {
    Members::from_iter([("use_for_member_access".to_owned(), added.use_for_member_access.into())])
}
