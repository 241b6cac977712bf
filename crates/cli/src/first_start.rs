//! What the first start makes: the signing keys, the Management API, the global client, and the administration
//! client with its system grant. All of it is one commit, so that a start that was cut short is made again.

use std::sync::Arc;

use grantd_model::patch::Members;
use grantd_model::{
    CLIENT_CREDENTIALS, Client, ClientGrant, ClientGrantId, ClientId, ClientSecret, Clock, Entropy, Paging,
    ResourceServer, ResourceServerFilter, ResourceServerId, Secret, SigningKey, SigningKeyKind,
    SigningKeyState, alphanumeric, management_api,
};
use grantd_store::{Change, Store, StoreError};
use grantd_token::{Issuer, generate_signing_key};
use serde_json::{Value, json};

use crate::Outcome;
use crate::data::{Admin, DataFolder};
use crate::database::unusable;

/// What a start has to know.
pub(crate) struct Start<'a> {
    /// The folder.
    pub(crate) folder: &'a DataFolder,
    /// The store that is served from it.
    pub(crate) store: &'a dyn Store,
    /// The time.
    pub(crate) clock: &'a dyn Clock,
    /// The randomness.
    pub(crate) entropy: &'a Arc<dyn Entropy>,
}

impl Start<'_> {
    /// The issuer of the folder, which the first start decides and `--issuer` changes.
    pub(crate) async fn issuer(&self, named: Option<&str>, otherwise: &str) -> Outcome<Issuer> {
        let mut api = self.management_api().await?;
        if api.is_none() {
            let issuer = Issuer::new(named.unwrap_or(otherwise));
            if self.fill(&issuer).await? {
                return Ok(issuer);
            }
            // Another server was faster, and this one goes on with what it made.
            api = self.management_api().await?;
        }
        let api = api.ok_or("the database is neither new nor filled")?;
        self.check_key().await?;
        let issuer = named.map_or_else(|| held_issuer(&api), Issuer::new);
        if issuer.management_api() != api.identifier {
            self.move_to(&api, &issuer).await?;
        }
        self.add_next_keys(&issuer).await?;
        self.refresh_admin(&issuer)?;
        Ok(issuer)
    }

    /// A key that opens nothing is found out before anything changes.
    pub(crate) async fn check_key(&self) -> Outcome {
        match self.store.signing_keys().await {
            Ok(_) => Ok(()),
            // The folder has the key, but not this database.
            Err(error) if self.store.is_shared() && !matches!(error, StoreError::Sealed(_)) => {
                Err(unusable(&error).into())
            }
            Err(error) => Err(self.folder.unusable(error).into()),
        }
    }

    /// The Management API is the first API of every folder.
    pub(crate) async fn management_api(&self) -> Outcome<Option<ResourceServer>> {
        let first = Paging::Offset { page: 0, per_page: 1, include_totals: false };
        let page = self.store.list_resource_servers(&ResourceServerFilter::default(), &first).await?;
        Ok(page.items.into_iter().find(|api| api.is_system))
    }

    /// Makes it all; no if another server has done so since it was looked for.
    async fn fill(&self, issuer: &Issuer) -> Outcome<bool> {
        tracing::info!(issuer = %issuer.url, "first start: making the signing keys and the administration client");
        let revision = self.store.revision().await?;
        let rsa = SigningKeyKind::Rsa2048;
        let (current, next) = tokio::try_join!(self.signing_key(issuer, rsa), self.signing_key(issuer, rsa))?;
        let api = management_api(ResourceServerId::generate(&**self.entropy), issuer.management_api());
        let (admin, its_changes) = self.new_administration_client(&api)?;
        // The file comes first: should the commit not happen, the next start writes both anew.
        self.write_admin(issuer, &admin)?;
        let mut changes = vec![
            Change::Expect(revision),
            Change::CreateSigningKey(current.promoted(self.clock.now())),
            Change::CreateSigningKey(next),
            Change::CreateResourceServer(api),
            Change::CreateClient(self.global_client()?),
        ];
        changes.extend(its_changes);
        match self.store.commit(changes).await {
            Ok(_) => {
                let file = self.folder.admin();
                tracing::info!(file = %file.display(), "the administration client is in this file");
                Ok(true)
            }
            Err(StoreError::Stale(_)) => {
                self.folder.remove_admin()?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A folder that was last used by a version without next keys gets one for each kind that it has.
    async fn add_next_keys(&self, issuer: &Issuer) -> Outcome {
        let keys = self.store.signing_keys().await?;
        let is_there = |kind, state| keys.iter().any(|key| key.kind == kind && key.state == state);
        for kind in SigningKeyKind::ALL {
            if is_there(kind, SigningKeyState::Current) && !is_there(kind, SigningKeyState::Next) {
                let next = self.signing_key(issuer, kind).await?;
                tracing::info!(%next.kid, "the next signing key is made");
                self.store.commit(vec![Change::CreateSigningKey(next)]).await?;
            }
        }
        Ok(())
    }

    async fn signing_key(&self, issuer: &Issuer, kind: SigningKeyKind) -> Outcome<SigningKey> {
        let (now, host, entropy) = (self.clock.now(), issuer.host().to_owned(), Arc::clone(self.entropy));
        let made = tokio::task::spawn_blocking(move || generate_signing_key(kind, &host, now, &*entropy));
        Ok(made.await??)
    }

    /// An administration client with its system grant, and the changes that make them.
    pub(crate) fn new_administration_client(&self, api: &ResourceServer) -> Outcome<(Client, Vec<Change>)> {
        let admin = self.client(json!({
            "name": "Administration",
            "description": "Made by grantd itself",
            "app_type": "non_interactive",
            "grant_types": [CLIENT_CREDENTIALS],
        }))?;
        let grant = self.system_grant(&admin, api)?;
        Ok((admin.clone(), vec![Change::CreateClient(admin), Change::CreateClientGrant(grant)]))
    }

    /// Writes `admin.json` with this client.
    pub(crate) fn write_admin(&self, issuer: &Issuer, admin: &Client) -> Outcome {
        self.folder.write_admin(&Admin {
            issuer: issuer.url.to_string(),
            audience: issuer.management_api().to_string(),
            client_id: admin.client_id.to_string(),
            client_secret: admin.client_secret.value.expose_str().to_owned(),
            ca: self.folder.ca(),
        })
    }

    /// A secret for a client.
    pub(crate) fn new_secret(&self) -> ClientSecret {
        let value = Secret::from(alphanumeric(&**self.entropy, 64));
        ClientSecret::new(value, self.clock.now())
    }

    fn client(&self, body: Value) -> Outcome<Client> {
        let body = if let Value::Object(members) = body { members } else { Members::new() };
        Ok(Client::from_request(ClientId::generate(&**self.entropy), self.new_secret(), body)?)
    }

    /// The client that stands for all, as every Auth0 tenant has one. It gets no tokens.
    fn global_client(&self) -> Outcome<Client> {
        let client =
            self.client(json!({"name": "All Applications", "global": true, "oidc_conformant": true}))?;
        Ok(Client { grant_types: None, ..client })
    }

    fn system_grant(&self, admin: &Client, api: &ResourceServer) -> Outcome<ClientGrant> {
        let body: Members = [
            ("client_id".to_owned(), admin.client_id.as_str().into()),
            ("audience".to_owned(), api.identifier.as_str().into()),
            ("scope".to_owned(), serde_json::to_value(api.scope_set())?),
            ("is_system".to_owned(), true.into()),
        ]
        .into_iter()
        .collect();
        Ok(ClientGrant::from_request(ClientGrantId::generate(&**self.entropy), &body)?)
    }

    /// Another issuer: the Management API and its grants move along.
    async fn move_to(&self, api: &ResourceServer, issuer: &Issuer) -> Outcome {
        tracing::info!(issuer = %issuer.url, former = %api.identifier, "the issuer changes");
        let identifier = issuer.management_api();
        if let Some(taken) = self.store.find_resource_server(&identifier).await? {
            return Err(taken_by(&taken.record, issuer).into());
        }
        self.store.commit(vec![Change::MoveResourceServer { id: api.id.clone(), identifier }]).await?;
        Ok(())
    }

    /// `admin.json`, where it is still there, says what holds now: the issuer may be another, the folder may have
    /// moved, and the start that changed the issuer may have been cut short. No server stays down for a file that
    /// it does not need.
    fn refresh_admin(&self, issuer: &Issuer) -> Outcome {
        let admin = match self.folder.read_admin() {
            Ok(Some(admin)) => admin,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the file of the administration client cannot be read and stays as it is");
                return Ok(());
            }
        };
        let current = Admin {
            issuer: issuer.url.to_string(),
            audience: issuer.management_api().to_string(),
            ca: self.folder.ca(),
            ..admin.clone()
        };
        if current == admin { Ok(()) } else { self.folder.write_admin(&current) }
    }
}

/// The issuer that the Management API of a folder is named after.
pub(crate) fn held_issuer(api: &ResourceServer) -> Issuer {
    Issuer::new(api.identifier.as_str().strip_suffix("api/v2/").unwrap_or(api.identifier.as_str()))
}

fn taken_by(api: &ResourceServer, issuer: &Issuer) -> String {
    format!(
        "the issuer {} would give the Management API the identifier {}, which the API {} has: start without \
         --issuer and delete that API (DELETE /api/v2/resource-servers/{}), or name another issuer",
        issuer.url, api.identifier, api.id, api.id
    )
}
