//! From a tenant to a document: what grantd has a place for, with its identifiers, and a line for everything else.

use std::collections::{BTreeMap, BTreeSet};

use grantd_model::{Audience, ResourceServerId, management_api};
use grantd_schema::Operation::{
    self, CreateClient, CreateClientGrant, CreateOrganization, CreateResourceServer, UpdateTenantSettings,
};
use grantd_schema::Schema;
use serde_json::{Map, Value, json};

/// How documents name the Management API.
const MANAGEMENT_API: &str = "@management-api";
/// What the source says of a client and nobody sets.
const READ_ONLY_OF_CLIENT: [&str; 10] = [
    "tenant",
    "global",
    "signing_keys",
    "callback_url_template",
    "cross_origin_auth",
    "encrypted",
    "owners",
    "external_client_id",
    "external_metadata_type",
    "external_metadata_created_by",
];
/// The same of settings.
const READ_ONLY_OF_TENANT: [&str; 2] = ["sandbox_versions_available", "enabled_features"];

/// A tenant as it was read.
#[derive(Default)]
pub(super) struct Source {
    pub(super) clients: Vec<Value>,
    pub(super) resource_servers: Vec<Value>,
    pub(super) client_grants: Vec<Value>,
    pub(super) organizations: Vec<Value>,
    pub(super) tenant: Value,
    /// The credentials of clients, by `client_id`.
    pub(super) credentials: BTreeMap<String, Vec<Value>>,
    /// The names of the organizations that grants are in, by the identifier of the grant.
    pub(super) associations: BTreeMap<String, Vec<String>>,
    /// The identifier of its Management API; of an export it is not known.
    pub(super) management_api: String,
    /// Whether clients are named by their names.
    pub(super) is_export: bool,
    /// What nobody let be read.
    pub(super) unread: Vec<String>,
    /// What there is of what grantd has not, and how much.
    pub(super) elsewhere: Vec<(String, usize)>,
}

/// A document, and what is not in it.
pub(super) struct Translated {
    pub(super) document: Map<String, Value>,
    pub(super) left: Vec<String>,
}

/// A translation under way.
struct Translator {
    source: Source,
    left: Vec<String>,
}

/// Translates a tenant.
pub(super) fn translate(mut source: Source) -> Translated {
    let elsewhere = std::mem::take(&mut source.elsewhere);
    let unread = std::mem::take(&mut source.unread);
    let left =
        unread.into_iter().map(|what| format!("{what}: the source does not let them be read")).collect();
    let mut translator = Translator { source, left };
    let lists = [
        ("organizations", translator.organizations()),
        ("resource_servers", translator.resource_servers()),
        ("clients", translator.clients()),
        ("client_grants", translator.client_grants()),
    ];
    let mut document = Map::new();
    document.insert("version".into(), 1.into());
    let tenant = translator.tenant();
    if !tenant.is_empty() {
        document.insert("tenant".into(), tenant.into());
    }
    for (name, list) in lists {
        document.insert(name.into(), list.into());
    }
    let counted =
        elsewhere.into_iter().map(|(name, count)| format!("{name} ({count}): grantd has no such resource"));
    translator.left.extend(counted);
    Translated { document, left: translator.left }
}

impl Translator {
    fn organizations(&mut self) -> Vec<Value> {
        let mut translated = Vec::new();
        for organization in std::mem::take(&mut self.source.organizations) {
            let Value::Object(mut members) = organization else { continue };
            let what = format!("organization \"{}\"", text(&members, "name"));
            let id = members.shift_remove("id");
            self.associate(&mut members);
            for (name, about) in [
                ("enabled_connections", "connections"),
                ("connections", "connections"),
                ("discovery_domains", "discovery domains"),
                ("client", "clients"),
            ] {
                if members
                    .shift_remove(name)
                    .is_some_and(|value| value.as_array().is_none_or(|items| !items.is_empty()))
                {
                    self.left.push(format!("{what}: its {about}"));
                }
            }
            if let Some(mut members) = self.fitting(CreateOrganization, members, &what) {
                put_first(&mut members, "id", id);
                translated.push(members.into());
            }
        }
        translated
    }

    /// An export has the grants of an organization with the organization.
    fn associate(&mut self, organization: &mut Map<String, Value>) {
        let name = text(organization, "name").to_owned();
        for key in ["client_grants", "clientGrants"] {
            let Some(Value::Array(grants)) = organization.shift_remove(key) else { continue };
            for grant in grants {
                let named = (grant.get("client_id"), grant.get("audience"));
                let is_same = |held: &&mut Value| (held.get("client_id"), held.get("audience")) == named;
                if let Some(Value::Object(held)) = self.source.client_grants.iter_mut().find(is_same) {
                    let list = held.entry("organizations").or_insert_with(|| json!([]));
                    if let Value::Array(list) = list {
                        list.push(name.as_str().into());
                    }
                }
            }
        }
    }

