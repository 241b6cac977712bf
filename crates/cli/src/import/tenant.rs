//! A live tenant, read through its Management API. Each answer is kept in a folder until the import is done, so that an
//! interrupted one goes on where it was.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use grantd_model::Secret;
use grantd_token::Issuer;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use serde_json::Value;

use super::polite::Polite;
use super::translate::Source;
use crate::Outcome;
use crate::data::{named, write_private};
use crate::token::{Proof, exchange, token_of};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What grantd has no resource for, and a tenant may have: what is there is counted, so that nobody believes it came along.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    ("connections", "/connections", "connections"),
    ("roles", "/roles", "roles"),
    ("actions", "/actions/actions", "actions"),
    ("users", "/users", "users"),
    ("custom domains", "/custom-domains", "custom_domains"),
    ("log streams", "/log-streams", "log_streams"),
];

/// Which tenant.
#[derive(clap::Args)]
pub(super) struct TenantFlags {
    /// The tenant's domain, as `example.eu.auth0.com`.
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: Option<String>,
    /// The environment variable with a Management API token of the tenant.
    #[arg(long, value_name = "NAME", conflicts_with = "source_client_id")]
    source_token_env: Option<String>,
    /// A client of the tenant that may read it; its secret is in `--source-client-secret-env`.
    #[arg(long, value_name = "ID")]
    source_client_id: Option<String>,
    /// The environment variable with the secret of that client.
    #[arg(long, value_name = "NAME", default_value = "AUTH0_CLIENT_SECRET")]
    source_client_secret_env: String,
    /// A certificate authority of the source to trust in place of the system's, PEM.
    #[arg(long, value_name = "FILE")]
    source_ca: Option<PathBuf>,
    /// The folder for what was read already. It has secrets in it, and is removed when the import is done.
    #[arg(long, value_name = "DIR", default_value = "auth0-import")]
    state: PathBuf,
}

/// Answers that are kept.
struct Kept<'k> {
    api: &'k Polite,
    folder: &'k Path,
}

impl TenantFlags {
    /// Reads all of the tenant that grantd has a place for.
    pub(super) async fn read(&self) -> Outcome<Source> {
        let domain = self.domain.as_deref().unwrap_or_default();
        let issuer =
            Issuer::new(&if domain.contains("://") { domain.into() } else { format!("https://{domain}/") });
        let api = self.api(&issuer).await?;
        // One tenant's answers are never another's.
        let folder = self.state.join(plain(&issuer.url));
        let mut private = fs::DirBuilder::new();
        private.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private.create(&folder).map_err(|error| named(&error, &folder))?;
        let kept = Kept { api: &api, folder: &folder };
        let mut source = Source { management_api: issuer.management_api().to_string(), ..Source::default() };
        source.clients = kept.all("clients", "/clients?is_global=false", "clients").await?;
        source.resource_servers = kept.pages("APIs", "/resource-servers", "resource_servers").await?;
        source.client_grants = kept.all("client grants", "/client-grants", "client_grants").await?;
        source.organizations = kept.all("organizations", "/organizations", "organizations").await?;
        match kept.get("/tenants/settings").await? {
            Some(settings) => source.tenant = settings,
            None => source.unread.push("tenant settings".into()),
        }
        kept.credentials(&mut source).await?;
        kept.associations(&mut source).await?;
        for (name, path, key) in ELSEWHERE {
            source.elsewhere.extend(kept.count(name, path, key).await?);
        }
        Ok(source)
    }

    /// Removes what was kept, when it is not needed any more.
    pub(super) fn forget(&self) -> Outcome {
        if self.domain.is_some() && self.state.exists() {
            fs::remove_dir_all(&self.state).map_err(|error| named(&error, &self.state))?;
        }
        Ok(())
    }

    async fn api(&self, issuer: &Issuer) -> Outcome<Polite> {
        let mut builder = Client::builder().timeout(PATIENCE).redirect(Policy::none());
        if let Some(file) = &self.source_ca {
            let pem = fs::read(file).map_err(|error| named(&error, file))?;
            let unusable = |error| format!("{}: {error}", file.display());
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(unusable)?);
        }
        let http = builder.build()?;
        let token = self.token(&http, issuer).await?;
        Ok(Polite { http, base: format!("{}api/v2", issuer.url), token })
    }

    async fn token(&self, http: &Client, issuer: &Issuer) -> Outcome<Secret> {
        let variable = |name: &str| {
            let value = std::env::var(name);
            value.map_err(|error| format!("the environment variable {name}: {error}"))
        };
        if let Some(name) = &self.source_token_env {
            return Ok(Secret::from(variable(name)?.trim()));
        }
        let client = self.source_client_id.as_deref();
        let client =
            client.ok_or("say as whom to read the tenant: --source-token-env or --source-client-id")?;
        let secret = Secret::from(variable(&self.source_client_secret_env)?.trim());
        let audience = issuer.management_api().to_string();
        let parameters = [("client_id", client), ("audience", audience.as_str())];
        let answer = exchange(http, issuer, &parameters, &Proof::Secret(secret)).await?;
        Ok(Secret::from(token_of(&answer)?))
    }
}

