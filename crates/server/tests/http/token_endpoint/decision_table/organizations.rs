//! For which organization a token is: usage × sent × associated, any, neither × default × by id or by name.

use serde_json::{Value, json};

use super::{Row, USUAL, assert_all};
use crate::token_endpoint::scene::Scene;

const NONE: &str = "200 [read write]";
const ACME: &str = "200 [read write] for {acme}";
const BIRD: &str = "200 [read write] for {bird}";
const NOT_ALLOWED: &str = "400 invalid_request: parameter organization is not allowed for this client";
const REQUIRED: &str = "400 invalid_request: parameter organization is required for this client";
const NO_ID: &str =
    "400 invalid_request: authorization request parameter organization must be an organization id";
const NOT_ASSOCIATED: &str = concat!(
    r#"403 access_denied: Client "{client}" is not authorized to access resource server "https://orders""#,
    r#" for organization "{acme}"."#
);
const SENT: &[(&str, &str)] = &[("organization", "{acme}")];

const TABLE: &[Row] = &[
    // Deny
    ("deny, none sent", |s| usage(s, "deny"), &[], NONE),
    ("deny, none sent, any", |s| any(s, "deny"), &[], NONE),
    ("deny, none sent, a default", |s| default_to(s, "deny"), &[], NONE),
    ("deny, sent", |s| usage(s, "deny"), SENT, NOT_ALLOWED),
    ("deny, sent, any", |s| any(s, "deny"), SENT, NOT_ALLOWED),
    ("deny, sent, associated before", |s| associated_then_denied(s), SENT, NOT_ALLOWED),
    ("deny, none sent, associated before", |s| associated_then_denied(s), &[], NONE),
    ("deny, an unknown one sent", |s| usage(s, "deny"), &[("organization", "org_unknown")], NOT_ALLOWED),
    ("unset counts as deny, sent", USUAL, SENT, NOT_ALLOWED),
    ("unset counts as deny, none sent", USUAL, &[], NONE),
    // Allow
    ("allow, none sent", |s| usage(s, "allow"), &[], NONE),
    ("allow, none sent, associated", |s| associated(s, "allow"), &[], NONE),
    ("allow, none sent, any", |s| any(s, "allow"), &[], NONE),
    ("allow, none sent, a default", |s| default_to(s, "allow"), &[], NONE),
    ("allow, sent, associated", |s| associated(s, "allow"), SENT, ACME),
    ("allow, sent, any", |s| any(s, "allow"), SENT, ACME),
    ("allow, sent, neither", |s| usage(s, "allow"), SENT, NOT_ASSOCIATED),
    ("allow, sent, another is associated", |s| other_associated(s, "allow"), SENT, NOT_ASSOCIATED),
    ("allow, an empty one counts as none", |s| usage(s, "allow"), &[("organization", "")], NONE),
    // Require
    ("require, none sent, no default", |s| associated(s, "require"), &[], REQUIRED),
    ("require, none sent, no default, any", |s| any(s, "require"), &[], REQUIRED),
    (
        "require, none sent, the default is associated",
        |s| {
            default_to(s, "require");
            s.associated.push("bird");
        },
        &[],
        BIRD,
    ),
    (
        "require, none sent, a default, any",
        |s| {
            default_to(s, "require");
            s.grant_has("allow_any_organization", json!(true));
        },
        &[],
        BIRD,
    ),
    (
        "require, none sent, the default is not associated",
        |s| default_to(s, "require"),
        &[],
        concat!(
            r#"403 access_denied: Client "{client}" is not authorized to access resource server "#,
            r#""https://orders" for organization "{bird}"."#
        ),
    ),
    (
        "require, none sent, the default is gone",
        |s| {
            default_to(s, "require");
            s.afterwards.push(("DELETE", "/organizations/{bird}", Value::Null));
        },
        &[],
        REQUIRED,
    ),
    ("require, sent, associated", |s| associated(s, "require"), SENT, ACME),
    ("require, sent, any", |s| any(s, "require"), SENT, ACME),
    ("require, sent, neither", |s| usage(s, "require"), SENT, NOT_ASSOCIATED),
    (
        "require, what is sent goes before the default",
        |s| {
            default_to(s, "require");
            s.associated.extend(["acme", "bird"]);
        },
        SENT,
        ACME,
    ),
    (
        "require, what is sent is not associated and the default is",
        |s| {
            default_to(s, "require");
            s.associated.push("bird");
        },
        SENT,
        NOT_ASSOCIATED,
    ),
    // Which one is meant, where names are not accepted
    (
        "the id is unknown",
        |s| any(s, "allow"),
        &[("organization", "org_unknown")],
        "400 invalid_request: parameter organization is invalid: org_unknown",
    ),
    ("the id has another case", |s| any(s, "allow"), &[("organization", "ORG_unknown")], NO_ID),
    (
        "the id is cut short",
        |s| any(s, "allow"),
        &[("organization", "org_")],
        "400 invalid_request: parameter organization is invalid: org_",
    ),
    (
        "the id has a space after it",
        |s| any(s, "allow"),
        &[("organization", "{acme} ")],
        "400 invalid_request: parameter organization is invalid: {acme} ",
    ),
    ("the name is sent", |s| any(s, "allow"), &[("organization", "acme")], NO_ID),
    ("nonsense is sent", |s| any(s, "allow"), &[("organization", "\"'; --")], NO_ID),
    // Where names are accepted
    (
        "names are accepted, and the name is sent",
        |s| named(s),
        &[("organization", "acme")],
        "200 [read write] for {acme} (acme)",
    ),
    ("names are accepted, and the id is sent", |s| named(s), SENT, "200 [read write] for {acme} (acme)"),
    ("names are accepted, and none is sent", |s| named(s), &[], NONE),
    (
        "names are accepted, and the name is unknown",
        |s| named(s),
        &[("organization", "nobody")],
        "400 invalid_request: parameter organization is invalid: nobody",
    ),
    (
        "names are accepted, and the id is unknown",
        |s| named(s),
        &[("organization", "org_unknown")],
        "400 invalid_request: parameter organization is invalid: org_unknown",
    ),
    (
        "names are accepted, and the name has a capital",
        |s| named(s),
        &[("organization", "Acme")],
        "400 invalid_request: parameter organization is invalid: Acme",
    ),
    (
        "names are accepted, and the display name is sent",
        |s| named(s),
        &[("organization", "The acme Company")],
        "400 invalid_request: parameter organization is invalid: The acme Company",
    ),
    (
        "names are accepted, and the named one is not associated",
        |s| {
            usage(s, "allow");
            accept_names(s);
        },
        &[("organization", "acme")],
        NOT_ASSOCIATED,
    ),
    (
        "names are accepted, and the default is named too",
        |s| {
            default_to(s, "require");
            s.associated.push("bird");
            accept_names(s);
        },
        &[],
        "200 [read write] for {bird} (bird)",
    ),
    (
        "the organization has just been renamed, and the former name is sent",
        |s| {
            named(s);
            s.afterwards.push(("PATCH", "/organizations/{acme}", json!({"name": "ajax"})));
        },
        &[("organization", "acme")],
        "400 invalid_request: parameter organization is invalid: acme",
    ),
    (
        "the organization has just been renamed, and the new name is sent",
        |s| {
            named(s);
            s.afterwards.push(("PATCH", "/organizations/{acme}", json!({"name": "ajax"})));
        },
        &[("organization", "ajax")],
        "200 [read write] for {acme} (ajax)",
    ),
    // What is gone
    (
        "the association is gone",
        |s| {
            associated(s, "allow");
            let path = "/organizations/{acme}/client-grants/{grant}";
            s.afterwards.push(("DELETE", path, Value::Null));
        },
        SENT,
        NOT_ASSOCIATED,
    ),
    (
        "the organization is gone",
        |s| {
            any(s, "allow");
            s.afterwards.push(("DELETE", "/organizations/{acme}", Value::Null));
        },
        SENT,
        "400 invalid_request: parameter organization is invalid: {acme}",
    ),
    // Third parties: each association, whatever the grant says; third_party_client_access is not asked
    (
        "a third party's own grant is associated",
        |s| {
            associated(s, "allow");
            s.client["is_first_party"] = json!(false);
        },
        SENT,
        ACME,
    ),
    (
        "a third party's default grant is associated",
        |s| {
            s.client["is_first_party"] = json!(false);
            s.grant.as_mut().unwrap().as_object_mut().unwrap().remove("client_id");
            s.grant_has("default_for", json!("third_party_clients"));
            associated(s, "require");
        },
        SENT,
        ACME,
    ),
    (
        "a client with any organization has become a third party",
        |s| {
            any(s, "allow");
            s.afterwards.push(("PATCH", "/clients/{client}", json!({"is_first_party": false})));
        },
        SENT,
        NOT_ASSOCIATED,
    ),
];

fn usage(s: &mut Scene, usage: &str) {
    s.grant_has("organization_usage", json!(usage));
}

fn associated(s: &mut Scene, named: &str) {
    usage(s, named);
    s.associated.push("acme");
}

fn other_associated(s: &mut Scene, named: &str) {
    usage(s, named);
    s.associated.push("bird");
}

fn associated_then_denied(s: &mut Scene) {
    associated(s, "allow");
    s.afterwards.push(("PATCH", "/client-grants/{grant}", json!({"organization_usage": "deny"})));
}

fn any(s: &mut Scene, named: &str) {
    usage(s, named);
    s.grant_has("allow_any_organization", json!(true));
}

/// The client's default organization is bird.
fn default_to(s: &mut Scene, named: &str) {
    usage(s, named);
    s.client["default_organization"] = json!({"organization_id": "{bird}", "flows": ["client_credentials"]});
}

fn accept_names(s: &mut Scene) {
    s.settings = json!({"allow_organization_name_in_authentication_api": true});
}

fn named(s: &mut Scene) {
    associated(s, "allow");
    accept_names(s);
}

#[tokio::test]
async fn organizations_decide_as_written() {
    assert_all(TABLE).await;
}
