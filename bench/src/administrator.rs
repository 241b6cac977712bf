//! Filling grantd through its own Management API, as its users do: APIs, clients, and their grants.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use hyper::Method;
use serde_json::{Value, json};

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::text;
use crate::connection::Connection;

/// The scopes of each API; a grant has the first three.
const SCOPES: [&str; 4] = ["read:records", "write:records", "delete:records", "export:records"];

/// Somebody who may do everything, on a connection of their own.
pub(crate) struct Administrator {
    connection: Connection,
    bearer: Rc<str>,
}

impl Administrator {
    /// The administration client of the first start.
    pub(crate) async fn log_in(address: SocketAddr, folder: &Path) -> Outcome<Self> {
        Self::log_in_over(Connection::open(address).await?, folder).await
    }

    /// The same one, on this connection.
    pub(crate) async fn log_in_over(mut connection: Connection, folder: &Path) -> Outcome<Self> {
        let admin: Value = serde_json::from_slice(&fs::read(folder.join("admin.json"))?)?;
        let member = |name| text(&admin, name);
        let (id, secret) = (member("client_id")?, member("client_secret")?);
        let caller = Caller::with_secret(&id, &secret, &member("audience")?);
        let answer = connection.token(caller.request()?).await?;
        let bearer = text(&serde_json::from_slice(&answer)?, "access_token")?.into();
        Ok(Self { connection, bearer })
    }

    /// The same one, on another connection.
    pub(crate) async fn again(&self) -> Outcome<Self> {
        let connection = Connection::open(self.connection.address()).await?;
        Ok(Self { connection, bearer: Rc::clone(&self.bearer) })
    }

    /// Makes an API with this identifier and these members besides, and returns it.
    pub(crate) async fn resource_server(
        &mut self,
        audience: &str,
        algorithm: Algorithm,
        members: Value,
    ) -> Outcome<Value> {
        let scopes = SCOPES.map(|value| json!({"value": value, "description": "Made for the benchmark"}));
        let mut record = json!({"name": audience, "identifier": audience, "scopes": scopes});
        if let (Some(record), Value::Object(of_algorithm), Value::Object(members)) =
            (record.as_object_mut(), algorithm.members(), members)
        {
            record.extend(of_algorithm);
            record.extend(members);
        }
        self.create("/api/v2/resource-servers", &record).await
    }

    /// Makes a client with these members besides, and returns it.
    pub(crate) async fn client(&mut self, name: &str, members: Value) -> Outcome<Value> {
        let mut record =
            json!({"name": name, "app_type": "non_interactive", "grant_types": ["client_credentials"]});
        if let (Some(record), Value::Object(members)) = (record.as_object_mut(), members) {
            record.extend(members);
        }
        self.create("/api/v2/clients", &record).await
    }

    /// Grants a client three of the four scopes of an API.
    pub(crate) async fn grant(&mut self, client: &str, audience: &str) -> Outcome<Value> {
        let grant = json!({"client_id": client, "audience": audience, "scope": SCOPES.get(..3)});
        self.create("/api/v2/client-grants", &grant).await
    }

    /// Makes an organization, and lets it use such grants as allow organizations: this one first. Its identifier.
    pub(crate) async fn organization(&mut self, name: &str, grant: &str) -> Outcome<String> {
        self.update(&format!("/api/v2/client-grants/{grant}"), &json!({"organization_usage": "allow"}))
            .await?;
        let organization = self.create("/api/v2/organizations", &json!({"name": name})).await?;
        let id = text(&organization, "id")?;
        let path = format!("/api/v2/organizations/{id}/client-grants");
        self.create(&path, &json!({"grant_id": grant})).await?;
        Ok(id)
    }

    /// Reads what a path names.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Value> {
        self.connection.manage(Method::GET, &self.bearer, path, &Value::Null).await
    }

    /// Deletes what a path names.
    pub(crate) async fn delete(&mut self, path: &str) -> Outcome {
        self.connection.manage(Method::DELETE, &self.bearer, path, &Value::Null).await.map(drop)
    }

    /// Changes what a path names.
    pub(crate) async fn update(&mut self, path: &str, body: &Value) -> Outcome {
        self.connection.manage(Method::PATCH, &self.bearer, path, body).await.map(drop)
    }

    async fn create(&mut self, path: &str, record: &Value) -> Outcome<Value> {
        self.connection.manage(Method::POST, &self.bearer, path, record).await
    }
}
