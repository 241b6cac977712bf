//! `GET /grantd/v1/export`: the document of what there is. Applied, it changes nothing.
//!
//! Left out are secrets, what the server made for itself, and every member that a create request would get by default.

use std::collections::HashMap;
use std::sync::LazyLock;

use grantd_model::{
    Client, ClientGrant, Credential, CredentialKind, Extensions, Organization, Owned, ResourceServer,
    TenantSettings, patch,
};
use grantd_schema::Operation::UpdateTenantSettings;
use grantd_schema::Schema;
use grantd_token::spki_to_pem;
use serde_json::{Value, json};

use super::current::{Current, Index};
use super::{MANAGEMENT_API, authority};
use crate::extensions::query;
use crate::{Caller, Context, Error, Members, Request};

static QUERY: LazyLock<Schema> = LazyLock::new(|| {
    Schema::compile(&json!({
        "type": "object",
        "properties": {
            "ids": {"type": "string", "enum": ["true", "false"]},
            "owner": {"type": "string", "minLength": 1, "maxLength": 64},
        },
        "additionalProperties": false,
    }))
});

/// Members that decide which defaults the others of a client have.
const KIND_OF_CLIENT: [&str; 5] =
    ["name", "app_type", "is_first_party", "third_party_security_mode", "token_endpoint_auth_method"];

/// An export under way.
struct Export<'e> {
    context: &'e Context,
    index: &'e Index<'e>,
    /// Only what carries this label.
    owner: Option<&'e str>,
    /// Whether identifiers are written, for a server that is to have the same.
    ids: bool,
}

/// Writes the configuration as a document.
pub async fn export_configuration(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Members, Error> {
    authority::check_reading(caller)?;
    let query = query::parameters(&request.query, &QUERY)?;
    let current = Current::load(&*context.store).await?;
    let owner = query.get("owner").and_then(Value::as_str);
    let ids = query.get("ids").is_some_and(|ids| ids == "true");
    let export = Export { context, index: &current.index(), owner, ids };
    let mut document = Members::new();
    document.insert("version".into(), 1.into());
    if let Some(owner) = owner {
        document.insert("owner".into(), owner.into());
    } else {
        let tenant = &current.configuration.tenant;
        let settings = tenant.settings.as_request()?;
        let default = TenantSettings::default().as_request()?;
        put_settings(&mut document, "tenant", (settings, &default), UpdateTenantSettings.payload_schema());
        let default = patch::to_members(&Extensions::default())?;
        put_settings(&mut document, "settings", (patch::to_members(&tenant.extensions)?, &default), None);
    }
    let lists = [
        ("organizations", export.organizations(&current.configuration.organizations)?),
        ("resource_servers", export.resource_servers(&current.configuration.resource_servers)?),
        ("clients", export.clients(&current.configuration.clients)?),
        ("client_grants", export.client_grants(&current.configuration.client_grants)?),
    ];
    document.extend(
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.into(), list.into())),
    );
    Ok(document)
}