impl Kept<'_> {
    /// An answer that is kept, or is asked for now.
    async fn get(&self, path: &str) -> Outcome<Option<Value>> {
        let file = self.folder.join(format!("{}.json", plain(path)));
        if let Ok(bytes) = fs::read(&file) {
            // One that was cut short while it was written is asked for again.
            if let Ok(kept) = serde_json::from_slice(&bytes) {
                return Ok(Some(kept));
            }
        }
        let answer = self.api.get(path).await?;
        if let Some(answer) = &answer {
            write_private(&file, answer.to_string().as_bytes())?;
        }
        Ok(answer)
    }

    /// All of a list that is read by checkpoint.
    async fn all(&self, name: &str, path: &str, key: &str) -> Outcome<Vec<Value>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut from) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{joint}take=100{from}")).await?;
            let page = page.ok_or_else(|| format!("the source does not let {name} be read"))?;
            let found = page.as_array().or_else(|| page.get(key).and_then(Value::as_array));
            items.extend(found.into_iter().flatten().cloned());
            progress(name, items.len());
            match page.get("next").and_then(Value::as_str).filter(|next| !next.is_empty()) {
                Some(next) => from = format!("&from={}", percent(next)),
                None => break,
            }
        }
        done(name, items.len());
        Ok(items)
    }

    /// All of a list that is read page by page.
    async fn pages(&self, name: &str, path: &str, key: &str) -> Outcome<Vec<Value>> {
        let mut items = Vec::new();
        for page in 0.. {
            let answer = self.get(&format!("{path}?per_page=100&page={page}&include_totals=true")).await?;
            let answer = answer.ok_or_else(|| format!("the source does not let {name} be read"))?;
            let found = answer.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            let is_last = found.len() < 100;
            items.extend(found);
            progress(name, items.len());
            if is_last {
                break;
            }
        }
        done(name, items.len());
        Ok(items)
    }

    /// The credentials of the clients that have some.
    async fn credentials(&self, source: &mut Source) -> Outcome {
        let named = |client: &Value| {
            let has = client.get("client_authentication_methods").is_some_and(Value::is_object);
            has.then(|| client.get("client_id")?.as_str().map(str::to_owned)).flatten()
        };
        let ids: Vec<String> = source.clients.iter().filter_map(named).collect();
        for id in ids {
            let held = self.get(&format!("/clients/{}/credentials", percent(&id))).await?;
            let held = held.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
            source.credentials.insert(id, held);
        }
        Ok(())
    }

    /// The organizations of the grants that may have some.
    async fn associations(&self, source: &mut Source) -> Outcome {
        let may_have = |grant: &&Value| {
            let usage = grant.get("organization_usage").and_then(Value::as_str);
            matches!(usage, Some("allow" | "require"))
        };
        let grants = source.client_grants.iter().filter(may_have);
        let ids: Vec<String> =
            grants.filter_map(|grant| grant.get("id")?.as_str().map(str::to_owned)).collect();
        let count = ids.len();
        for (number, id) in ids.into_iter().enumerate() {
            let path = format!("/client-grants/{}/organizations", percent(&id));
            let found = self.all("", &path, "organizations").await?;
            let names = found.iter().filter_map(|held| held.get("name")?.as_str().map(str::to_owned));
            source.associations.insert(id, names.collect());
            progress("organizations of client grants", number + 1);
        }
        done("organizations of client grants", count);
        Ok(())
    }

    /// How many there are of what is not carried over; none if there are none, or nobody may look.
    async fn count(&self, name: &str, path: &str, key: &str) -> Outcome<Option<(String, usize)>> {
        let Some(answer) = self.get(&format!("{path}?per_page=1&include_totals=true")).await.ok().flatten()
        else {
            return Ok(None);
        };
        let total = answer.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
        let listed = answer.as_array().or_else(|| answer.get(key).and_then(Value::as_array)).map(Vec::len);
        let count = total.or(listed).unwrap_or_default();
        Ok((count > 0).then(|| (name.to_owned(), count)))
    }
}

/// A text as the name of a file.
fn plain(text: &str) -> String {
    let plain: String =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

/// A part of a path or a query.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encoded = text
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    encoded.collect()
}

/// Says how far it is, where somebody looks.
fn progress(name: &str, count: usize) {
    if !name.is_empty() && io::stderr().is_terminal() {
        drop(write!(io::stderr(), "\r{name}: {count} "));
    }
}

fn done(name: &str, count: usize) {
    if !name.is_empty() {
        let begin = if io::stderr().is_terminal() { "\r" } else { "" };
        drop(writeln!(io::stderr(), "{begin}{name}: {count} read"));
    }
}