    fn resource_servers(&mut self) -> Vec<Value> {
        let mut translated = Vec::new();
        for api in std::mem::take(&mut self.source.resource_servers) {
            let Value::Object(mut members) = api else { continue };
            let what = format!("API \"{}\"", text(&members, "identifier"));
            if members.get("is_system") == Some(&Value::Bool(true))
                || self.is_management_api(text(&members, "identifier"))
            {
                if !self.is_management_api(text(&members, "identifier")) {
                    self.left.push(format!("{what}: a system API of Auth0's"));
                }
                continue;
            }
            let id = members.shift_remove("id");
            members.shift_remove("is_system");
            members.shift_remove("client_id");
            let keyless = members.get("token_encryption").is_some_and(|encryption| {
                encryption.get("encryption_key").is_some_and(|key| key.get("pem").is_none())
            });
            if keyless {
                members.shift_remove("token_encryption");
                self.left.push(format!("{what}: token_encryption, whose key the source does not show"));
            }
            if text(&members, "signing_alg") == "HS256" && !is_shown(members.get("signing_secret")) {
                members.shift_remove("signing_secret");
                self.left.push(format!(
                    "{what}: signing_secret, which the source does not show; a new one is made"
                ));
            }
            if let Some(mut members) = self.fitting(CreateResourceServer, members, &what) {
                put_first(&mut members, "id", id);
                translated.push(members.into());
            }
        }
        translated
    }

    fn clients(&mut self) -> Vec<Value> {
        let mut translated = Vec::new();
        for client in std::mem::take(&mut self.source.clients) {
            let Value::Object(mut members) = client else { continue };
            if members.get("global") == Some(&Value::Bool(true))
                || text(&members, "name") == "All Applications"
            {
                continue;
            }
            let what = format!("client \"{}\"", text(&members, "name"));
            let id = members.shift_remove("client_id");
            let secret = members.shift_remove("client_secret");
            for name in READ_ONLY_OF_CLIENT {
                members.shift_remove(name);
            }
            let methods = members.shift_remove("client_authentication_methods");
            let methods = self.methods(methods, id.as_ref(), &what);
            let has_methods = methods.is_some();
            let default = members.shift_remove("default_organization");
            let Some(mut members) = self.fitting(CreateClient, members, &what) else { continue };
            members.extend(methods.map(|methods| ("client_authentication_methods".to_owned(), methods)));
            members.extend(
                default.filter(Value::is_object).map(|default| ("default_organization".to_owned(), default)),
            );
            if is_shown(secret.as_ref()) && !has_methods {
                members.extend(secret.map(|secret| ("client_secret".to_owned(), secret)));
            } else if !has_methods && text(&members, "token_endpoint_auth_method") != "none" {
                self.left.push(format!(
                    "{what}: client_secret, which the source does not show; a new one is made"
                ));
            }
            if id.is_none() {
                self.left
                    .push(format!("{what}: client_id, which the export does not have; a new one is made"));
            }
            put_first(&mut members, "client_id", id);
            translated.push(members.into());
        }
        translated
    }

    /// Credentials as far as the source shows what they are: names and thumbprints of certificates, and no keys.
    fn methods(&mut self, methods: Option<Value>, id: Option<&Value>, what: &str) -> Option<Value> {
        let Value::Object(methods) = methods? else { return None };
        let id = id.and_then(Value::as_str).unwrap_or_default();
        let held = self.source.credentials.get(id).cloned().unwrap_or_default();
        let mut translated = Map::new();
        for (name, method) in methods {
            let named = method.get("credentials").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut credentials = Vec::new();
            for reference in named {
                let described =
                    held.iter().find(|held| held.get("id") == reference.get("id")).unwrap_or(&reference);
                if let Some(description) = description(described) {
                    credentials.push(description);
                    continue;
                }
                let key = described.get("kid").or(described.get("id")).and_then(Value::as_str);
                self.left.push(format!(
                    "{what}: the key {} of {name}, which the source does not show; register it again",
                    key.unwrap_or("?")
                ));
            }
            if !credentials.is_empty() {
                translated.insert(name, json!({ "credentials": credentials }));
            }
        }
        (!translated.is_empty()).then(|| translated.into())
    }

