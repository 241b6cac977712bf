//! What is asked of nodes beyond a token for a secret: with assertions, with proofs of possession, of other endpoints.

use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::KeyPair;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::bed::{ISSUER, Job, Nodes, unix_time};

/// A key of a client.
pub struct Key {
    public: String,
    private: EncodingKey,
}

impl Key {
    pub fn new() -> Self {
        let pair = KeyPair::generate().unwrap();
        let private = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        Self { public: pair.public_key_pem(), private }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).unwrap()
    }

    /// An assertion of the client (RFC 7523) that begins then and ends two minutes later.
    pub fn assertion(&self, job: &Job, name: &str, begins: Duration) -> String {
        let (id, begins) = (&job.client["client_id"], begins.as_secs());
        let claims = json!({
            "iss": id, "sub": id, "aud": ISSUER, "jti": name, "iat": begins, "exp": begins + 120,
        });
        self.sign(&Header::new(Algorithm::ES256), &claims)
    }

    /// A proof of possession for the token endpoint (RFC 9449).
    pub fn proof(&self, name: &str) -> String {
        let jwk = Jwk::from_encoding_key(&self.private, Algorithm::ES256).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
        let jwk = serde_json::from_value(jwk).unwrap();
        let header =
            Header { typ: Some("dpop+jwt".to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) };
        let url = format!("{ISSUER}oauth/token");
        let claims = json!({"jti": name, "htm": "POST", "htu": url, "iat": unix_time().as_secs()});
        self.sign(&header, &claims)
    }
}

/// A form, with a header, at a node.
pub async fn send(
    http: &Client,
    nodes: &Nodes,
    node: usize,
    path: &str,
    form: &[(&str, &str)],
    proof: Option<&str>,
) -> (u16, Value) {
    let mut request = http.post(format!("{}{path}", nodes.node(node).base())).form(form);
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

pub fn form_of(job: &Job) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", text(&job.client, "client_id")),
        ("client_secret", text(&job.client, "client_secret")),
        ("audience", job.audience.as_str().unwrap()),
    ]
}

/// Changes the API of a job.
pub async fn change_api(nodes: &Nodes, job: &Job, body: &Value) {
    let apis = nodes.api(0).list("/api/v2/resource-servers", "resource_servers").await;
    let of_job = apis.iter().find(|api| api["identifier"] == job.audience).unwrap();
    let path = format!("/api/v2/resource-servers/{}", text(of_job, "id"));
    let answer = nodes.api(0).call(Method::PATCH, &path, Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// From now on the client of the job proves who it is with this key alone.
pub async fn signs_with(nodes: &Nodes, job: &Job, key: &Key) {
    let (api, id) = (nodes.api(0), text(&job.client, "client_id"));
    let credential = json!({"credential_type": "public_key", "pem": key.public, "alg": "ES256"});
    let credential = api.create(&format!("/api/v2/clients/{id}/credentials"), credential).await;
    let methods = json!({"private_key_jwt": {"credentials": [{"id": credential["id"]}]}});
    let body = json!({
        "client_authentication_methods": methods, "token_endpoint_auth_method": null,
        "jwt_configuration": {"alg": "RS256"},
    });
    let answer = api.call(Method::PATCH, &format!("/api/v2/clients/{id}"), Some(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Asks a node for a token with an assertion; the status.
pub async fn ask_with(http: &Client, nodes: &Nodes, node: usize, job: &Job, assertion: &str) -> u16 {
    let form = [
        ("grant_type", "client_credentials"),
        ("audience", job.audience.as_str().unwrap()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    send(http, nodes, node, "/oauth/token", &form, None).await.0
}
