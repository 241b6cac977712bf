//! What the tests of the Management API share: records to begin with, and answers as they stand on the wire.

use axum::body::Body;
use grantd_model::{ClientGrant, SigningKey};
use grantd_schema::Operation;
use grantd_store::Change;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::credentials::RSA;
use crate::support::{Answer, App, NOW};

/// An API of somebody's.
pub const API: &str = "https://api.test/";
/// The Management API.
pub const MANAGEMENT: &str = "https://auth.test/api/v2/";

/// Requests with every scope, short enough to be read in one line.
pub trait Requests {
    async fn get(&self, path: &str) -> Answer;
    async fn post(&self, path: &str, body: Value) -> Answer;
    async fn patch(&self, path: &str, body: Value) -> Answer;
    async fn delete(&self, path: &str) -> Answer;

    /// The same with a token that has these scopes only.
    async fn call_holding(&self, scopes: &[&str], method: &str, path: &str, body: Option<Value>) -> Answer;
}

impl Requests for App {
    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    async fn call_holding(&self, scopes: &[&str], method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(&self.token_with_scopes(scopes), method, path, body).await
    }
}

impl Answer {
    /// Status and body, byte for byte, so that the order of members shows.
    pub fn wire(&self) -> String {
        if self.text.is_empty() { self.status.to_string() } else { format!("{}\n{}", self.status, self.text) }
    }

    /// Status and body with the certificate left out, which another run has another of.
    pub fn shown_without_certificate(&self) -> String {
        let mut body = self.json();
        mask_certificates(&mut body);
        format!("{}\n{body:#}", self.status)
    }
}

/// Puts words in the place of certificates.
pub fn mask_certificates(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == "cert" && text.starts_with("-----BEGIN CERTIFICATE-----") => {
                        *member = json!("(a certificate)");
                    }
                    Some(text) if name == "pkcs7" && text.starts_with("-----BEGIN PKCS7-----") => {
                        *member = json!("(a bag of certificates)");
                    }
                    _ => mask_certificates(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_certificates),
        _ => {}
    }
}

/// A text member of an answer.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}")).to_owned()
}

/// [`API`], with two scopes.
pub async fn api(app: &App) -> Value {
    let scopes = json!([{"value": "read:things"}, {"value": "write:things"}]);
    app.create("/resource-servers", json!({"identifier": API, "scopes": scopes})).await
}

/// The id of a client that may use the client credentials grant.
pub async fn client(app: &App) -> String {
    text(&app.create("/clients", json!({"name": "Robot", "app_type": "non_interactive"})).await, "client_id")
}

/// The id of a client that is not the operator's.
pub async fn third_party_client(app: &App) -> String {
    let body = json!({"name": "Partner", "is_first_party": false});
    text(&app.create("/clients", body).await, "client_id")
}

/// An application with [`API`] and a client: the client's id is the second half.
pub async fn app_with_client() -> (App, String) {
    let app = App::start().await;
    api(&app).await;
    let client = client(&app).await;
    (app, client)
}

/// The id of a grant for [`API`], made from this body with `audience` added.
pub async fn grant(app: &App, mut body: Value) -> String {
    if body.get("audience").is_none() {
        body["audience"] = json!(API);
    }
    text(&app.create("/client-grants", body).await, "id")
}

/// The id of an organization of this name.
pub async fn organization(app: &App, name: &str) -> String {
    text(&app.create("/organizations", json!({"name": name})).await, "id")
}

/// The id of a log stream to a webhook, made from this body with `type` and `sink` added.
pub async fn log_stream(app: &App, mut body: Value) -> String {
    body["type"] = json!("http");
    if body.get("sink").is_none() {
        body["sink"] = json!({"httpEndpoint": "https://receiver.test/logs"});
    }
    let answer = app.post("/log-streams", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    text(&answer.json(), "id")
}

/// The id of a grant that the server made itself, which no request can make.
pub async fn system_grant(app: &App, client_id: &str) -> String {
    let record = json!({
        "id": "cgr_0000000000000000", "client_id": client_id, "audience": MANAGEMENT,
        "scope": ["read:clients"], "is_system": true,
    });
    let grant: ClientGrant = serde_json::from_value(record).unwrap();
    app.store.commit(vec![Change::CreateClientGrant(grant)]).await.unwrap();
    "cgr_0000000000000000".to_owned()
}

/// Fails unless the body is the error envelope and tells the status that it came with.
pub fn assert_is_error(answer: &Answer) {
    let body = answer.json();
    let reason = match answer.status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        status => status.canonical_reason().unwrap(),
    };
    assert_eq!(body["statusCode"], answer.status.as_u16(), "{}", answer.text);
    assert_eq!(body["error"], reason, "{}", answer.text);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", answer.text);
    for name in body.as_object().unwrap().keys() {
        let known = ["statusCode", "error", "message", "errorCode", "attributes"].contains(&name.as_str());
        assert!(known, "{}", answer.text);
    }
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
}

/// The `kid` of a key that has signed and no longer does.
pub const PREVIOUS_KEY: &str = "previous_key_of_tests";

