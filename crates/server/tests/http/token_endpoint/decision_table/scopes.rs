//! Which scopes a token has, and which may be asked for.

use serde_json::{Value, json};

use super::{Row, USUAL, assert_all};
use crate::token_endpoint::scene::Scene;

const TABLE: &[Row] = &[
    ("nothing is asked for", USUAL, &[], "200 [read write]"),
    ("a part is asked for, which narrows nothing", USUAL, &[("scope", "read")], "200 [read write]"),
    ("all is asked for, in another order", USUAL, &[("scope", "write read")], "200 [read write]"),
    ("a scope is asked for twice", USUAL, &[("scope", "read read")], "200 [read write]"),
    ("there are spaces about", USUAL, &[("scope", "  read  write ")], "200 [read write]"),
    ("spaces are asked for", USUAL, &[("scope", "   ")], "200 [read write]"),
    (
        "a scope of the API is asked for that is not granted",
        USUAL,
        &[("scope", "read delete")],
        "403 access_denied: Client has not been granted scopes: delete",
    ),
    (
        "scopes are asked for that nobody has",
        USUAL,
        &[("scope", "openid read profile")],
        "403 access_denied: Client has not been granted scopes: openid, profile",
    ),
    (
        "the scope has a capital",
        USUAL,
        &[("scope", "Read")],
        "403 access_denied: Client has not been granted scopes: Read",
    ),
    (
        "a tab is no separator",
        USUAL,
        &[("scope", "read\twrite")],
        "403 access_denied: Client has not been granted scopes: read\twrite",
    ),
    (
        "a line break is no separator",
        USUAL,
        &[("scope", "read\r\nwrite")],
        "403 access_denied: Client has not been granted scopes: read\r\nwrite",
    ),
    (
        "a non-breaking space is no separator",
        USUAL,
        &[("scope", "read\u{a0}write")],
        "403 access_denied: Client has not been granted scopes: read\u{a0}write",
    ),
    (
        "a comma is no separator",
        USUAL,
        &[("scope", "read,write")],
        "403 access_denied: Client has not been granted scopes: read,write",
    ),
    (
        "a NUL is part of the scope",
        USUAL,
        &[("scope", "read\0")],
        "403 access_denied: Client has not been granted scopes: read\0",
    ),
    (
        "a quote and a backslash are parts of the scope",
        USUAL,
        &[("scope", r#"read"\"#)],
        r#"403 access_denied: Client has not been granted scopes: read"\"#,
    ),
    // The grant
    ("the grant has no scopes", |s| s.grant_has("scope", json!([])), &[], "200 []"),
    (
        "the grant has no scopes, and one is asked for",
        |s| s.grant_has("scope", json!([])),
        &[("scope", "read")],
        "403 access_denied: Client has not been granted scopes: read",
    ),
    (
        "the grant has a scope that the API never had",
        |s| s.grant_has("scope", json!(["read", "later"])),
        &[],
        "200 [read]",
    ),
    (
        "the grant's order is kept",
        |s| s.grant_has("scope", json!(["write", "delete", "read"])),
        &[],
        "200 [write delete read]",
    ),
    (
        "the grant has just been given more",
        |s| s.afterwards.push(("PATCH", "/client-grants/{grant}", json!({"scope": ["delete"]}))),
        &[("scope", "delete")],
        "200 [delete]",
    ),
    (
        "the grant has just lost a scope",
        |s| s.afterwards.push(("PATCH", "/client-grants/{grant}", json!({"scope": ["read"]}))),
        &[("scope", "write")],
        "403 access_denied: Client has not been granted scopes: write",
    ),
    // As they are: in a token they would read as two scopes, so they are in none
    (
        "a granted scope has a space in it",
        |s| {
            s.api["scopes"] = json!([{"value": "read write"}, {"value": "delete"}]);
            s.grant_has("scope", json!(["read write", "delete"]));
        },
        &[],
        "200 [delete]",
    ),
    (
        "granted scopes have blanks and control characters in them, and letters that RFC 6749 has not",
        |s| {
            let strange = ["a\tb", "a\u{a0}b", "a\0b", "a\"b", "a\\b", "\u{e9}"];
            s.api["scopes"] = strange.map(|scope| json!({"value": scope})).into_iter().collect();
            s.grant_has("scope", json!(strange));
        },
        &[],
        "200 [a\"b a\\b \u{e9}]",
    ),
    // All scopes
    ("all scopes are granted", |s| all_scopes(s), &[], "200 [read write delete]"),
    (
        "all scopes are granted, and one came later",
        |s| {
            all_scopes(s);
            api_has_now(s, &["read", "later"]);
        },
        &[("scope", "later")],
        "200 [read later]",
    ),
    (
        "all scopes are granted, and one is asked for that the API has not",
        |s| all_scopes(s),
        &[("scope", "later")],
        "403 access_denied: Client has not been granted scopes: later",
    ),
    (
        "all scopes were granted, and no longer are",
        |s| {
            all_scopes(s);
            s.afterwards.push(("PATCH", "/client-grants/{grant}", json!({"allow_all_scopes": false})));
        },
        &[],
        "200 []",
    ),
    (
        "all scopes of an API without scopes are granted",
        |s| {
            all_scopes(s);
            s.api.as_object_mut().unwrap().remove("scopes");
        },
        &[],
        "200 []",
    ),
    // Scopes that the API has no longer
    ("the API has a granted scope no longer", |s| api_has_now(s, &["write", "delete"]), &[], "200 [write]"),
    (
        "the API has a scope no longer that is granted and asked for",
        |s| api_has_now(s, &["write"]),
        &[("scope", "read")],
        "403 access_denied: Client has not been granted scopes: read",
    ),
    ("the API has no scopes any longer", |s| api_has_now(s, &[]), &[], "200 []"),
    // Narrowing, a setting of ours
    ("a part is asked for, and the tenant narrows", |s| narrow(s), &[("scope", "write")], "200 [write]"),
    (
        "all is asked for in another order, and the tenant narrows",
        |s| narrow(s),
        &[("scope", "write read")],
        "200 [read write]",
    ),
    ("nothing is asked for, and the tenant narrows", |s| narrow(s), &[], "200 [read write]"),
    (
        "too much is asked for, and the tenant narrows",
        |s| narrow(s),
        &[("scope", "write delete")],
        "403 access_denied: Client has not been granted scopes: delete",
    ),
    // Precedence
    (
        "scopes go before organizations",
        USUAL,
        &[("scope", "delete"), ("organization", "{acme}")],
        "403 access_denied: Client has not been granted scopes: delete",
    ),
];

fn all_scopes(s: &mut Scene) {
    s.grant.as_mut().unwrap().as_object_mut().unwrap().remove("scope");
    s.grant_has("allow_all_scopes", json!(true));
}

fn api_has_now(s: &mut Scene, scopes: &[&str]) {
    let scopes: Vec<Value> = scopes.iter().map(|scope| json!({"value": scope})).collect();
    s.afterwards.push(("PATCH", "/resource-servers/{api}", json!({"scopes": scopes})));
}

fn narrow(s: &mut Scene) {
    s.extensions = json!({"scope_handling": "rfc6749"});
}

#[tokio::test]
async fn scopes_come_out_as_written() {
    assert_all(TABLE).await;
}
