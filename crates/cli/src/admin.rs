//! `grantd admin`: a way back for who has lost the administration client, or made it unusable.
//!
//! Whoever may read the data folder may do anything with it, so nothing else is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use grantd_model::{
    CLIENT_CREDENTIALS, Client, ClientGrantFilter, Clock, Entropy, FederatedIdentity, Paging, ResourceServer,
    Versioned,
};
use grantd_store::Change;

use crate::Outcome;
use crate::data::DataFolder;
use crate::database::{DatabaseFlags, Place};
use crate::first_start::{Start, held_issuer};
use crate::world::{SystemClock, SystemEntropy};

/// The flags of `grantd admin`.
#[derive(clap::Args)]
pub(crate) struct Regain {
    /// The data folder of the server, which has to be stopped.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    data: PathBuf,
    /// The database.
    #[command(flatten)]
    database: DatabaseFlags,
}

impl Regain {
    /// Gives the administration client a new secret, and writes it to `admin.json`. Whatever else proved the client no
    /// longer does.
    pub(crate) async fn run(self) -> Outcome {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let place = self.database.place()?;
        let folder = match place {
            Place::File => DataFolder::open_existing(&self.data)?,
            Place::Server(_) => DataFolder::open(&self.data)?,
        };
        folder.warn_if_open_to_others();
        let store = place.open(&folder, &*entropy).await?;
        let start = Start { folder: &folder, store: &*store, clock: &*clock, entropy: &entropy };
        let done = start.regain().await;
        store.close().await;
        done?;
        let file = folder.admin();
        Ok(crate::say(&format!("the administration client and its new secret are in {}", file.display()))?)
    }
}

impl Start<'_> {
    async fn regain(&self) -> Outcome {
        let Some(api) = self.management_api().await? else {
            return Err("nothing was served from this data folder yet: `grantd serve` makes the \
                        administration client"
                .into());
        };
        self.check_key().await?;
        let (admin, changes) = match self.administration_client(&api).await? {
            Some(found) => {
                let record = self.usable(found.record);
                let admin = record.clone();
                let mut changes = self.without_identities(&admin).await?;
                changes.push(Change::UpdateClient(Versioned { record, revision: found.revision }));
                (admin, changes)
            }
            None => self.new_administration_client(&api)?,
        };
        // The file comes first, as in the first start: a secret that is in the database alone is lost. Should the
        // commit fail, the same command does both anew.
        self.write_admin(&held_issuer(&api), &admin)?;
        self.store.commit(changes).await?;
        Ok(())
    }

    /// The client that the system grant for the Management API is for.
    async fn administration_client(&self, api: &ResourceServer) -> Outcome<Option<Versioned<Client>>> {
        let filter = ClientGrantFilter { audience: Some(api.identifier.clone()), ..Default::default() };
        let mut after = None;
        loop {
            let paging = Paging::Checkpoint { after, take: 100 };
            let page = self.store.list_client_grants(&filter, &paging).await?;
            let system = page.items.into_iter().find(|grant| grant.is_system);
            if let Some(id) = system.and_then(|grant| grant.client_id) {
                return Ok(self.store.get_client(&id).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Who regains a client that others have got hold of wants to be alone with it: no outside identity counts as it.
    async fn without_identities(&self, admin: &Client) -> Outcome<Vec<Change>> {
        let identities = self.store.list_federated_identities(&admin.client_id).await?;
        let delete = |identity: FederatedIdentity| Change::DeleteFederatedIdentity {
            client: identity.client_id,
            id: identity.id,
        };
        Ok(identities.into_iter().map(delete).collect())
    }

    /// The client as the token endpoint takes it, with a secret that nobody knows yet, and no other.
    fn usable(&self, client: Client) -> Client {
        Client {
            client_secret: self.new_secret(),
            further_secrets: Vec::new(),
            grant_types: Some(vec![CLIENT_CREDENTIALS.to_owned()]),
            is_first_party: true,
            third_party_security_mode: None,
            token_endpoint_auth_method: None,
            client_authentication_methods: None,
            require_proof_of_possession: None,
            ..client
        }
    }
}