/// Adds a previous key; the pair is that of the current one, and nobody looks at it.
pub async fn previous_key(app: &App) {
    let current = app.store.signing_keys().await.unwrap().remove(0);
    let key = SigningKey { kid: PREVIOUS_KEY.into(), ..current.retired(NOW) };
    app.store.commit(vec![Change::CreateSigningKey(key)]).await.unwrap();
    app.follower.catch_up().await.unwrap();
}

/// The `log_id` of the first event.
pub const FIRST_EVENT: &str = "90020260102030405000000000000000000000000000000000000001";

/// One record of each kind, so that every operation has something to work on.
pub struct World {
    pub app: App,
    pub client: String,
    pub api: String,
    pub grant: String,
    pub organization: String,
    pub credential: String,
    pub log_stream: String,
    pub domain: String,
    token: String,
}

impl World {
    /// A client with a grant for an API, which may be added to the organization and is not yet.
    pub async fn start() -> Self {
        let app = App::recording().await;
        api(&app).await;
        let client = client(&app).await;
        let api = text(&app.get("/resource-servers/https:%2F%2Fapi.test%2F").await.json(), "id");
        let grant = grant(&app, json!({"client_id": client, "organization_usage": "allow"})).await;
        let organization = organization(&app, "acme").await;
        let added = json!({"clients": [{"client_id": client, "use_for_member_access": true}]});
        app.post(&format!("/organizations/{organization}/clients"), added).await;
        let domain = json!({"domain": "acme.test"});
        let domain = text(
            &app.create(&format!("/organizations/{organization}/discovery-domains"), domain).await,
            "id",
        );
        let key = json!({"credential_type": "public_key", "pem": RSA});
        let credential = text(&app.create(&format!("/clients/{client}/credentials"), key).await, "id");
        let log_stream = log_stream(&app, json!({})).await;
        previous_key(&app).await;
        let token = app.token();
        Self { app, client, api, grant, organization, credential, log_stream, domain, token }
    }

    /// A client that is in no organization.
    pub async fn other_client(&self) -> String {
        client(&self.app).await
    }

    /// The operation's path with its parameters filled in, below `/api/v2`.
    pub fn path(&self, operation: Operation) -> String {
        let template = operation.path();
        let id = match template.split('/').nth(1) {
            Some("client-grants") => &self.grant,
            Some("resource-servers") => &self.api,
            Some("organizations") => &self.organization,
            Some("logs") => FIRST_EVENT,
            Some("log-streams") => &self.log_stream,
            _ => &self.client,
        };
        let path = template.replace("{id}", id).replace("{grant_id}", &self.grant).replace("{name}", "acme");
        path.replace("{client_id}", &self.client)
            .replace("{credential_id}", &self.credential)
            .replace("{kid}", PREVIOUS_KEY)
            .replace("{discovery_domain_id}", &self.domain)
            .replace("{discovery_domain}", "acme.test")
    }

    /// A body that the operation succeeds with; none if it takes none.
    pub async fn body(&self, operation: Operation) -> String {
        if operation.payload_schema().is_none() {
            return String::new();
        }
        let body = match operation {
            Operation::CreateClientGrant => {
                json!({"client_id": self.client, "audience": MANAGEMENT, "scope": ["read:clients"]})
            }
            Operation::CreateResourceServer => json!({"identifier": "x"}),
            Operation::CreateClient | Operation::UpdateClient | Operation::CreateOrganization => {
                json!({"name": "x"})
            }
            Operation::CreateCredential => {
                json!({"credential_type": "cert_subject_dn", "subject_dn": "CN=x"})
            }
            Operation::UpdateCredential => json!({"expires_at": null}),
            Operation::CreateOrganizationClientGrant => json!({"grant_id": self.grant}),
            Operation::CreateDiscoveryDomain => json!({"domain": "other.test"}),
            Operation::UpdateDiscoveryDomain => json!({"status": "verified"}),
            Operation::AddOrganizationClients => {
                json!({"clients": [{"client_id": self.other_client().await, "use_for_member_access": true}]})
            }
            Operation::RemoveOrganizationClients => json!({"clients": [self.client]}),
            Operation::UpdateOrganizationClient => json!({"use_for_member_access": false}),
            Operation::UpdateClientGrant => json!({"scope": ["x"]}),
            Operation::CreateLogStream => {
                json!({"type": "http", "sink": {"httpEndpoint": "https://receiver.test/"}})
            }
            Operation::UpdateTenantSettings => json!({"friendly_name": "x"}),
            _ => json!({}),
        };
        body.to_string()
    }

    /// A request for the operation, with any headers and any body.
    pub async fn send(
        &self,
        operation: Operation,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        self.send_to(operation, &self.path(operation), headers, body).await
    }

    /// The same to another path.
    pub async fn send_to(
        &self,
        operation: Operation,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(operation.method()).uri(format!("/api/v2{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.app.send(request.body(body.into()).unwrap()).await
    }

    /// A request for the operation with every scope and a JSON text, which need not be one.
    pub async fn send_json(&self, operation: Operation, body: impl Into<Body>) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", &*authorization), ("content-type", "application/json")];
        self.send(operation, &headers, body).await
    }
}

/// The operations that take a body.
pub fn with_payload() -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(|operation| operation.payload_schema().is_some())
}
