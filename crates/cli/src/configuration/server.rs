//! The server that a command speaks to, and its Management API.

use std::path::PathBuf;
use std::time::Duration;

use grantd_model::{Causes, Secret};
use grantd_token::Issuer;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::Value;

use crate::Outcome;
use crate::data::{Admin, named};
use crate::issuer::parse_issuer;
use crate::token::{Proof, exchange, token_of};

/// How long one request may take: a large configuration is worked out within seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// Which server, and as whom.
#[derive(clap::Args)]
pub(crate) struct ServerFlags {
    /// The data folder of a server on this machine: its admin.json says where the server is, and as whom to speak to it.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA", conflicts_with_all = ["issuer", "client_id"])]
    data: Option<PathBuf>,
    /// The issuer of tokens, as the server names itself.
    #[arg(long, value_name = "URL", env = "GRANTD_ISSUER", value_parser = parse_issuer, requires = "client_id")]
    issuer: Option<String>,
    /// A client with grants for the Management API.
    #[arg(long, value_name = "ID", env = "GRANTD_CLIENT_ID")]
    client_id: Option<String>,
    /// The environment variable with the client's secret.
    #[arg(long, value_name = "NAME", default_value = "GRANTD_CLIENT_SECRET")]
    client_secret_env: String,
    /// Where the server is reached, if that is not its issuer.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A certificate authority to trust in place of the system's, PEM: the ca.pem of a local server.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A server with a token for its Management API.
pub(crate) struct Server {
    http: Client,
    base: String,
    token: Secret,
}

/// What the server says to a request.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl ServerFlags {
    /// Gets a token.
    pub(crate) async fn connect(&self) -> Outcome<Server> {
        let (issuer, client_id, secret, ca) = self.who()?;
        let ca = self.ca.clone().or(ca);
        let mut builder = Client::builder().timeout(PATIENCE).redirect(Policy::none());
        if let Some(file) = ca {
            let pem = std::fs::read(&file).map_err(|error| named(&error, &file))?;
            let unusable = |error| format!("{}: {error}", file.display());
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(unusable)?);
        }
        let http = builder.build()?;
        let audience = Issuer::new(&issuer).management_api().to_string();
        let reached = Issuer::new(self.url.as_deref().unwrap_or(&issuer));
        let parameters = [("client_id", client_id.as_str()), ("audience", audience.as_str())];
        let answer = exchange(&http, &reached, &parameters, &Proof::Secret(secret)).await?;
        let token = Secret::from(token_of(&answer)?);
        Ok(Server { http, base: reached.url.trim_end_matches('/').to_owned(), token })
    }

    /// Issuer, client, secret, and the authority of its server.
    fn who(&self) -> Outcome<(String, String, Secret, Option<PathBuf>)> {
        if let Some(data) = &self.data {
            let file = data.join("admin.json");
            let bytes = std::fs::read(&file).map_err(|error| named(&error, &file))?;
            let admin: Admin =
                serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
            let ca = Some(admin.ca).filter(|ca| ca.exists());
            return Ok((admin.issuer, admin.client_id, Secret::from(admin.client_secret), ca));
        }
        let (Some(issuer), Some(client_id)) = (&self.issuer, &self.client_id) else {
            return Err("say which server: --data DIR, or --issuer URL and --client-id ID".into());
        };
        let name = &self.client_secret_env;
        let secret =
            std::env::var(name).map_err(|error| format!("the environment variable {name}: {error}"))?;
        Ok((issuer.clone(), client_id.clone(), Secret::from(secret), None))
    }
}

impl Server {
    /// One request, relative to the server.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method, &url).bearer_auth(self.token.expose_str());
        if let Some(body) = body {
            request = request.json(body);
        }
        let unreached = |error: reqwest::Error| format!("{url}: {}", Causes(&error.without_url()));
        let response = request.send().await.map_err(unreached)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreached)?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}

impl Answer {
    /// The body of a success; otherwise what the server says.
    pub(crate) fn success(self) -> Outcome<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let message = self.body.get("message").and_then(Value::as_str).unwrap_or("it does not say why");
        Err(format!("the server answered {}: {message}", self.status).into())
    }
}
