//! Recorded conversations with Auth0, played through the nouns: what each request makes of a record must have
//! every member that the answer had. The recordings are no part of this repository; without them there is
//! nothing to play, except where `CI=true` says that they must be there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failing test may panic, and a skipped one must be seen"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use grantd_model::patch::{Members, to_members};
use grantd_model::{Client, ClientGrant, Organization, ResourceServer, Secret, TenantSettings};
use serde_json::Value;

/// The records that a conversation has made so far, by id.
#[derive(Default)]
struct Tenant {
    clients: HashMap<String, Client>,
    grants: HashMap<String, ClientGrant>,
    apis: HashMap<String, ResourceServer>,
    organizations: HashMap<String, Organization>,
    settings: Option<TenantSettings>,
    played: usize,
}

struct Exchange<'a> {
    method: &'a str,
    segments: Vec<&'a str>,
    body: Members,
    response: Members,
}

impl<'a> Exchange<'a> {
    /// A successful write or read of one record; nothing for lists, deletions and refusals.
    fn read(interaction: &'a Value) -> Option<Self> {
        let path = interaction["path"].as_str()?;
        let succeeded = interaction["status"].as_u64()? < 300;
        let response = interaction["response"].as_object().filter(|_| succeeded && !path.contains('?'))?;
        Some(Self {
            method: interaction["method"].as_str()?,
            segments: path.trim_start_matches('/').split('/').collect(),
            body: interaction["body"].as_object().cloned().unwrap_or_default(),
            response: response.clone(),
        })
    }

    fn id(&self, name: &str) -> String {
        self.response[name].as_str().unwrap().to_owned()
    }
}

impl Tenant {
    fn play(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        match exchange.segments[..] {
            ["clients"] | ["clients", _] => self.client(exchange),
            ["client-grants"] | ["client-grants", _] => self.grant(exchange),
            ["resource-servers"] | ["resource-servers", _] => self.api(exchange),
            ["organizations"] | ["organizations", _] => self.organization(exchange),
            ["tenants", "settings"] => self.settings(exchange),
            _ => None,
        }
    }

    fn client(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        let (id, body) = (exchange.id("client_id"), exchange.body.clone());
        let client = match (exchange.method, self.clients.get(&id)) {
            ("POST", _) => Client::from_request(id.as_str().into(), Secret::from("s"), body).unwrap(),
            ("PATCH", Some(held)) => held.updated(body).unwrap(),
            (_, Some(held)) => held.clone(),
            // One that was there before: the global client.
            (_, None) => serde_json::from_value(exchange.response.clone().into()).ok()?,
        };
        let shown = to_members(&client).unwrap();
        self.clients.insert(id, client);
        Some(shown)
    }

    fn grant(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        let (id, body) = (exchange.id("id"), exchange.body.clone());
        let grant = match exchange.method {
            "POST" => ClientGrant::from_request(id.as_str().into(), &body).unwrap(),
            "PATCH" => self.grants[&id].updated(body).unwrap(),
            _ => self.grants.get(&id)?.clone(),
        };
        let shown = to_members(&grant).unwrap();
        self.grants.insert(id, grant);
        Some(shown)
    }

    fn api(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        let (id, body) = (exchange.id("id"), exchange.body.clone());
        let api = match exchange.method {
            "POST" => ResourceServer::from_request(&id.as_str().into(), body).unwrap(),
            "PATCH" => self.apis[&id].updated(body).unwrap(),
            _ => self.apis.get(&id)?.clone(),
        };
        let shown = to_members(&api).unwrap();
        self.apis.insert(id, api);
        Some(shown)
    }

    fn organization(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        let (id, body) = (exchange.id("id"), exchange.body.clone());
        let organization = match exchange.method {
            "POST" => Organization::from_request(&id.as_str().into(), body).unwrap(),
            "PATCH" => self.organizations[&id].updated(body).unwrap(),
            _ => self.organizations.get(&id)?.clone(),
        };
        let shown = to_members(&organization).unwrap();
        self.organizations.insert(id, organization);
        Some(shown)
    }

    /// The tenant was not new when it was recorded, so the first answer is where it begins.
    fn settings(&mut self, exchange: &Exchange<'_>) -> Option<Members> {
        if exchange.method != "PATCH" {
            return None;
        }
        let settings = match &self.settings {
            Some(held) => held.updated(exchange.body.clone()).unwrap(),
            None => serde_json::from_value(exchange.response.clone().into()).unwrap(),
        };
        let shown = to_members(&settings).unwrap();
        self.settings = Some(settings);
        Some(shown)
    }
}

/// Takes out what is random, redacted, or not the record's own.
fn masked(mut record: Members) -> Members {
    for name in ["client_id", "client_secret", "signing_keys"] {
        record.shift_remove(name);
    }
    for (object, member) in
        [("token_encryption", "encryption_key"), ("universal_login", "is_custom_theme_set")]
    {
        if let Some(Value::Object(object)) = record.get_mut(object) {
            object.shift_remove(member);
        }
    }
    record
}

/// Where the shown record is not what was answered. Auth0's clients came through a typed SDK that dropped
/// members, and its older organizations lack newer ones; what APIs and grants have beyond the answer is wrong.
fn differences(exchange: &Exchange<'_>, shown: Members) -> Vec<String> {
    let (shown, answered) = (masked(shown), masked(exchange.response.clone()));
    let missing = answered.iter().filter(|(name, value)| shown.get(*name) != Some(value));
    let mut found: Vec<String> =
        missing.map(|(name, value)| format!("{name}: {value}, not {:?}", shown.get(name))).collect();
    if matches!(exchange.segments[0], "resource-servers" | "client-grants") {
        // One recording is older than this member.
        let extra = shown.iter().filter(|(name, _)| *name != "subject_type_authorization");
        let extra = extra.filter(|(name, _)| !answered.contains_key(*name));
        found.extend(extra.map(|(name, value)| format!("{name}: absent, not {value}")));
    }
    found
}

fn play(file: &Path) -> (usize, Vec<String>) {
    let recording: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut tenant = Tenant::default();
    let mut found = Vec::new();
    for (position, interaction) in recording["interactions"].as_array().unwrap().iter().enumerate() {
        let Some(exchange) = Exchange::read(interaction) else { continue };
        let Some(shown) = tenant.play(&exchange) else { continue };
        tenant.played += 1;
        let name = file.file_stem().unwrap().to_string_lossy();
        found.extend(
            differences(&exchange, shown)
                .into_iter()
                .map(|difference| format!("{name}#{position} {} {difference}", exchange.method)),
        );
    }
    (tenant.played, found)
}

fn recordings() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(entries) = folder.read_dir() else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no recordings in {}", folder.display());
        eprintln!("skipped: no recordings in {}", folder.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Some(files)
}

#[test]
fn records_become_what_auth0_answered() {
    let Some(files) = recordings() else { return };
    let (played, found) =
        files.iter().map(|file| play(file)).fold((0, Vec::new()), |(played, mut all), (more, found)| {
            all.extend(found);
            (played + more, all)
        });
    assert!(found.is_empty(), "{}", found.join("\n"));
    eprintln!("{played} exchanges");
    assert!(played > 300, "only {played} exchanges");
}