impl Export<'_> {
    fn organizations(&self, all: &[Organization]) -> Result<Vec<Value>, Error> {
        let mut all: Vec<_> = all.iter().filter(|one| self.is_wanted(&Owned::from(&one.id))).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        let write = |one: &&Organization| {
            let mut members = patch::to_members(*one)?;
            members.shift_remove("id");
            let make = |members| Ok(patch::to_members(&Organization::from_request(&one.id, members)?)?);
            let members = minimal(members, &["name"], make)?;
            Ok(self.declared(&Owned::from(&one.id), ("id", one.id.as_str(), self.ids), members))
        };
        all.iter().map(write).collect()
    }

    fn resource_servers(&self, all: &[ResourceServer]) -> Result<Vec<Value>, Error> {
        let is_wanted = |api: &&ResourceServer| !api.is_system && self.is_wanted(&Owned::from(&api.id));
        let mut all: Vec<_> = all.iter().filter(is_wanted).collect();
        all.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        let write = |api: &&ResourceServer| {
            let mut members = patch::to_members(*api)?;
            members.shift_remove("id");
            let make = |members| Ok(patch::to_members(&ResourceServer::from_request(&api.id, members)?)?);
            let mut members = minimal(members, &["identifier", "token_lifetime"], make)?;
            if let Some(Value::Object(key)) = members
                .get_mut("token_encryption")
                .and_then(|encryption| encryption.get_mut("encryption_key"))
            {
                key.shift_remove("thumbprint_sha256");
            }
            Ok(self.declared(&Owned::from(&api.id), ("id", api.id.as_str(), self.ids), members))
        };
        all.iter().map(write).collect()
    }

    fn clients(&self, all: &[Client]) -> Result<Vec<Value>, Error> {
        let is_wanted = |client: &&Client| {
            let is_own = client.global || self.index.is_administrator(&client.client_id);
            !is_own && self.is_wanted(&Owned::from(&client.client_id))
        };
        let mut all: Vec<_> = all.iter().filter(is_wanted).collect();
        all.sort_by(|one, other| (&one.name, &one.client_id).cmp(&(&other.name, &other.client_id)));
        all.into_iter().map(|client| self.client(client)).collect()
    }

    fn client(&self, client: &Client) -> Result<Value, Error> {
        let mut members = patch::to_members(client)?;
        members.shift_remove("client_id");
        members.shift_remove("global");
        let make = |members| {
            let made = Client::from_request(client.client_id.clone(), client.client_secret.clone(), members)?;
            let mut members = patch::to_members(&made)?;
            members.shift_remove("client_id");
            members.shift_remove("global");
            Ok(members)
        };
        let mut members = minimal(members, &KIND_OF_CLIENT, make)?;
        self.describe_credentials(client, &mut members);
        if let Some(Value::Object(default)) = members.get_mut("default_organization") {
            let id = default.shift_remove("organization_id");
            let id = id.as_ref().and_then(Value::as_str).unwrap_or_default();
            default.insert("organization".into(), self.organization(id).into());
        }
        let is_alone = self.index.clients_by_name.get(&*client.name).is_none_or(|named| named.len() < 2);
        let id = ("client_id", client.client_id.as_str(), self.ids || !is_alone);
        Ok(self.declared(&Owned::from(&client.client_id), id, members))
    }

    /// Puts descriptions in the place of references to credentials.
    fn describe_credentials(&self, client: &Client, members: &mut Members) {
        let held = self.index.credentials.get(client.client_id.as_str());
        let held: HashMap<&str, &Credential> =
            held.into_iter().flatten().map(|credential| (credential.id.as_str(), *credential)).collect();
        let methods = members.get_mut("client_authentication_methods").and_then(Value::as_object_mut);
        for (_, method) in methods.into_iter().flatten() {
            describe_each(method, &held);
        }
        if let Some(requests) = members.get_mut("signed_request_object") {
            describe_each(requests, &held);
        }
    }

    fn client_grants(&self, all: &[ClientGrant]) -> Result<Vec<Value>, Error> {
        let is_wanted = |grant: &&ClientGrant| !grant.is_system && self.is_wanted(&Owned::from(&grant.id));
        let mut all: Vec<_> = all.iter().filter(is_wanted).collect();
        all.sort_by_key(|grant| {
            let name = grant.client_id.as_ref().and_then(|id| self.index.clients.get(id.as_str()));
            let name = name.map(|client| &client.name);
            (name, &grant.client_id, &grant.audience, grant.subject_type)
        });
        all.into_iter().map(|grant| self.client_grant(grant)).collect()
    }

    fn client_grant(&self, grant: &ClientGrant) -> Result<Value, Error> {
        let mut members = patch::to_members(grant)?;
        members.shift_remove("id");
        let mut written = Members::new();
        if let Some(id) = &grant.client_id {
            let client = self.index.clients.get(id.as_str());
            let named = client.and_then(|client| self.index.clients_by_name.get(&*client.name));
            match client {
                Some(client) if named.is_some_and(|named| named.len() == 1) => {
                    members.shift_remove("client_id");
                    written.insert("client".into(), client.name.as_str().into());
                }
                _ => {}
            }
        }
        if grant.audience == self.context.management_audience {
            members.insert("audience".into(), MANAGEMENT_API.into());
        }
        if members.get("subject_type").is_some_and(|subject| subject == "client") {
            members.shift_remove("subject_type");
        }
        written.extend(members);
        if let Some(associated) = self.index.associations.get(&grant.id) {
            let mut names: Vec<_> = associated.iter().map(|id| self.organization(id.as_str())).collect();
            names.sort();
            written.insert("organizations".into(), names.into());
        }
        Ok(self.declared(&Owned::from(&grant.id), ("id", grant.id.as_str(), self.ids), written))
    }

    fn is_wanted(&self, owned: &Owned) -> bool {
        self.owner.is_none() || self.index.ownership(owned).owner.as_deref() == self.owner
    }

    /// The name of an organization.
    fn organization(&self, id: &str) -> String {
        self.index.organizations.get(id).map_or_else(|| id.to_owned(), |held| held.name.clone())
    }

    /// A record with what only documents say of it.
    fn declared(&self, owned: &Owned, (name, id, wanted): (&str, &str, bool), members: Members) -> Value {
        let mut written = Members::new();
        if wanted {
            written.insert(name.to_owned(), id.into());
        }
        written.extend(members);
        let ownership = self.index.ownership(owned);
        if let Some(owner) = ownership.owner.filter(|_| self.owner.is_none()) {
            written.insert("owner".into(), owner.into());
        }
        if ownership.delete_protection {
            written.insert("delete_protection".into(), true.into());
        }
        written.into()
    }
}

