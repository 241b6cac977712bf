//! The steps of the demo.

use std::path::Path;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};

use super::talk;
use crate::Outcome;
use crate::data::Admin;

const API: &str = "https://api.example.com/orders";

/// A client of the demo's server, with a token for the Management API.
struct Show<'a> {
    http: Client,
    base: &'a str,
    token: String,
}

/// Does the main job and shows it: an API, a client and an organization, a client grant, a token, its
/// verification, and what the server says when something is not granted.
pub(super) async fn show(base: &str, ca: &Path, admin: &Admin) -> Outcome {
    let certificate = Certificate::from_pem(&std::fs::read(ca)?)?;
    let http = Client::builder().tls_certs_only([certificate]).build()?;
    let mut show = Show { http, base, token: String::new() };

    talk::title("1. The administration client of the first start gets a Management API token");
    let credentials = json!({
        "grant_type": "client_credentials", "client_id": admin.client_id,
        "client_secret": admin.client_secret, "audience": admin.audience,
    });
    show.token = text(&show.call(Method::POST, "/oauth/token", Some(&credentials)).await?, "access_token");

    talk::title("2. An API, a client, an organization");
    let api = json!({"name": "Orders", "identifier": API, "scopes": [
        {"value": "read:orders", "description": "Read orders"},
        {"value": "write:orders", "description": "Write orders"},
    ]});
    show.call(Method::POST, "/api/v2/resource-servers", Some(&api)).await?;
    let client = json!({"name": "Nightly export", "app_type": "non_interactive", "grant_types": ["client_credentials"]});
    let client = show.call(Method::POST, "/api/v2/clients", Some(&client)).await?;
    let organization = json!({"name": "acme", "display_name": "Acme Inc."});
    let organization = show.call(Method::POST, "/api/v2/organizations", Some(&organization)).await?;

    talk::title("3. Without a client grant there is no token");
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let mut ask = json!({
        "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "audience": API,
    });
    show.call(Method::POST, "/oauth/token", Some(&ask)).await?;

    talk::title("4. The client grant: this client may read orders, for itself and for organizations");
    let grant = json!({
        "client_id": id, "audience": API, "scope": ["read:orders"], "organization_usage": "allow",
    });
    let grant = show.call(Method::POST, "/api/v2/client-grants", Some(&grant)).await?;
    let path = format!("/api/v2/organizations/{}/client-grants", text(&organization, "id"));
    show.call(Method::POST, &path, Some(&json!({"grant_id": text(&grant, "id")}))).await?;

    talk::title("5. Now there is a token, for exactly what the grant allows");
    if let Some(members) = ask.as_object_mut() {
        members.insert("organization".into(), organization.get("id").cloned().unwrap_or_default());
    }
    let answer = show.call(Method::POST, "/oauth/token", Some(&ask)).await?;
    let claims = show.verified(&text(&answer, "access_token"), &admin.issuer).await?;
    talk::line(&format!("\nVerified against {base}/.well-known/jwks.json. Its claims:"));
    talk::line(&serde_json::to_string_pretty(&claims)?);

    talk::title("6. What is not granted is denied");
    if let Some(members) = ask.as_object_mut() {
        members.insert("scope".into(), "write:orders".into());
    }
    show.call(Method::POST, "/oauth/token", Some(&ask)).await?;
    paste(base, ca, &id, &secret, admin);
    Ok(())
}

impl Show<'_> {
    /// Makes one request and shows it with its answer.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !self.token.is_empty() && path.starts_with("/api/") {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let answer = response.json().await?;
        talk::exchange(method.as_str(), path, body, status, &answer);
        Ok(answer)
    }

    /// What an API does with a token: finds the key, checks signature, issuer, audience and time.
    async fn verified(&self, token: &str, issuer: &str) -> Outcome<Value> {
        let url = format!("{}/.well-known/jwks.json", self.base);
        let keys: JwkSet = self.http.get(url).send().await?.json().await?;
        let kid = decode_header(token)?.kid.ok_or("the token names no key")?;
        let key = keys.find(&kid).ok_or("the token's key is not published")?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[API]);
        Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Lines to paste into a shell and an editor.
fn paste(base: &str, ca: &Path, id: &str, secret: &str, admin: &Admin) {
    let (ca, domain) = (ca.display(), base.trim_start_matches("https://"));
    talk::title("7. Now you");
    talk::line("A token, with curl:\n");
    talk::line(&format!(
        "curl --cacert {ca} {base}/oauth/token \\\n  -d grant_type=client_credentials -d audience={API} \\\n  \
         -d client_id={id} -d client_secret={secret}"
    ));
    talk::line("\nThe Management API, with Auth0's own SDK (npm install auth0):\n");
    talk::line(&format!(
        "NODE_EXTRA_CA_CERTS={ca} node --input-type=module -e '\n\
         import {{ ManagementClient }} from \"auth0\";\n\
         const management = new ManagementClient({{\n  domain: \"{domain}\",\n  clientId: \"{}\",\n  \
         clientSecret: \"{}\",\n  audience: \"{}\",\n}});\n\
         for await (const grant of await management.clientGrants.list()) console.log(grant);\n'\n",
        admin.client_id, admin.client_secret, admin.audience
    ));
}
