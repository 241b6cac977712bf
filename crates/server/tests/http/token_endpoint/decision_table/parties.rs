//! Who asks: what the client may, whose grant counts, and system APIs.

use serde_json::{Value, json};

use super::{Row, USUAL, assert_all};
use crate::token_endpoint::scene::Scene;

const GRANT_TYPE: &str =
    "403 unauthorized_client: Grant type 'client_credentials' not allowed for the client.";
const NO_GRANT: &str = concat!(
    r#"403 access_denied: Client "{client}" is not authorized to access resource server "https://orders". "#,
    r#"You need to create a "client-grant" associated to this API."#,
);
const NO_SYSTEM_GRANT: &str = concat!(
    r#"403 access_denied: Client "{client}" is not authorized to access resource server "#,
    r#""https://auth.test/api/v2/". You need to create a "client-grant" associated to this API."#,
);
const SYSTEM: &str = "https://auth.test/api/v2/";

const TABLE: &[Row] = &[
    // What the client may
    (
        "the client has other grant types",
        |s| s.client["grant_types"] = json!(["authorization_code", "refresh_token"]),
        &[],
        GRANT_TYPE,
    ),
    ("the client has no grant types", |s| s.client["grant_types"] = json!([]), &[], GRANT_TYPE),
    (
        "the client has just lost the grant type",
        |s| s.afterwards.push(("PATCH", "/clients/{client}", json!({"grant_types": []}))),
        &[],
        GRANT_TYPE,
    ),
    (
        "the client has just been given the grant type",
        |s| {
            s.client["grant_types"] = json!([]);
            let body = json!({"grant_types": ["client_credentials"]});
            s.afterwards.push(("PATCH", "/clients/{client}", body));
        },
        &[],
        "200 [read write]",
    ),
    (
        "the grant type goes before the API",
        |s| s.client["grant_types"] = json!([]),
        &[("audience", "https://nowhere")],
        GRANT_TYPE,
    ),
    ("the client is public", |s| make_public(s), &[], GRANT_TYPE),
    // Whose grant
    ("there is no grant", |s| s.grant = None, &[], NO_GRANT),
    (
        "the grant is gone",
        |s| s.afterwards.push(("DELETE", "/client-grants/{grant}", Value::Null)),
        &[],
        NO_GRANT,
    ),
    ("the only grant is for users", |s| s.grant_has("subject_type", json!("user")), &[], NO_GRANT),
    (
        "a grant for users has more scopes than the client's own",
        |s| s.more_grants.push(user_grant(json!({"client_id": "{client}"}))),
        &[],
        "200 [read write]",
    ),
    (
        "a scope is asked for that only the grant for users has",
        |s| s.more_grants.push(user_grant(json!({"client_id": "{client}"}))),
        &[("scope", "delete")],
        "403 access_denied: Client has not been granted scopes: delete",
    ),
    // Third parties
    ("a third party has its own grant", |s| third_party(s), &[], "200 [read write]"),
    (
        "a third party has none, and there is no default",
        |s| {
            third_party(s);
            s.grant = None;
        },
        &[],
        NO_GRANT,
    ),
    (
        "a third party has none, and there is a default",
        |s| {
            third_party(s);
            s.grant = Some(default_grant());
        },
        &[],
        "200 [delete]",
    ),
    (
        "a strict third party has none, and there is a default",
        |s| {
            third_party(s);
            s.client["third_party_security_mode"] = json!("strict");
            s.client["grant_types"] = json!(["client_credentials"]);
            s.grant = Some(default_grant());
        },
        &[],
        "200 [delete]",
    ),
    (
        "a third party has both, and its own replaces the default",
        |s| {
            third_party(s);
            s.more_grants.push(default_grant());
        },
        &[],
        "200 [read write]",
    ),
    (
        "a third party has both, and asks for a scope of the default",
        |s| {
            third_party(s);
            s.more_grants.push(default_grant());
        },
        &[("scope", "delete")],
        "403 access_denied: Client has not been granted scopes: delete",
    ),
    (
        "a third party has lost its own, and the default is left",
        |s| {
            third_party(s);
            s.more_grants.push(default_grant());
            s.afterwards.push(("DELETE", "/client-grants/{grant}", Value::Null));
        },
        &[],
        "200 [delete]",
    ),
    (
        "a third party has none, and the default is for users",
        |s| {
            third_party(s);
            s.grant = Some(user_grant(json!({"default_for": "third_party_clients"})));
        },
        &[],
        NO_GRANT,
    ),
    (
        "a third party meets deny_all with a default",
        |s| {
            third_party(s);
            s.grant = Some(default_grant());
            s.api["subject_type_authorization"] = json!({"client": {"policy": "deny_all"}});
        },
        &[],
        r#"403 access_denied: Client "{client}" is not authorized to access resource server "https://orders"."#,
    ),
    ("a first party never gets the default", |s| s.grant = Some(default_grant()), &[], NO_GRANT),
    (
        "a first party has its own beside the default",
        |s| s.more_grants.push(default_grant()),
        &[],
        "200 [read write]",
    ),
    // System APIs
    (
        "a first party is granted a system API",
        |s| s.grant = Some(system_grant()),
        &[("audience", SYSTEM)],
        "200 [read:clients]",
    ),
    ("a first party is not granted a system API", USUAL, &[("audience", SYSTEM)], NO_SYSTEM_GRANT),
    ("a third party asks for a system API", |s| third_party(s), &[("audience", SYSTEM)], NO_SYSTEM_GRANT),
    (
        "a client is granted a system API and then made a third party",
        |s| {
            s.grant = Some(system_grant());
            s.afterwards.push(("PATCH", "/clients/{client}", json!({"is_first_party": false})));
        },
        &[("audience", SYSTEM)],
        NO_SYSTEM_GRANT,
    ),
];

fn make_public(s: &mut Scene) {
    s.client["token_endpoint_auth_method"] = json!("none");
    s.sends_secret = false;
}

fn third_party(s: &mut Scene) {
    s.client["is_first_party"] = json!(false);
}

fn default_grant() -> Value {
    json!({"default_for": "third_party_clients", "audience": "https://orders", "scope": ["delete"]})
}

fn user_grant(mut grantee: Value) -> Value {
    grantee["audience"] = json!("https://orders");
    grantee["scope"] = json!(["delete"]);
    grantee["subject_type"] = json!("user");
    grantee
}

fn system_grant() -> Value {
    json!({"client_id": "{client}", "audience": SYSTEM, "scope": ["read:clients"]})
}

#[tokio::test]
async fn the_parties_decide_as_written() {
    assert_all(TABLE).await;
}