    fn client_grants(&mut self) -> Vec<Value> {
        let known: BTreeSet<String> = management_api(ResourceServerId::from(""), Audience::from(""))
            .scope_set()
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut translated = Vec::new();
        for grant in std::mem::take(&mut self.source.client_grants) {
            let Value::Object(mut members) = grant else { continue };
            let whose = members.get("client_id").or(members.get("default_for")).and_then(Value::as_str);
            let what = format!("client grant of {} for {}", whose.unwrap_or("?"), text(&members, "audience"));
            if members.get("is_system") == Some(&Value::Bool(true)) {
                self.left.push(format!("{what}: a system grant of Auth0's"));
                continue;
            }
            let id = members.shift_remove("id");
            let organizations = members.shift_remove("organizations");
            let named = id.as_ref().and_then(Value::as_str).and_then(|id| self.source.associations.get(id));
            let organizations =
                organizations.or_else(|| named.filter(|names| !names.is_empty()).map(|names| json!(names)));
            if self.is_management_api(text(&members, "audience")) {
                members.insert("audience".into(), MANAGEMENT_API.into());
                members.shift_remove("allow_all_scopes");
                self.known_scopes(&mut members, &known, &what);
            }
            let Some(mut members) = self.fitting(CreateClientGrant, members, &what) else { continue };
            if self.source.is_export
                && let Some(client) = members.shift_remove("client_id")
            {
                put_first(&mut members, "client", Some(client));
            }
            members.extend(organizations.map(|organizations| ("organizations".to_owned(), organizations)));
            put_first(&mut members, "id", id);
            translated.push(members.into());
        }
        translated
    }

    /// Scopes of Auth0's Management API that this one has not would be refused.
    fn known_scopes(&mut self, grant: &mut Map<String, Value>, known: &BTreeSet<String>, what: &str) {
        let Some(Value::Array(scopes)) = grant.get_mut("scope") else { return };
        let is_known = |scope: &Value| scope.as_str().is_some_and(|scope| known.contains(scope));
        let unknown: Vec<&str> =
            scopes.iter().filter(|scope| !is_known(scope)).filter_map(Value::as_str).collect();
        if !unknown.is_empty() {
            self.left.push(format!("{what}: the scopes {}", unknown.join(", ")));
        }
        scopes.retain(is_known);
    }

    fn tenant(&mut self) -> Map<String, Value> {
        let Value::Object(mut members) = std::mem::take(&mut self.source.tenant) else { return Map::new() };
        for name in READ_ONLY_OF_TENANT {
            members.shift_remove(name);
        }
        if let Some(Value::Object(flags)) = members.get_mut("flags") {
            flags.shift_remove("universal_login");
        }
        if self.is_management_api(text(&members, "default_audience")) {
            members.shift_remove("default_audience");
            self.left.push("tenant settings: default_audience, which is the Management API".into());
        }
        self.fitting(UpdateTenantSettings, members, "tenant settings").unwrap_or_default()
    }

    fn is_management_api(&self, identifier: &str) -> bool {
        if self.source.is_export {
            identifier.starts_with("https://") && identifier.ends_with("/api/v2/")
        } else {
            identifier == self.source.management_api
        }
    }

    /// The members as far as the schema takes them; none where what is left is no record.
    fn fitting(
        &mut self,
        operation: Operation,
        members: Map<String, Value>,
        what: &str,
    ) -> Option<Map<String, Value>> {
        let schema = Schema::compile(operation.payload_schema()?);
        let mut value = Value::Object(members);
        // Null stands for what is not set.
        if let Value::Object(members) = &mut value {
            members.retain(|_, value| !value.is_null());
        }
        loop {
            let faults = schema.faults(&value);
            let Some(fault) = faults.first() else { break };
            if fault.pointer.is_empty() || !remove(&mut value, &fault.pointer) {
                self.left.push(format!("{what}: {}", fault.message));
                return None;
            }
            let member = fault.pointer.trim_start_matches('/').replace('/', ".");
            self.left.push(format!("{what}: {member}: {}", fault.message));
        }
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// What can be said of a credential that the source shows without its key.
fn description(credential: &Value) -> Option<Value> {
    let kind = credential.get("credential_type")?.as_str()?;
    let what = match kind {
        "x509_cert" => "thumbprint_sha256",
        "cert_subject_dn" => "subject_dn",
        _ => "pem",
    };
    credential.get(what)?;
    let members = ["credential_type", "name", "kid", "alg", "expires_at"].into_iter().chain([what]);
    let members = members.filter_map(|name| Some((name.to_owned(), credential.get(name)?.clone())));
    Some(Value::Object(members.collect()))
}

/// Removes what a JSON pointer leads to; from a list too.
fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return false };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~")).is_some()
        }
        Some(Value::Array(items)) => match name.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a secret is one, and not what stands in its place.
fn is_shown(secret: Option<&Value>) -> bool {
    let masks = ["", "[REDACTED]", "*****"];
    secret.and_then(Value::as_str).is_some_and(|secret| !masks.contains(&secret))
}

fn text<'m>(members: &'m Map<String, Value>, name: &str) -> &'m str {
    members.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn put_first(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        members.shift_insert(0, name.to_owned(), value);
    }
}
