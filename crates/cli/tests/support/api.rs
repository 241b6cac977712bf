//! Asking a server: HTTPS that trusts its authority, and a token of its administration client.

use std::path::Path;
use std::sync::Once;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, ClientBuilder, Method};
use serde_json::{Value, json};

/// A server's Management API and token endpoint.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// `admin.json`.
pub fn admin(data: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(data.join("admin.json")).unwrap()).unwrap()
}

/// A client that trusts the authority of this certificate and nobody else.
pub fn https(ca: &Path) -> Client {
    let certificate = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    client().tls_certs_only([certificate]).build().unwrap()
}

/// A client that trusts whom the system trusts.
pub fn client() -> ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap());
    Client::builder()
}

impl Api {
    /// The server on this data folder, with a token that has all scopes.
    pub async fn open(base: &str, data: &Path) -> Self {
        Self::open_with(https(&data.join("ca.pem")), base, &admin(data)).await
    }

    /// The same through this client, with the credentials of an `admin.json`.
    pub async fn open_with(http: Client, base: &str, admin: &Value) -> Self {
        let mut api = Self { http, base: base.to_owned(), token: String::new() };
        let answer = api.ask(&admin["client_id"], &admin["client_secret"], &admin["audience"]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["access_token"].as_str().unwrap().clone_into(&mut api.token);
        api
    }

    /// The same token for a server at another address.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same server over connections of its own.
    pub fn apart(&self, data: &Path) -> Self {
        Self { http: https(&data.join("ca.pem")), ..self.clone() }
    }

    /// Asks for a token.
    pub async fn ask(&self, client_id: &Value, client_secret: &Value, audience: &Value) -> Answer {
        let body = json!({
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret,
            "audience": audience,
        });
        self.try_call(Method::POST, "/oauth/token", Some(&body)).await.unwrap()
    }

    /// One request. An error is one of the connection: nobody knows what became of the request.
    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if path.starts_with("/api/") || path.starts_with("/grantd/") {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Ok(Answer { status, headers, body })
    }

    /// A request to a server that answers.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body).await.unwrap()
    }

    /// GET, which succeeds.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// POST, which succeeds.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, path, Some(&body)).await;
        assert_eq!(answer.status, 201, "{path} {body}: {answer:?}");
        answer.body
    }

    /// All items of a list, page by page; a list without cursors is a bare array of up to 50.
    pub async fn list(&self, path: &str, key: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), None);
        loop {
            let from = next.map_or(String::new(), |next: String| format!("&from={next}"));
            let page = self.get(&format!("{path}?take=100{from}")).await;
            let found = page.as_array().or_else(|| page[key].as_array()).unwrap();
            assert!(page.is_object() || found.len() < 50, "{path} has more pages");
            items.extend(found.iter().cloned());
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                return items;
            }
        }
    }
}
