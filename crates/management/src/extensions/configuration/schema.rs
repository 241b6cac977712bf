//! What a document may look like: the bodies of Auth0's create requests, with what only documents say.

use std::sync::LazyLock;

use grantd_schema::Operation::{
    self, CreateClient, CreateClientGrant, CreateOrganization, CreateResourceServer, UpdateClient,
    UpdateClientGrant, UpdateOrganization, UpdateResourceServer, UpdateTenantSettings,
};
use grantd_schema::Schema;
use serde_json::{Map, Value, json};

use crate::extensions::settings;

/// Records of one kind in a document.
const MOST: u32 = 100_000;

/// The schema of a document.
pub(super) static DOCUMENT: LazyLock<Schema> = LazyLock::new(|| {
    let list = |item: Value| json!({"type": ["array", "null"], "maxItems": MOST, "items": item});
    Schema::compile(&json!({
        "type": "object",
        "properties": {
            "version": {"type": "integer", "enum": [1]},
            "owner": owner(),
            "tenant": members_of(UpdateTenantSettings),
            "settings": settings::schema(),
            "organizations": list(organization()),
            "resource_servers": list(resource_server()),
            "clients": list(client()),
            "client_grants": list(client_grant()),
        },
        "additionalProperties": false,
    }))
});

fn owner() -> Value {
    json!({"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9][A-Za-z0-9._/-]*$"})
}

/// An identifier that is chosen, as when it comes from another server.
fn id(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

fn organization() -> Value {
    let ours = json!({"id": id("^org_[A-Za-z0-9]{1,46}$")});
    declared(CreateOrganization, UpdateOrganization, &ours, &["enabled_connections"])
}

fn resource_server() -> Value {
    let ours = json!({"id": id("^[A-Za-z0-9]{1,64}$")});
    declared(CreateResourceServer, UpdateResourceServer, &ours, &[])
}

fn client() -> Value {
    let flows = json!({"type": "array", "items": {"type": "string", "enum": ["client_credentials"]}});
    let ours = json!({
        "client_id": id("^[A-Za-z0-9_-]{1,64}$"),
        "client_secret": {"type": "string", "minLength": 1, "maxLength": 1024},
        "default_organization": {
            "type": ["object", "null"],
            "properties": {
                "organization": {"type": "string", "minLength": 1},
                "organization_id": {"type": "string", "minLength": 1},
                "flows": flows,
            },
            "additionalProperties": false,
            "required": ["flows"],
            "minProperties": 2,
            "maxProperties": 2,
        },
    });
    let mut schema = declared(CreateClient, UpdateClient, &ours, &[]);
    // What is kept of a certificate is its thumbprint, so that is all that an export can say of one.
    for method in ["self_signed_tls_client_auth", "tls_client_auth", "private_key_jwt"] {
        let path = format!(
            "/properties/client_authentication_methods/properties/{method}/properties/credentials/items"
        );
        if let Some(item) = schema.pointer_mut(&path) {
            open_credential(item);
        }
    }
    if let Some(item) = schema.pointer_mut("/properties/signed_request_object/properties/credentials/items") {
        open_credential(item);
    }
    schema
}

/// A credential may say more here than when it is created: a thumbprint in the place of a certificate, and an end in the past,
/// where it is there already.
fn open_credential(item: &mut Value) {
    let date = json!({"type": "string", "format": "date-time"});
    let Some(item) = item.as_object_mut() else { return };
    item.insert("required".into(), json!(["credential_type"]));
    if let Some(properties) = item.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("thumbprint_sha256".into(), id("^[A-Za-z0-9_-]{43}$"));
        properties.insert("expires_at".into(), date);
    }
}

fn client_grant() -> Value {
    let ours = json!({
        "id": id("^cgr_[A-Za-z0-9]{1,46}$"),
        "client": {"type": "string", "minLength": 1},
        "organizations": {"type": ["array", "null"], "items": {"type": "string", "minLength": 1}, "uniqueItems": true},
    });
    declared(CreateClientGrant, UpdateClientGrant, &ours, &[])
}

/// The body of a create request, whose members may be `null` where an update can remove them.
fn declared(create: Operation, update: Operation, ours: &Value, without: &[&str]) -> Value {
    let mut schema = members_of(create);
    let update = members_of(update);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !without.contains(&name.as_str()));
        for (name, member) in properties.iter_mut() {
            if update.pointer(&format!("/properties/{name}/type")).is_some_and(is_nullable) {
                make_nullable(member);
            }
        }
        properties.insert("owner".into(), owner());
        properties.insert("delete_protection".into(), json!({"type": "boolean"}));
        properties.extend(ours.as_object().cloned().unwrap_or_default());
    }
    schema
}

fn members_of(operation: Operation) -> Value {
    operation.payload_schema().cloned().unwrap_or_else(|| Value::Object(Map::new()))
}

fn is_nullable(types: &Value) -> bool {
    types.as_array().is_some_and(|types| types.iter().any(|name| name == "null"))
}

fn make_nullable(member: &mut Value) {
    let Some(member) = member.as_object_mut() else { return };
    if let Some(Value::String(name)) = member.get("type") {
        let types = json!([name, "null"]);
        member.insert("type".into(), types);
    }
    // An enum lists every value that there may be.
    if let Some(Value::Array(allowed)) = member.get_mut("enum")
        && !allowed.contains(&Value::Null)
    {
        allowed.push(Value::Null);
    }
}
