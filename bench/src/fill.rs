//! Filling grantd through its own Management API, as its users do: APIs, clients, and their grants.

use std::cell::Cell;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use bytes::Bytes;
use form_urlencoded::Serializer;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::connection::Connection;

/// How many requests the Management API gets at a time.
const WRITERS: usize = 32;
/// How many APIs there are.
const APIS: usize = 16;
/// The scopes of each; a grant has the first three.
const SCOPES: [&str; 4] = ["read:records", "write:records", "delete:records", "export:records"];

/// How much there is to be.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Clients.
    pub(crate) clients: usize,
    /// Grants of each client, for so many of the APIs.
    pub(crate) grants_per_client: usize,
    /// How the tokens of all APIs are signed.
    pub(crate) algorithm: Algorithm,
}

impl Size {
    /// One token request for every pair of a client and an API that is granted to it, in an order in which
    /// client and API differ from one to the next.
    pub(crate) async fn fill(self, address: SocketAddr, folder: &Path) -> Outcome<Vec<Bytes>> {
        let bearer: Rc<str> = management_token(address, folder).await?.into();
        let mut connection = Connection::open(address).await?;
        for api in 0..APIS {
            connection
                .create(&bearer, "/api/v2/resource-servers", &resource_server(api, self.algorithm))
                .await?;
        }
        let done = Rc::new(Cell::new(0));
        let mut writers = JoinSet::new();
        let local = LocalSet::new();
        for first in 0..WRITERS {
            let writer = Writer { address, bearer: Rc::clone(&bearer), size: self, done: Rc::clone(&done) };
            writers.spawn_local_on(
                async move { writer.write(first).await.map_err(|error| error.to_string()) },
                &local,
            );
        }
        let written = local.run_until(writers.join_all()).await;
        let mut requests: Vec<(usize, usize, Bytes)> = Vec::new();
        for part in written {
            requests.extend(part?);
        }
        requests.sort_unstable_by_key(|(round, client, _)| (*round, *client));
        Ok(requests.into_iter().map(|(_, _, request)| request).collect())
    }
}

/// Makes every so-manieth client, and its grants.
struct Writer {
    address: SocketAddr,
    bearer: Rc<str>,
    size: Size,
    done: Rc<Cell<usize>>,
}

impl Writer {
    /// The token requests of its clients, each with the number of the grant and of the client.
    async fn write(self, first: usize) -> Outcome<Vec<(usize, usize, Bytes)>> {
        let mut connection = Connection::open(self.address).await?;
        let mut requests = Vec::new();
        for client in (first..self.size.clients).step_by(WRITERS) {
            let (id, secret) = self.client(&mut connection, client).await?;
            for round in 0..self.size.grants_per_client.min(APIS) {
                let audience = audience((client + round) % APIS);
                let scope = SCOPES.get(..3);
                let grant = json!({"client_id": id, "audience": audience, "scope": scope});
                connection.create(&self.bearer, "/api/v2/client-grants", &grant).await?;
                requests.push((round, client, token_request(&id, &secret, &audience)));
            }
            self.tell();
        }
        Ok(requests)
    }

    async fn client(&self, connection: &mut Connection, number: usize) -> Outcome<(String, String)> {
        let name = format!("Service {number}");
        let client =
            json!({"name": name, "app_type": "non_interactive", "grant_types": ["client_credentials"]});
        let client = connection.create(&self.bearer, "/api/v2/clients", &client).await?;
        Ok((text(&client, "client_id")?, text(&client, "client_secret")?))
    }

    fn tell(&self) {
        self.done.set(self.done.get() + 1);
        let (done, all) = (self.done.get(), self.size.clients);
        if done.is_multiple_of(all.div_ceil(10)) || done == all {
            eprintln!("filling: {done} of {all} clients");
        }
    }
}

/// A token for the Management API, as the administration client of the first start.
async fn management_token(address: SocketAddr, folder: &Path) -> Outcome<String> {
    let admin: Value = serde_json::from_slice(&fs::read(folder.join("admin.json"))?)?;
    let member = |name| text(&admin, name);
    let request = token_request(&member("client_id")?, &member("client_secret")?, &member("audience")?);
    let answer = Connection::open(address).await?.token(request).await?;
    text(&serde_json::from_slice(&answer)?, "access_token")
}

fn resource_server(number: usize, algorithm: Algorithm) -> Value {
    let scopes = SCOPES.map(|value| json!({"value": value, "description": "Made for the benchmark"}));
    let mut record = algorithm.members();
    if let Some(members) = record.as_object_mut() {
        members.insert("name".into(), format!("API {number}").into());
        members.insert("identifier".into(), audience(number).into());
        members.insert("scopes".into(), scopes.into_iter().collect());
    }
    record
}

/// All of the same length, so that all tokens are.
fn audience(number: usize) -> String {
    format!("https://api-{number:02}.example.com/")
}

fn token_request(id: &str, secret: &str, audience: &str) -> Bytes {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("client_id", id);
    form.append_pair("client_secret", secret).append_pair("audience", audience);
    form.finish().into()
}

/// A member that has to be text.
pub(crate) fn text(value: &Value, name: &str) -> Outcome<String> {
    let member = value.get(name).and_then(Value::as_str);
    Ok(member.ok_or_else(|| format!("no {name} in an answer of the server"))?.to_owned())
}
