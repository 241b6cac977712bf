//! Very many clients with a grant each: copies of one that the Management API has made, committed by thousands through
//! the store that the server itself writes with. A million requests would take most of an hour.

use grantd_model::{
    Audience, Client, ClientGrant, ClientGrantId, ClientId, ClientSecret, OrganizationId, Secret, Timestamp,
};
use grantd_store::{Change, Store};

use crate::Outcome;
use crate::caller::Caller;

/// Clients that one commit makes, each with its grant.
const AT_ONCE: usize = 2_000;

/// The identifier of a copied grant.
pub(crate) fn copied_grant(number: usize) -> String {
    format!("cgr_{number:016}")
}

/// The identifier and the secret of a copied client.
pub(crate) fn copied_client(number: usize) -> (String, String) {
    (format!("Copy{number:028}"), format!("secret-of-{number:054}"))
}

/// The one that is copied.
pub(crate) struct Template {
    client: Client,
    grant: ClientGrant,
    organization: Option<OrganizationId>,
}

impl Template {
    /// What the Management API has answered with these identifiers.
    pub(crate) async fn read(store: &dyn Store, client_id: &str, grant_id: &str) -> Outcome<Self> {
        let client = store.get_client(&ClientId::from(client_id)).await?.ok_or("there is no such client")?;
        let grant = store.get_client_grant(&ClientGrantId::from(grant_id)).await?;
        let grant = grant.ok_or("there is no such grant")?.record;
        Ok(Self { client: client.record, grant, organization: None })
    }

    /// The same, each grant of which this organization may use, too.
    pub(crate) fn for_organization(self, organization: &str) -> Self {
        Self { organization: Some(OrganizationId::from(organization)), ..self }
    }

    /// Makes so many more, with grants for these APIs in turns, and says who they are.
    pub(crate) async fn multiply(
        &self,
        store: &dyn Store,
        number: usize,
        audience: impl Fn(usize) -> String,
    ) -> Outcome<Vec<Caller>> {
        let mut callers = Vec::with_capacity(number);
        let mut told = 0;
        while callers.len() < number {
            let first = callers.len();
            let mut changes = Vec::with_capacity(2 * AT_ONCE);
            for number in first..number.min(first + AT_ONCE) {
                let audience = audience(number);
                let (client, grant, caller) = self.copy(number, audience);
                let id = grant.id.clone();
                changes.extend([Change::CreateClient(client), Change::CreateClientGrant(grant)]);
                changes.extend(self.organization.clone().map(|organization| {
                    Change::AddClientGrantToOrganization { organization, client_grant: id }
                }));
                callers.push(caller);
            }
            store.commit(changes).await?;
            let tenth = callers.len() * 10 / number;
            if tenth > told {
                told = tenth;
                eprintln!("filling: {} of {number} copies", callers.len());
            }
        }
        Ok(callers)
    }

    fn copy(&self, number: usize, audience: String) -> (Client, ClientGrant, Caller) {
        let (id, secret) = copied_client(number);
        let value = Secret::from(secret.clone().into_bytes());
        let client = Client {
            client_id: ClientId::from(id.as_str()),
            name: format!("Copy {number}"),
            client_secret: ClientSecret::new(value, Timestamp::default()),
            ..self.client.clone()
        };
        let caller = Caller::with_secret(&id, &secret, &audience);
        let grant = ClientGrant {
            id: ClientGrantId::from(copied_grant(number)),
            client_id: Some(ClientId::from(id)),
            audience: Audience::from(audience),
            ..self.grant.clone()
        };
        (client, grant, caller)
    }
}
