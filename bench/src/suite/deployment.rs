//! The servers that take turns: grantd filled with its clients, a ceiling for each case, and oidc-provider.

use std::rc::Rc;

use grantd_store::{SqliteStore, Store};
use serde_json::{Value, json};

use super::case::{Case, Place};
use super::rounds::{CaseReport, Rounds};
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::{text, verified_over};
use crate::connection::Connection;
use crate::grantd::Grantd;
use crate::load::Load;
use crate::multitude::{Template, copied_client};
use crate::oidc_provider::{self, OidcProvider};
use crate::operations::{ON, settings};
use crate::process::Server;
use crate::tls::{Certificate, HTTP1};
use crate::transport::{Route, Transport};
use crate::{Outcome, ceiling};

/// The one API; each case has its tokens signed anew.
const AUDIENCE: &str = "https://api.example.com/";
/// Tokens after which Node has compiled what it runs most.
const COMPILING: usize = 5_000;

/// grantd and oidc-provider with the same clients.
pub(crate) struct Deployment {
    grantd: Grantd,
    server: Server,
    certificate: Option<Certificate>,
    /// Where the API is changed.
    api: String,
    callers: Rc<[Caller]>,
    for_organization: Rc<[Caller]>,
    peer: Option<Server>,
}

impl Deployment {
    /// Fills and starts them. Each client has had a token in this hour when this is done, for the first one reserves in
    /// the database.
    pub(crate) async fn start(place: Place, peer: Option<&OidcProvider>, load: &Load) -> Outcome<Self> {
        let Place { clients, tls } = place;
        eprintln!("filling: {clients} clients with a grant each");
        let grantd = Grantd::new(ON)?;
        let (api, organization) = fill(&grantd, clients).await?;
        let certificate = tls.then(|| Certificate::new(grantd.data())).transpose()?;
        let server = match &certificate {
            Some(certificate) => grantd.start_with_tls(certificate)?,
            None => grantd.start()?,
        };
        let callers: Rc<[Caller]> = callers(clients).collect();
        let for_organization = self::callers(clients).map(|caller| caller.of_organization(&organization));
        let for_organization = for_organization.collect();
        let peer = peer.map(|peer| peer.start(clients, &grantd.log())).transpose()?;
        if let Some(peer) = &peer {
            let callers = oidc_provider::callers(clients, Algorithm::Hs256);
            load.ask_for(COMPILING, peer, &callers, Route::PLAIN).await?;
        }
        let deployment = Self { grantd, server, certificate, api, callers, for_organization, peer };
        let route = deployment.route(if tls { Transport::KeptAlive } else { Transport::Plain });
        load.ask_for(clients, &deployment.server, &deployment.callers, route).await?;
        Ok(deployment)
    }

    /// All rounds of a case.
    pub(crate) async fn measure(&mut self, case: Case, rounds: u32, load: &Load) -> Outcome<CaseReport> {
        let name = case.name();
        self.sign_with(case.algorithm).await?;
        let callers = if case.organization { &self.for_organization } else { &self.callers };
        let callers = Rc::clone(callers);
        let sample = verified_over(&mut self.connect().await?, &callers, case.algorithm).await?;
        let route = self.route(case.transport);
        let ceiling = ceiling::start(&sample, case.algorithm, &self.grantd.log(), route.certificate)?;
        let peer = self.peer.as_ref().filter(|_| case.has_peer());
        let peer = peer.map(|peer| (peer, oidc_provider::callers(case.clients, case.algorithm)));
        if let Some((peer, callers)) = &peer {
            verified_over(&mut Connection::open(peer.address).await?, callers, case.algorithm).await?;
        }
        let mut report = CaseReport::new(case, peer.is_some());
        for number in 1..=rounds {
            let turn = async |server: &Server, callers: &Rc<[Caller]>, of: &mut Rounds| -> Outcome {
                let window = load.try_hit(server, callers, route).await;
                of.add(window, server.memory()?);
                Ok(())
            };
            turn(&self.server, &callers, &mut report.grantd).await?;
            turn(&ceiling, &callers, &mut report.ceiling).await?;
            if let (Some((peer, callers)), Some(of)) = (&peer, &mut report.oidc_provider) {
                turn(peer, callers, of).await?;
            }
            eprintln!("{name}: round {number} of {rounds}: {}", report.last());
        }
        // What was measured issued real tokens to the end.
        verified_over(&mut self.connect().await?, &callers, case.algorithm).await?;
        Ok(report)
    }

    fn route(&self, transport: Transport) -> Route<'_> {
        Route { transport, certificate: self.certificate.as_ref() }
    }

    async fn sign_with(&self, algorithm: Algorithm) -> Outcome {
        let mut administrator = Administrator::log_in_over(self.connect().await?, self.grantd.data()).await?;
        administrator.update(&self.api, &algorithm.members()).await
    }

    async fn connect(&self) -> Outcome<Connection> {
        let Some(certificate) = &self.certificate else { return Connection::open(self.server.address).await };
        let connector = certificate.connector(HTTP1, false)?;
        Ok(Connection::open_with_tls(self.server.address, &connector).await?.0)
    }
}

/// All clients, in the order in which they were made.
fn callers(clients: usize) -> impl Iterator<Item = Caller> {
    (0..clients).map(|number| {
        let (id, secret) = copied_client(number);
        Caller::with_secret(&id, &secret, AUDIENCE)
    })
}

/// Makes the API, whose tokens have a `jti` each, an organization and the clients. Where the API is changed, and the
/// identifier of the organization.
async fn fill(grantd: &Grantd, clients: usize) -> Outcome<(String, String)> {
    let server = grantd.start()?;
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    for (path, body) in settings() {
        administrator.update(path, &body).await?;
    }
    let dialect = json!({"token_dialect": "rfc9068_profile"});
    let api = administrator.resource_server(AUDIENCE, Algorithm::Hs256, dialect).await?;
    let client = text(&administrator.client("Template", Value::Null).await?, "client_id")?;
    let grant = text(&administrator.grant(&client, AUDIENCE).await?, "id")?;
    let organization = administrator.organization("benchmark", &grant).await?;
    server.stop()?;
    let store = SqliteStore::open(&grantd.data().join("grantd.db"), grantd.key()?).await?;
    let template = Template::read(&store, &client, &grant).await?.for_organization(&organization);
    template.multiply(&store, clients, |_| AUDIENCE.to_owned()).await?;
    store.close().await;
    Ok((format!("/api/v2/resource-servers/{}", text(&api, "id")?), organization))
}