/// The settings that are not as they are on a new server, as far as a document may have them.
fn put_settings(
    document: &mut Members,
    name: &str,
    (settings, default): (Members, &Members),
    schema: Option<&Value>,
) {
    let members = differing(settings, default, schema);
    if !members.is_empty() {
        document.insert(name.to_owned(), members.into());
    }
}

/// The members that differ; of an object that is merged when it is set, those in it.
fn differing(members: Members, default: &Members, schema: Option<&Value>) -> Members {
    let of =
        |name: &str| schema.and_then(|schema| schema.get("properties")).and_then(|known| known.get(name));
    let known =
        |name: &str| schema.is_none_or(|schema| schema.get("properties").is_none()) || of(name).is_some();
    let mut few = Members::new();
    for (name, value) in members {
        let is_default = default.get(&name) == Some(&value);
        match (value, default.get(&name)) {
            (Value::Object(inner), Some(Value::Object(default))) if name == "flags" => {
                let inner = differing(inner, default, of("flags"));
                if !inner.is_empty() {
                    few.insert(name, inner.into());
                }
            }
            (value, _) if !is_default && known(&name) => drop(few.insert(name, value)),
            _ => {}
        }
    }
    few
}

fn describe_each(holder: &mut Value, held: &HashMap<&str, &Credential>) {
    for place in holder.get_mut("credentials").and_then(Value::as_array_mut).into_iter().flatten() {
        let id = place.get("id").and_then(Value::as_str).unwrap_or_default();
        if let Some(credential) = held.get(id) {
            *place = description(credential).into();
        }
    }
}

/// A credential as a create request describes one.
fn description(credential: &Credential) -> Members {
    let mut members = Members::new();
    let mut put = |name: &str, value: Option<String>| {
        members.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    };
    put("credential_type", Some(credential.kind.credential_type().as_str().to_owned()));
    put("name", credential.name.clone());
    match &credential.kind {
        CredentialKind::PublicKey { kid, alg, spki } => {
            put("kid", Some(kid.clone()));
            put("alg", Some(alg.as_str().to_owned()));
            put("pem", Some(spki_to_pem(spki)));
        }
        CredentialKind::X509Cert { thumbprint_sha256 } => {
            put("thumbprint_sha256", Some(thumbprint_sha256.clone()));
        }
        CredentialKind::CertSubjectDn { subject_dn } => put("subject_dn", Some(subject_dn.clone())),
    }
    put("expires_at", credential.expires_at.map(|expiry| expiry.to_string()));
    members
}

/// As few members as make the same record: without those that it would have anyway, and with a `null` for a default that it
/// does not have. `kind` are the members that defaults depend on.
fn minimal(
    members: Members,
    kind: &[&str],
    make: impl Fn(Members) -> Result<Members, Error>,
) -> Result<Members, Error> {
    let of_kind = |names: &[&str]| -> Members {
        let named = members.iter().filter(|(name, _)| names.contains(&name.as_str()));
        named.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let defaults = make(of_kind(kind))?;
    let mut few = Members::new();
    for (name, value) in &members {
        if kind.contains(&name.as_str()) || defaults.get(name) != Some(value) {
            few.insert(name.clone(), value.clone());
        }
    }
    for name in defaults.keys().filter(|name| !members.contains_key(*name) && !is_identity(name)) {
        few.insert(name.clone(), Value::Null);
    }
    let is_same = |described: Members| {
        let same = |name: &String| is_identity(name) || described.get(name) == members.get(name);
        members.keys().chain(described.keys()).all(same)
    };
    if !is_same(make(few.clone())?) {
        return Ok(members);
    }
    for name in kind {
        let mut fewer = few.clone();
        fewer.shift_remove(*name);
        if make(fewer.clone()).is_ok_and(is_same) {
            few = fewer;
        }
    }
    Ok(few)
}

/// What a record has that no description takes away: its identifier, and the mode that is set once.
fn is_identity(name: &str) -> bool {
    ["id", "client_id", "third_party_security_mode"].contains(&name)
}
